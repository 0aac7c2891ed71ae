using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Metering.Extraction;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>What the gateway learns from an answer as it passes.</summary>
public sealed class AnswerFacts : IDisposable
{
    /// <summary>How much of a usage that is wrong is kept to be looked at.</summary>
    public const int MaxClaimLength = 500;

    private UsageCounts _counts;
    private AnswerMeter? _meter;
    private double _ratio = 1;

    /// <summary>How the provider writes usage down; said before its answer is read.</summary>
    public UsageFormat Format { get; internal set; } = UsageFormat.OpenAiChat;

    /// <summary>What the provider reported, of a stream so far; null where it has reported nothing.</summary>
    public ReportedUsage? Reported { get; private set; }

    /// <summary>The usage as the provider wrote it, where something is wrong with it: its first <see cref="MaxClaimLength"/> characters.</summary>
    public string? ClaimedUsage { get; private set; }

    /// <summary>Whether the provider reported a usage to charge by, as it stands or cut to what it can be.</summary>
    public bool HasUsage => Reported is { HasPrompt: true, Anomaly: UsageAnomaly.None or UsageAnomaly.Inconsistent };

    /// <summary>
    /// Completion tokens counted in what was received, corrected by what providers report where the tokenizer is not the model's own. 0 until
    /// it is known how to count.
    /// </summary>
    public long CountedTokens => _meter is null || _meter.Family.IsExact ? MeteredTokens : (long)Math.Ceiling(MeteredTokens * _ratio);

    /// <summary>The same before it is corrected.</summary>
    public long MeteredTokens => _meter?.Count ?? 0;

    /// <summary>What counts the answer's text; null until it is known how.</summary>
    internal AnswerMeter? Meter => _meter;

    /// <summary>Finished images in what was received.</summary>
    public int Images { get; internal set; }

    /// <summary>The size of the images or the video as the provider says; null where it does not.</summary>
    public string? ImageSize { get; internal set; }

    /// <summary>Their quality, likewise.</summary>
    public string? ImageQuality { get; internal set; }

    /// <summary>How long the audio is that was written down, as the provider says beside its usage; milliseconds, null where it does not.</summary>
    public long? AudioMs { get; internal set; }

    /// <summary>How long the video is that is made, as the provider says; milliseconds, null where it does not.</summary>
    public long? VideoMs { get; internal set; }

    /// <summary>The model the provider says answered.</summary>
    public string? Model { get; internal set; }

    /// <summary>The first finish reason.</summary>
    public string? FinishReason { get; internal set; }

    /// <summary>As the provider says.</summary>
    public string? ServiceTier { get; internal set; }

    /// <summary>Whether an error was reported inside the answer.</summary>
    public bool HasError { get; internal set; }

    /// <summary>The kind of that error in the provider's word; null where it has none.</summary>
    internal string? ErrorType { get; set; }

    /// <summary>Says how text is counted from here on.</summary>
    /// <param name="family">The model's.</param>
    /// <param name="ratio">What providers report for each token counted.</param>
    public void CountBy(ModelFamily family, double ratio = 1)
    {
        _meter?.Dispose();
        _meter = new AnswerMeter(family);
        _ratio = ratio;
    }

    /// <summary>Gives counters back; the count stays.</summary>
    public void Dispose() => _meter?.Dispose();

    /// <summary>Takes in a usage object; a later one of a stream takes the place of an earlier one, count by count.</summary>
    /// <param name="reader">On the value's first token; afterwards on its last.</param>
    /// <param name="json">What it reads.</param>
    /// <param name="format">How it is written.</param>
    /// <returns>False for null.</returns>
    internal bool Take(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, UsageFormat format)
    {
        var start = (int)reader.TokenStartIndex;
        if (!UsageReader.Read(ref reader, format, ref _counts))
        {
            return false;
        }

        var reported = UsageBuilder.Build(_counts, format);
        Reported = reported;
        if (reported.Anomaly != UsageAnomaly.None)
        {
            var text = Encoding.UTF8.GetString(json[start..(int)reader.BytesConsumed]);
            ClaimedUsage = text.Length <= MaxClaimLength ? text : text[..MaxClaimLength];
        }

        return true;
    }
}
