using System.Globalization;

namespace AiOrchestrator.Core.Platform;

/// <summary>
/// The gateway's own name for one request on its way through; the key of money, usage event and journal.
/// 48 bits of milliseconds since 1970, then 80 random bits: sorts by time, cannot be guessed. Written <c>ex_</c> and 32 hex digits.
/// </summary>
public readonly record struct ExchangeId(UInt128 Value) : IComparable<ExchangeId>
{
    private const string Prefix = "ex_";

    /// <summary>When it was made, milliseconds since 1970.</summary>
    public long CreatedUnixMs => (long)(Value >> 80);

    /// <summary>The first id that could be made at a time; for ranges over ids.</summary>
    public static ExchangeId FirstAt(long unixMs) => new((UInt128)(ulong)Math.Max(0, unixMs) << 80);

    /// <summary>Reads the written form.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ExchangeId id)
    {
        id = default;
        if (text.Length != 35 || !text.StartsWith(Prefix)
            || !UInt128.TryParse(text[3..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        id = new ExchangeId(value);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(ExchangeId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => string.Create(35, Value, static (span, value) =>
    {
        Prefix.CopyTo(span);
        _ = value.TryFormat(span[3..], out _, "x32", CultureInfo.InvariantCulture);
    });

    /// <summary>Earlier than.</summary>
    public static bool operator <(ExchangeId left, ExchangeId right) => left.CompareTo(right) < 0;

    /// <summary>Later than.</summary>
    public static bool operator >(ExchangeId left, ExchangeId right) => left.CompareTo(right) > 0;

    /// <summary>Not later than.</summary>
    public static bool operator <=(ExchangeId left, ExchangeId right) => left.CompareTo(right) <= 0;

    /// <summary>Not earlier than.</summary>
    public static bool operator >=(ExchangeId left, ExchangeId right) => left.CompareTo(right) >= 0;
}
