using AiOrchestrator.Core.Insight.Feedback;
using AiOrchestrator.Core.Insight.Statistics;
using AiOrchestrator.Core.Metering.Experiments;

namespace AiOrchestrator.Core.Insight.Experiments;

/// <summary>Adds up what the calls of an experiment came to: calls by the hours they are counted in, feedback as it stands now.</summary>
internal sealed class ReadVariantFigures(IUsageStore store, FeedbackBook feedback, TimeProvider time)
{
    /// <summary>Clocks of instances differ.</summary>
    private const int SkewHours = 1;

    /// <summary>As <see cref="FindVariantFigures"/> says.</summary>
    public async Task<IReadOnlyDictionary<string, VariantFigures>> ExecuteAsync(
        string organisationId, string experimentId, long startedUnixMs, bool withFeedback, CancellationToken cancellation)
    {
        var counts = new Dictionary<string, Dictionary<string, long>>(StringComparer.Ordinal);
        var query = new StatisticsQuery(
            organisationId, ChargebackQuery.HourOf(startedUnixMs) - SkewHours, ChargebackQuery.HourOf(time.GetUtcNow().ToUnixTimeMilliseconds()) + 1)
        {
            Provider = VariantCounts.RowOf(experimentId),
        };
        await foreach (var hour in store.StatisticsAsync(query, cancellation))
        {
            if (!counts.TryGetValue(hour.Model, out var sums))
            {
                counts.Add(hour.Model, sums = new Dictionary<string, long>(StringComparer.Ordinal));
            }

            foreach (var (name, count) in hour.Counts)
            {
                sums[name] = sums.GetValueOrDefault(name) + count;
            }
        }

        var scores = withFeedback ? await feedback.OfExperimentAsync(organisationId, experimentId, startedUnixMs, cancellation) : [];
        var byVariant = scores.ToLookup(static s => s.Key.Variant, static s => (s.Key.Cluster, s.Value), StringComparer.Ordinal);
        return counts.ToDictionary(static c => c.Key, c => With(VariantCounts.Figures(c.Value), [.. byVariant[c.Key]]), StringComparer.Ordinal);
    }

    /// <summary>Feedback may be of a group whose calls are counted in a moment.</summary>
    private static VariantFigures With(VariantFigures figures, IReadOnlyList<(int Cluster, Moments Scores)> scores) => scores.Count == 0 ? figures : figures with
    {
        FeedbackMilli = scores.Aggregate(default(Moments), static (sum, s) => sum + s.Scores),
        Clusters =
        [
            .. figures.Clusters.Select(c => c with { FeedbackMilli = scores.FirstOrDefault(s => s.Cluster == c.Number).Scores }),
            .. scores.Where(s => figures.Clusters.All(c => c.Number != s.Cluster)).Select(static s => new ClusterFigures(s.Cluster) { FeedbackMilli = s.Scores }),
        ],
    };
}
