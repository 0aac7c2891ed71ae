using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Statistics;

/// <summary>A window of full hours that ends now.</summary>
/// <param name="Word">As it is asked for.</param>
/// <param name="FromHour">Its first hour since 1970.</param>
/// <param name="UntilHour">The hour since 1970 behind its last.</param>
/// <param name="NowUnixMs">When it was asked for, milliseconds since 1970.</param>
internal sealed record StatisticsWindow(string Word, long FromHour, long UntilHour, long NowUnixMs)
{
    private static readonly (string Word, int Hours)[] Windows = [("1h", 1), ("24h", 24), ("30d", 720)];

    /// <summary>Its beginning, RFC 3339.</summary>
    public string From => Rfc3339.Format(FromHour * ChargebackQuery.HourMs);

    /// <summary>Its end, RFC 3339.</summary>
    public string To => Rfc3339.Format(NowUnixMs);

    /// <summary>Reads <c>window</c>, and nothing behind it: other parameters are read before. Only for whoever sees all of the organisation.</summary>
    public static Result<StatisticsWindow> Read(Caller caller, QueryReader parameters, TimeProvider time)
    {
        var word = parameters.Text("window") ?? "24h";
        var window = Array.Find(Windows, w => w.Word == word);
        if (window.Word is null)
        {
            parameters.Problem("window", "must be 1h, 24h or 30d");
        }

        if (parameters.Finish() is { } invalid)
        {
            return invalid;
        }

        if (!caller.SeesAll)
        {
            return PermissionDenied.NotYours;
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var hour = ChargebackQuery.HourOf(now);
        return new StatisticsWindow(word, hour - window.Hours, hour + 1, now);
    }
}
