using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure;

/// <summary>Reads events: day by day backwards, the shards of a day together.</summary>
internal sealed class EventReader(Container usage, Marks marks)
{
    private const int DaysAtOnce = 64;

    private readonly ItemContainer<EventItem> _events = new(usage, UsageItemJson.Default.EventItem);

    /// <summary>One event, or null.</summary>
    public async Task<UsageEvent?> GetAsync(string organisationId, ExchangeId id, CancellationToken cancellation) =>
        (await _events.FindAsync(UsageKeys.Events(organisationId, id), id.ToString(), cancellation))?.Item.Event;

    /// <summary>Events that match, newest first.</summary>
    public async Task<IReadOnlyList<EventItem>> QueryAsync(UsageQuery query, CancellationToken cancellation)
    {
        // The same bounds on the id, generously: they tell which days can have such events.
        var first = query.FromUnixMs is { } from ? ExchangeId.FirstAt(from - UsageKeys.SlackMs) : (ExchangeId?)null;
        var end = query.UntilUnixMs is { } until ? ExchangeId.FirstAt(until + UsageKeys.SlackMs) : (ExchangeId?)null;
        if (query.Before is { } before && (end is null || before < end))
        {
            end = before;
        }

        using var days = marks.Backwards(
            UsageKeys.Days(query.OrganisationId), first is { } f ? UsageKeys.DayOf(f) : null, end is { } e ? UsageKeys.DayOf(e) + "|" : null, DaysAtOnce);
        var events = new List<EventItem>();
        var matching = Matching(query, first, end);
        while (events.Count < query.Limit && await days.PeekAsync(cancellation))
        {
            var feeds = days.TakePage().SelectMany(day => Enumerable.Range(0, UsageKeys.Shards).Select(shard => new ItemFeed<EventItem>(
                usage,
                UsageItemJson.Default.EventItem,
                UsageKeys.Events(query.OrganisationId, day.Id, shard),
                matching,
                ExchangeId.FirstAt(UsageKeys.EndOfDay(day.Id)).ToString())));
            await foreach (var item in FeedMerge.ReadAsync([.. feeds], descending: true, atLeast: 1, cancellation))
            {
                events.Add(item);
                if (events.Count == query.Limit)
                {
                    break;
                }
            }
        }

        return events;
    }

    /// <summary>A page has somewhat more than a shard's part of what is wanted: mostly one is enough.</summary>
    private static ItemQuery Matching(UsageQuery query, ExchangeId? first, ExchangeId? end) =>
        new ItemQuery
        {
            Descending = true,
            PageSize = Math.Min(query.Limit, (query.Limit / UsageKeys.Shards) + (2 * (int)Math.Sqrt(query.Limit))),
        }
            .Where("id", " >= ", first?.ToString() ?? "ex_")
            .Where("id", " < ", end?.ToString() ?? "ex`")
            .Where("event.key_id", " = ", query.KeyId)
            .Where("event.model", " = ", query.Model)
            .Where("event.provider", " = ", query.Provider)
            .Where("event.status", " = ", query.Status?.ToString().ToLowerInvariant())
            .Where("event.request_id", " = ", query.RequestId)
            .Where("event.created_unix_ms", " >= ", query.FromUnixMs)
            .Where("event.created_unix_ms", " < ", query.UntilUnixMs);
}
