using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>What the gateway learns from an answer as it passes.</summary>
public sealed class AnswerFacts
{
    /// <summary>How much of a usage that is wrong is kept to be looked at.</summary>
    public const int MaxClaimLength = 500;

    private UsageCounts _counts;

    /// <summary>What the provider reported, of a stream so far; null where it has reported nothing.</summary>
    public ReportedUsage? Reported { get; private set; }

    /// <summary>The usage as the provider wrote it, where something is wrong with it: its first <see cref="MaxClaimLength"/> characters.</summary>
    public string? ClaimedUsage { get; private set; }

    /// <summary>Whether the provider reported a usage to charge by, as it stands or cut to what it can be.</summary>
    public bool HasUsage => Reported is { HasPrompt: true, Anomaly: UsageAnomaly.None or UsageAnomaly.Inconsistent };

    /// <summary>Completion tokens counted in what was received.</summary>
    public long CountedTokens { get; internal set; }

    /// <summary>The model the provider says answered.</summary>
    public string? Model { get; internal set; }

    /// <summary>The first finish reason.</summary>
    public string? FinishReason { get; internal set; }

    /// <summary>As the provider says.</summary>
    public string? ServiceTier { get; internal set; }

    /// <summary>Whether an error was reported inside the answer.</summary>
    public bool HasError { get; internal set; }

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
