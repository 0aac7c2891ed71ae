using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Statistics;

/// <summary>Percentiles of a duration, milliseconds; each within 5 percent. Null where nothing was counted.</summary>
/// <param name="P50">Half of the calls took no longer.</param>
/// <param name="P90">Nine of ten took no longer.</param>
/// <param name="P99">99 of a hundred took no longer.</param>
public sealed record PercentilesView(double? P50, double? P90, double? P99)
{
    internal static PercentilesView Of(IReadOnlyDictionary<int, long> counts) => new(Ms(counts, 0.5), Ms(counts, 0.9), Ms(counts, 0.99));

    private static double? Ms(IReadOnlyDictionary<int, long> counts, double part) =>
        LatencyBuckets.Percentile(counts, part) is { } us ? Math.Round(us / 1000, 2) : null;
}

/// <summary>Failures with one code.</summary>
/// <param name="Code">The code callers got.</param>
/// <param name="Count">How many.</param>
public sealed record ErrorCountView(string Code, long Count);

/// <summary>How the calls to a model at a provider went.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The model, by the name callers use.</param>
/// <param name="Requests">Calls that were sent to it; what the gateway refused is not counted.</param>
/// <param name="Succeeded">Answered in full.</param>
/// <param name="Failed">Ended by an error, a timeout or a cut.</param>
/// <param name="Cancelled">Ended because the client went away: neither.</param>
/// <param name="SuccessRate">Succeeded of succeeded and failed, 0 to 1; null where there are none of either.</param>
/// <param name="LatencyMs">From arrival to the end of the answer, of those that succeeded.</param>
/// <param name="FirstByteMs">From arrival to the provider's first byte, of those that succeeded.</param>
/// <param name="LastUsedAt">The minute in which the last call began, RFC 3339.</param>
/// <param name="Errors">Failures by code, most frequent first.</param>
public sealed record ModelStatisticsView(
    string Provider,
    string Model,
    long Requests,
    long Succeeded,
    long Failed,
    long Cancelled,
    double? SuccessRate,
    PercentilesView LatencyMs,
    PercentilesView FirstByteMs,
    string? LastUsedAt,
    IReadOnlyList<ErrorCountView> Errors)
{
    private const long MinuteMs = 60_000;

    internal static ModelStatisticsView Of(string provider, string model, ModelCounts counts)
    {
        var failed = counts.Errors.Values.Sum();
        return new ModelStatisticsView(
            provider,
            model,
            counts.Calls,
            counts.Succeeded,
            failed,
            counts.Cancelled,
            counts.Succeeded + failed == 0 ? null : Math.Round((double)counts.Succeeded / (counts.Succeeded + failed), 4),
            PercentilesView.Of(counts.Latency),
            PercentilesView.Of(counts.FirstByte),
            Rfc3339.Format(counts.LastMinute * MinuteMs),
            [.. counts.Errors.OrderByDescending(static e => e.Value).ThenBy(static e => e.Key, StringComparer.Ordinal).Select(static e => new ErrorCountView(e.Key, e.Value))]);
    }
}

/// <summary>The answer of <c>GET /v1/models/statistics</c>.</summary>
/// <param name="Window"><c>1h</c>, <c>24h</c> or <c>30d</c>.</param>
/// <param name="From">The beginning, a full hour, RFC 3339.</param>
/// <param name="To">The time of the answer, RFC 3339.</param>
/// <param name="Data">In order of provider, then model.</param>
public sealed record ModelStatisticsListView(string Window, string From, string To, IReadOnlyList<ModelStatisticsView> Data);

/// <summary>The written form of statistics.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ModelStatisticsListView))]
[JsonSerializable(typeof(CacheStatisticsView))]
internal sealed partial class StatisticsJson : JsonSerializerContext;
