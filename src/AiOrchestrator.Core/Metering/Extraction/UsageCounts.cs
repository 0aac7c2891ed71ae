using System.Runtime.CompilerServices;
using System.Text.Json;

namespace AiOrchestrator.Core.Metering.Extraction;

/// <summary>The counts providers report, by what they mean.</summary>
internal enum UsageField
{
    Prompt,
    Completion,
    Total,
    CacheRead,
    CacheReadToo,
    CacheWrite,
    CacheWrite5m,
    CacheWrite1h,
    ToolPrompt,
    AudioPrompt,
    ImagePrompt,
    VideoPrompt,
    CachedAudio,
    CachedImage,
    Reasoning,
    AudioCompletion,
    ImageCompletion,
    VideoCompletion,
    TextCompletion,
    Accepted,
    Rejected,
    Citation,
    FallbackPrompt,
    FallbackCompletion,
    SidePrompt,
    SideCompletion,
    SideCacheRead,
    SideCacheWrite,
    SideCacheWrite1h,
    WebSearches,
    FileSearches,
    Pages,
    AudioMilliseconds,
}

/// <summary>
/// Counts as they are read, perhaps from several events of a stream: of each the last one counts, for all providers report running totals.
/// A struct of fixed size; nothing is allocated.
/// </summary>
internal struct UsageCounts
{
    private Values _values;
    private ulong _present;

    /// <summary>What is wrong with what was read.</summary>
    public UsageAnomaly Anomaly { get; private set; }

    /// <summary>Whether any count was read.</summary>
    public readonly bool Any => _present != 0;

    /// <summary>The count, or 0.</summary>
    public readonly long this[UsageField field] => _values[(int)field];

    public readonly bool Has(UsageField field) => (_present >> (int)field & 1) != 0;

    public void Set(UsageField field, long value)
    {
        _values[(int)field] = value;
        _present |= 1UL << (int)field;
    }

    /// <summary>For what a provider lists one by one.</summary>
    public void Add(UsageField field, long value) => Set(field, Math.Min(TokenUsage.MaxTokens, _values[(int)field] + value));

    /// <summary>A list begins anew: what an earlier event listed is listed again.</summary>
    public void Clear(UsageField field)
    {
        _values[(int)field] = 0;
        _present &= ~(1UL << (int)field);
    }

    public void Flag(UsageAnomaly anomaly) => Anomaly = Anomaly.And(anomaly);

    /// <summary>
    /// Reads the number a reader stands on. Null is as absent. A whole number may be written with a point (<c>5.0</c>), as Cohere does; one in
    /// quotes is read and flagged.
    /// </summary>
    /// <param name="reader">On the value; afterwards on its last token.</param>
    /// <param name="value">The count.</param>
    /// <param name="scale">What to multiply it with, for what may have a fraction: 1000 for seconds in milliseconds.</param>
    public bool TryRead(ref Utf8JsonReader reader, out long value, int scale = 1)
    {
        value = 0;
        if (reader.TokenType == JsonTokenType.Null)
        {
            return false;
        }

        var quoted = reader.TokenType == JsonTokenType.String;
        if (quoted || reader.TokenType != JsonTokenType.Number)
        {
            Flag(UsageAnomaly.Malformed);
        }

        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String))
        {
            reader.Skip();
            return false;
        }

        return TryRead(reader.ValueSpan, scale, out value);
    }

    private bool TryRead(ReadOnlySpan<byte> digits, int scale, out long value)
    {
        if (System.Buffers.Text.Utf8Parser.TryParse(digits, out value, out var used) && used == digits.Length && scale == 1)
        {
            return IsWithinBounds(value);
        }

        // Beyond a long, with a point, or no number at all.
        if (!double.TryParse(digits, System.Globalization.CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
        {
            Flag(UsageAnomaly.Malformed);
            return false;
        }

        number *= scale;
        if (Math.Abs(number) > TokenUsage.MaxTokens)
        {
            Flag(number < 0 ? UsageAnomaly.Negative : UsageAnomaly.Absurd);
            return false;
        }

        value = (long)Math.Ceiling(number);
        if (scale == 1 && number != Math.Floor(number))
        {
            Flag(UsageAnomaly.Malformed);
            return false;
        }

        return IsWithinBounds(value);
    }

    private bool IsWithinBounds(long value)
    {
        if (value is >= 0 and <= TokenUsage.MaxTokens)
        {
            return true;
        }

        Flag(value < 0 ? UsageAnomaly.Negative : UsageAnomaly.Absurd);
        return false;
    }

    [InlineArray((int)UsageField.AudioMilliseconds + 1)]
    private struct Values
    {
        private long _first;
    }
}
