using System.Net;
using AiOrchestrator.Core.Insight;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure;

/// <summary>
/// Stores events and counts them: one transaction per partition creates the events and adds them to the groups of their hours, so that no event is
/// stored without being counted, or counted twice.
/// </summary>
internal sealed class EventWriter(Container usage)
{
    // Every event may bring a group of its own; both together stay within what a transaction may hold.
    private const int MostEvents = ItemContainer<EventItem>.MostInBatch / 2;

    // An attempt fails when a group is not there or has just been made; then the next knows better.
    private const int MostAttempts = 2 * ItemContainer<EventItem>.MostInBatch;

    /// <summary>449: somebody wrote the same item at the same moment.</summary>
    private const HttpStatusCode RetryWith = (HttpStatusCode)449;

    private static readonly TransactionalBatchPatchItemRequestOptions QuietPatch = new() { EnableContentResponseOnWrite = false };

    private readonly ItemContainer<EventItem> _events = new(usage, UsageItemJson.Default.EventItem);
    private readonly ItemContainer<RollupItem> _rollups = new(usage, UsageItemJson.Default.RollupItem);

    /// <summary>How many events are stored at once.</summary>
    public static int Most => MostEvents;

    /// <summary>Stores an event, unless one of its id is stored.</summary>
    /// <returns>The event that is stored now.</returns>
    /// <exception cref="InvalidDataException">It is larger than an item may be (2 MB).</exception>
    public async Task<EventItem> StoreAsync(EventItem item, CancellationToken cancellation) =>
        await TryStoreAsync([item], cancellation)
            ? item
            : (await _events.FindAsync(item.Partition, item.Id, cancellation))?.Item
                ?? throw new IOException($"The usage event {item.Id} is stored and cannot be read.");

    /// <summary>Stores events of one partition, all or none: false when one is stored already, or they are too much at once.</summary>
    public async Task<bool> TryStoreAsync(IReadOnlyList<EventItem> events, CancellationToken cancellation)
    {
        var groups = events.Where(static e => ChargebackQuery.Counts(e.Event)).Select(UsageCalls.Rollup)
            .GroupBy(static r => r.Id, static (_, parts) => parts.Aggregate(UsageCalls.Add)).ToArray();
        var missing = new bool[groups.Length];
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            using var answer = await Batch(events, groups, missing).ExecuteAsync(cancellation);
            switch (BatchAnswers.Failed(answer))
            {
                case null:
                    return true;
                case { Status: HttpStatusCode.Conflict } failed when failed.Index < events.Count:
                case { Status: HttpStatusCode.RequestEntityTooLarge } when events.Count > 1:
                    return false;
                case { Status: HttpStatusCode.RequestEntityTooLarge }:
                    throw BatchAnswers.TooLarge(events[0]);

                // Somebody else made the group a moment ago, or it is not there yet.
                case { Status: HttpStatusCode.Conflict or HttpStatusCode.NotFound } failed when failed.Index >= events.Count:
                    missing[failed.Index - events.Count] = failed.Status == HttpStatusCode.NotFound;
                    break;
                case { Status: RetryWith }:
                    await Task.Delay(TimeSpan.FromMilliseconds(attempt), cancellation);
                    break;
                default:
                    throw BatchAnswers.Unexpected(answer);
            }
        }

        throw new IOException("The groups of a run of usage events never stood still.");
    }

    private TransactionalBatch Batch(IReadOnlyList<EventItem> events, RollupItem[] groups, bool[] missing)
    {
        var batch = usage.CreateTransactionalBatch(new PartitionKey(events[0].Partition));
        foreach (var item in events)
        {
            _ = batch.CreateItemStream(_events.Write(item), BatchAnswers.Quiet);
        }

        for (var i = 0; i < groups.Length; i++)
        {
            _ = missing[i]
                ? batch.CreateItemStream(_rollups.Write(groups[i]), BatchAnswers.Quiet)
                : batch.PatchItem(groups[i].Id, Increments(groups[i]), QuietPatch);
        }

        return batch;
    }

    /// <summary>Members that do not grow are left alone; one that is not there yet is made.</summary>
    private static List<PatchOperation> Increments(RollupItem group)
    {
        var increments = new List<PatchOperation>();
        foreach (var (member, amount) in new[]
        {
            ("calls", group.Calls),
            ("prompt", group.Prompt),
            ("prompt_billions", group.PromptBillions),
            ("completion", group.Completion),
            ("completion_billions", group.CompletionBillions),
            ("cost_nano", group.CostNano),
            ("cost_usd", group.CostUsd),
        })
        {
            if (amount != 0)
            {
                increments.Add(PatchOperation.Increment("/" + member, amount));
            }
        }

        return increments;
    }
}
