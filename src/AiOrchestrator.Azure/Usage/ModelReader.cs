using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Insight.Statistics;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure;

/// <summary>Reads how calls to models went: the days of a query, all shards of some of them at once.</summary>
internal sealed class ModelReader(Container usage, Marks marks)
{
    /// <summary>The models' hours that match.</summary>
    public async IAsyncEnumerable<ModelHour> QueryAsync(StatisticsQuery query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var days = await marks.ReadAsync(
            UsageKeys.Days(query.OrganisationId),
            UsageKeys.DayOf((query.FromHour * ChargebackQuery.HourMs) - UsageKeys.SlackMs),
            UsageKeys.DayOf((query.UntilHour * ChargebackQuery.HourMs) + UsageKeys.SlackMs) + "|",
            cancellation);
        var matching = new ItemQuery()
            .Where("id", " >= ", UsageKeys.Models(query.FromHour))
            .Where("id", " < ", UsageKeys.Models(query.UntilHour))
            .Where("provider", " = ", query.Provider)
            .Where("model", " = ", query.Model);
        var feeds = days.SelectMany(day => Enumerable.Range(0, UsageKeys.Shards).Select(shard => new ItemFeed<ModelItem>(
            usage,
            UsageItemJson.Default.ModelItem,
            UsageKeys.Events(query.OrganisationId, day, shard),
            matching,
            UsageKeys.Models(UsageKeys.Hours(day).First))));
        await foreach (var item in FeedMerge.ReadAsync([.. feeds], descending: false, FeedMerge.MostAtOnce, cancellation))
        {
            yield return new ModelHour(item.Hour, item.Provider, item.Model, item.Counts);
        }
    }
}
