using System.Globalization;
using System.Net.Http.Headers;

namespace AiOrchestrator.Core.Gateway;

/// <summary>
/// For how long a provider that has too much to do wants to be left alone, from the headers of its answer: <c>retry-after-ms</c> (OpenAI's clients read it),
/// <c>retry-after</c> (RFC 9110, 10.2.3), else <c>x-ratelimit-reset-…</c> of what nothing remains of
/// (https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers).
/// </summary>
internal static class ComeAgain
{
    /// <summary>More is not believed: it guards against clocks of others.</summary>
    public const int MostSeconds = 3600;

    private static readonly string[] Counted = ["requests", "tokens"];

    /// <summary>The time from now; null where nothing is said that can be read, or it is not between 0 and an hour.</summary>
    /// <param name="headers">The answer's.</param>
    /// <param name="unixMs">Now.</param>
    public static TimeSpan? Read(HttpResponseHeaders headers, long unixMs)
    {
        var said = Milliseconds(One(headers, "retry-after-ms"))
            ?? headers.RetryAfter?.Delta
            ?? headers.RetryAfter?.Date - DateTimeOffset.FromUnixTimeMilliseconds(unixMs)
            ?? LongestReset(headers);
        return said is { TotalSeconds: > 0 and <= MostSeconds } ? said : null;
    }

    private static TimeSpan? LongestReset(HttpResponseHeaders headers)
    {
        TimeSpan? longest = null;
        foreach (var what in Counted)
        {
            if (One(headers, $"x-ratelimit-remaining-{what}") is "0" && Duration(One(headers, $"x-ratelimit-reset-{what}")) is { } reset)
            {
                longest = longest > reset ? longest : reset;
            }
        }

        return longest;
    }

    private static TimeSpan? Milliseconds(string? text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ms) && ms <= MostSeconds * 1000.0 ? TimeSpan.FromMilliseconds(ms) : null;

    /// <summary>A duration as <c>20ms</c>, <c>1s</c>, <c>6m0s</c>, <c>1h2m3.5s</c>; null for anything else.</summary>
    private static TimeSpan? Duration(string? text)
    {
        var (at, seconds, whole) = (0, 0.0, text ?? "");
        while (at < whole.Length)
        {
            var begin = at;
            while (at < whole.Length && (char.IsAsciiDigit(whole[at]) || whole[at] == '.'))
            {
                at++;
            }

            var isMilli = string.CompareOrdinal(whole, at, "ms", 0, 2) == 0;
            var unit = at == whole.Length ? 0 : isMilli ? 0.001 : whole[at] switch { 'h' => 3600, 'm' => 60, 's' => 1, _ => 0 };
            if (unit == 0 || !double.TryParse(whole.AsSpan(begin, at - begin), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            seconds += number * unit;
            at += isMilli ? 2 : 1;
        }

        return seconds <= MostSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static string? One(HttpResponseHeaders headers, string name) => headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;
}
