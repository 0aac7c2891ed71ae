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

        var scores = withFeedback ? await feedback.OfExperimentAsync(organisationId, experimentId, startedUnixMs, cancellation) : new Dictionary<string, Moments>();
        return counts.ToDictionary(
            static c => c.Key,
            c => VariantCounts.Figures(c.Value) with { FeedbackMilli = scores.GetValueOrDefault(c.Key) },
            StringComparer.Ordinal);
    }
}
