using System.Globalization;

namespace AiOrchestrator.Core.Platform;

/// <summary>Times as they are written in JSON: RFC 3339 with an offset, to the millisecond.</summary>
internal static class Rfc3339
{
    /// <summary>Reads a time with an offset (<c>Z</c> or <c>+02:00</c>); fractions of a millisecond are cut off.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long unixMs)
    {
        unixMs = 0;
        if (text.Length is < 20 or > 40)
        {
            return false;
        }

        // ParseExact has no format for "Z or an offset, but one of them": K takes neither as well.
        ReadOnlySpan<char> withOffset = text[^1] is 'Z' or 'z' ? $"{text[..^1]}+00:00" : text;
        if (!DateTimeOffset.TryParseExact(
            withOffset, "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment))
        {
            return false;
        }

        unixMs = moment.ToUnixTimeMilliseconds();
        return true;
    }

    /// <summary>Writes a time in UTC, with milliseconds.</summary>
    public static string Format(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Writes a time, or null.</summary>
    public static string? Format(long? unixMs) => unixMs is { } ms ? Format(ms) : null;
}
