using System.Text;

namespace AiOrchestrator.Ledger.Money;

/// <summary>
/// Helpers for amounts kept as <see cref="long"/> nano-dollars: 1 USD = 1,000,000,000, so the range is
/// -9,223,372,036.854775808 to 9,223,372,036.854775807 USD. On the wire an amount is a decimal string of US dollars
/// in plain notation; both directions are exact.
/// </summary>
public static class NanoUsd
{
    /// <summary>Nano-dollars in one US dollar.</summary>
    public const long PerUsd = 1_000_000_000;

    /// <summary>The largest amount anybody may name: a billion dollars, so that sums of a few stay far from the end of <see cref="long"/>.</summary>
    public const long MaxAmount = 1_000_000_000 * PerUsd;

    /// <summary>Decimals a dollar amount may carry; a tenth would be lost.</summary>
    public const int MaxDecimals = 9;

    /// <summary>The longest text <see cref="FormatUsd"/> gives, in characters (and in UTF-8 bytes): that of <see cref="long.MinValue"/>.</summary>
    public const int MaxFormattedLength = 21;

    private const ulong LargestNegativeMagnitude = 9_223_372_036_854_775_808;

    /// <summary>
    /// Reads a decimal amount of US dollars: an optional '-', digits, and optionally '.' with one to nine digits. Nothing else is
    /// accepted: no exponent, grouping, white space or leading '+', and a digit stands on both sides of the point.
    /// </summary>
    /// <param name="text">The amount in US dollars.</param>
    /// <param name="nanoUsd">The amount in nano-dollars; 0 when the text is refused.</param>
    /// <returns>False where the text is not such a number or lies outside the range of nano-dollars.</returns>
    public static bool TryParseUsd(ReadOnlySpan<char> text, out long nanoUsd)
    {
        nanoUsd = 0;
        bool negative = text.Length > 0 && text[0] == '-';
        ReadOnlySpan<char> digits = negative ? text[1..] : text;
        int point = digits.IndexOf('.');
        ReadOnlySpan<char> whole = point < 0 ? digits : digits[..point];
        ReadOnlySpan<char> decimals = point < 0 ? [] : digits[(point + 1)..];
        if (whole.IsEmpty || decimals.Length > MaxDecimals || (point >= 0 && decimals.IsEmpty))
        {
            return false;
        }

        // The magnitude is gathered unsigned: that of long.MinValue is one more than long.MaxValue.
        ulong limit = negative ? LargestNegativeMagnitude : (ulong)long.MaxValue;
        ulong magnitude = 0;
        if (!TryAppend(whole, limit, ref magnitude) || !TryAppend(decimals, limit, ref magnitude))
        {
            return false;
        }

        for (int i = decimals.Length; i < MaxDecimals; i++)
        {
            if (magnitude > limit / 10)
            {
                return false;
            }

            magnitude *= 10;
        }

        nanoUsd = negative ? unchecked(-(long)magnitude) : (long)magnitude;
        return true;
    }

    /// <summary>
    /// Writes the shortest exact decimal with at least two decimals, for example "10.00", "0.000000001" or "-1.50".
    /// <see cref="TryParseUsd"/> reads it back to the same amount.
    /// </summary>
    /// <param name="nanoUsd">The amount in nano-dollars.</param>
    public static string FormatUsd(long nanoUsd)
    {
        Span<byte> utf8 = stackalloc byte[MaxFormattedLength];
        _ = TryFormatUsd(nanoUsd, utf8, out int written);
        return Encoding.ASCII.GetString(utf8[..written]);
    }

    /// <summary>Writes what <see cref="FormatUsd"/> gives as UTF-8, without allocating.</summary>
    /// <param name="nanoUsd">The amount in nano-dollars.</param>
    /// <param name="utf8">The destination; <see cref="MaxFormattedLength"/> bytes always suffice.</param>
    /// <param name="written">Bytes written; 0 when the destination is too short.</param>
    /// <returns>False where the destination is too short.</returns>
    public static bool TryFormatUsd(long nanoUsd, Span<byte> utf8, out int written)
    {
        written = 0;
        ulong magnitude = nanoUsd < 0 ? unchecked((ulong)-nanoUsd) : (ulong)nanoUsd;
        ulong fraction = magnitude % PerUsd;
        int decimals = MaxDecimals;
        while (decimals > 2 && fraction % 10 == 0)
        {
            fraction /= 10;
            decimals--;
        }

        Span<byte> reversed = stackalloc byte[MaxFormattedLength];
        int length = 0;
        for (int i = 0; i < decimals; i++, fraction /= 10)
        {
            reversed[length++] = (byte)('0' + (int)(fraction % 10));
        }

        reversed[length++] = (byte)'.';
        ulong whole = magnitude / PerUsd;
        do
        {
            reversed[length++] = (byte)('0' + (int)(whole % 10));
            whole /= 10;
        }
        while (whole != 0);

        if (nanoUsd < 0)
        {
            reversed[length++] = (byte)'-';
        }

        if (utf8.Length < length)
        {
            return false;
        }

        reversed[..length].Reverse();
        reversed[..length].CopyTo(utf8);
        written = length;
        return true;
    }

    private static bool TryAppend(ReadOnlySpan<char> digits, ulong limit, ref ulong magnitude)
    {
        foreach (char c in digits)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            ulong digit = (ulong)(c - '0');
            if (magnitude > (limit - digit) / 10)
            {
                return false;
            }

            magnitude = (magnitude * 10) + digit;
        }

        return true;
    }
}
