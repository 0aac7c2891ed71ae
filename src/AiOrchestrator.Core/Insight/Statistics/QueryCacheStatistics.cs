using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering.Caching;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Statistics;

/// <summary>Adds up what the cache had to do with calls (CA-06), by namespace and model, over a window that ends now. Of all instances, and over restarts.</summary>
internal sealed class QueryCacheStatistics(IUsageStore store, FindCacheSizes sizes, TimeProvider time)
{
    /// <summary>Answers a request.</summary>
    /// <param name="caller">Who asks: whoever sees all of the organisation.</param>
    /// <param name="parameters"><c>window</c>, <c>model</c>.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<Result<CacheStatisticsView>> ExecuteAsync(Caller caller, QueryReader parameters, CancellationToken cancellation)
    {
        var model = parameters.Text("model");
        var read = StatisticsWindow.Read(caller, parameters, time);
        if (read.Failed)
        {
            return read.Failure;
        }

        var window = read.Value;
        var total = new CacheCounts();
        var rows = new Dictionary<(string Namespace, string Model), CacheCounts>();
        await foreach (var hour in store.StatisticsAsync(new StatisticsQuery(caller.OrganisationId, window.FromHour, window.UntilHour) { Model = model }, cancellation))
        {
            if (!CacheCounts.IsRow(hour.Provider))
            {
                continue;
            }

            var key = (CacheCounts.NamespaceOf(hour.Provider), hour.Model);
            if (!rows.TryGetValue(key, out var counts))
            {
                rows.Add(key, counts = new CacheCounts());
            }

            counts.Add(hour.Counts);
            total.Add(hour.Counts);
        }

        return new CacheStatisticsView(
            window.Word,
            window.From,
            window.To,
            CacheFiguresView.Of(total),
            [
                .. rows.OrderBy(static r => r.Key.Namespace, StringComparer.Ordinal).ThenBy(static r => r.Key.Model, StringComparer.Ordinal)
                    .Select(static r => new CacheRowView(r.Key.Namespace.Length == 0 ? null : r.Key.Namespace, r.Key.Model, CacheFiguresView.Of(r.Value))),
            ],
            [.. (await sizes(caller.OrganisationId, cancellation)).OrderBy(static s => s.Namespace, StringComparer.Ordinal).Select(CacheSizeView.Of)]);
    }
}
