using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Insight.Experiments;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Statistics;

/// <summary>
/// Adds up how calls to models went, by provider and model, over a window that ends now and begins at a full hour: calls are counted by hours. Of
/// all instances, and over restarts.
/// </summary>
internal sealed class QueryStatistics(IUsageStore store, TimeProvider time)
{
    /// <summary>Answers a request.</summary>
    /// <param name="caller">Who asks: whoever sees all of the organisation.</param>
    /// <param name="parameters"><c>window</c>, <c>provider</c>, <c>model</c>.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<Result<ModelStatisticsListView>> ExecuteAsync(Caller caller, QueryReader parameters, CancellationToken cancellation)
    {
        var (provider, model) = (parameters.Text("provider"), parameters.Text("model"));
        var read = StatisticsWindow.Read(caller, parameters, time);
        if (read.Failed)
        {
            return read.Failure;
        }

        var window = read.Value;
        var query = new StatisticsQuery(caller.OrganisationId, window.FromHour, window.UntilHour) { Provider = provider, Model = model };
        var models = new SortedDictionary<(string Provider, string Model), ModelCounts>(
            Comparer<(string Provider, string Model)>.Create(static (a, b) =>
                string.CompareOrdinal(a.Provider, b.Provider) is not 0 and var order ? order : string.CompareOrdinal(a.Model, b.Model)));
        await foreach (var counted in store.StatisticsAsync(query, cancellation))
        {
            if (VariantCounts.IsRow(counted.Provider) || CacheCounts.IsRow(counted.Provider))
            {
                continue;
            }

            if (!models.TryGetValue((counted.Provider, counted.Model), out var counts))
            {
                models.Add((counted.Provider, counted.Model), counts = new ModelCounts());
            }

            counts.Add(counted.Hour, counted.Counts);
        }

        return new ModelStatisticsListView(
            window.Word,
            window.From,
            window.To,
            [.. models.Select(static m => ModelStatisticsView.Of(m.Key.Provider, m.Key.Model, m.Value))]);
    }
}
