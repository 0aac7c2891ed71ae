using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Platform;

/// <summary>
/// Reads query parameters and gathers everything that is wrong with them. A parameter nobody asked for is wrong too: a filter with
/// a typing error that is ignored answers a question nobody asked.
/// </summary>
internal sealed class QueryReader(IQueryCollection query)
{
    private readonly HashSet<string> _asked = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<RequestProblem> _problems = [];

    /// <summary>A text of 1 to 512 characters; null when absent or wrong.</summary>
    public string? Text(string name)
    {
        _asked.Add(name);
        if (!query.TryGetValue(name, out var values))
        {
            return null;
        }

        if (values is not [{ Length: > 0 and <= 512 } text])
        {
            Problem(name, "must be given once, with 1 to 512 characters");
            return null;
        }

        return text;
    }

    /// <summary>The words of a parameter that may be given several times, or as several joined with commas; empty when absent or wrong.</summary>
    public IReadOnlyList<string> Words(string name, int max)
    {
        _asked.Add(name);
        if (!query.TryGetValue(name, out var values))
        {
            return [];
        }

        var words = values.SelectMany(static v => (v ?? "").Split(',')).ToArray();
        if (words.Length <= max && Array.TrueForAll(words, static w => w.Length is > 0 and <= 512))
        {
            return words;
        }

        Problem(name, string.Create(CultureInfo.InvariantCulture, $"must be 1 to {max} words"));
        return [];
    }

    /// <summary>How many items a page has: 1 to 1000, 100 when absent.</summary>
    public int Limit()
    {
        if (Text("limit") is not { } text)
        {
            return 100;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= 1000)
        {
            return limit;
        }

        Problem("limit", "must be a whole number from 1 to 1000");
        return 100;
    }

    /// <summary>A moment in RFC 3339 or in whole seconds since 1970; in milliseconds since 1970. Null when absent or wrong.</summary>
    public long? Moment(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        // A plus sign in a query is a space to everybody who did not escape it: an offset such as +02:00 must survive that.
        if (Rfc3339.TryParse(text.Replace(' ', '+'), out var unixMs))
        {
            return unixMs;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 253_402_300_799)
        {
            return seconds * 1000;
        }

        Problem(name, "must be a time in RFC 3339 or in whole seconds since 1970");
        return null;
    }

    /// <summary>As <see cref="Moment"/>, or a date such as <c>2026-11-21</c>, which begins at midnight in UTC.</summary>
    public long? MomentOrDay(string name) =>
        query.TryGetValue(name, out var values) && values is [{ Length: 10 } text]
        && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? Asked(name, new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeMilliseconds())
            : Moment(name);

    /// <summary>Notes a problem.</summary>
    public void Problem(string name, string problem) => _problems.Add(new RequestProblem(name, problem));

    /// <summary>Call last: everything that is wrong, parameters nobody asked for included; null when nothing is.</summary>
    public InvalidRequest? Finish()
    {
        foreach (var name in query.Keys.Where(name => !_asked.Contains(name)))
        {
            Problem(name.Length > 100 ? name[..100] : name, "is not a query parameter this endpoint knows");
        }

        return _problems.Count == 0 ? null : new InvalidRequest(_problems);
    }

    private long Asked(string name, long value)
    {
        _asked.Add(name);
        return value;
    }
}
