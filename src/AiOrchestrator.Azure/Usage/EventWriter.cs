using System.Net;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Insight.Statistics;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure;

/// <summary>
/// Stores events and counts them: one transaction per partition creates the events and adds them to the groups and models of their hours, so that no
/// event is stored without being counted, or counted twice.
/// </summary>
internal sealed class EventWriter(Container usage)
{
    // Every event may bring a group and a model of its own, and a variant, which has more figures than a patch takes; all together stay within
    // what a transaction may hold.
    private const int OperationsOfEvent = 3;
    private const int OperationsOfVariant = 2;

    // An attempt fails when a group is not there or has just been made; then the next knows better.
    private const int MostAttempts = 2 * ItemContainer<EventItem>.MostInBatch;

    /// <summary>A patch takes no more.</summary>
    private const int MostIncrements = 10;

    /// <summary>449: somebody wrote the same item at the same moment.</summary>
    private const HttpStatusCode RetryWith = (HttpStatusCode)449;

    private static readonly TransactionalBatchPatchItemRequestOptions QuietPatch = new() { EnableContentResponseOnWrite = false };

    private readonly ItemContainer<EventItem> _events = new(usage, UsageItemJson.Default.EventItem);
    private readonly ItemContainer<RollupItem> _rollups = new(usage, UsageItemJson.Default.RollupItem);
    private readonly ItemContainer<ModelItem> _models = new(usage, UsageItemJson.Default.ModelItem);

    /// <summary>Events in runs that can be stored at once.</summary>
    public static IEnumerable<EventItem[]> Runs(IEnumerable<EventItem> events)
    {
        var run = new List<EventItem>();
        var operations = 0;
        foreach (var item in events)
        {
            var more = item.Event.ExperimentId is null ? OperationsOfEvent : OperationsOfEvent + OperationsOfVariant;
            if (operations + more > ItemContainer<EventItem>.MostInBatch)
            {
                yield return [.. run];
                run.Clear();
                operations = 0;
            }

            run.Add(item);
            operations += more;
        }

        if (run.Count > 0)
        {
            yield return [.. run];
        }
    }

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
        var sums = Sums(events);
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            var (batch, sumOf) = Batch(events, sums);
            using var answer = await batch.ExecuteAsync(cancellation);
            switch (BatchAnswers.Failed(answer))
            {
                case null:
                    return true;
                case { Status: HttpStatusCode.Conflict } failed when failed.Index < events.Count:
                case { Status: HttpStatusCode.RequestEntityTooLarge } when events.Count > 1:
                    return false;
                case { Status: HttpStatusCode.RequestEntityTooLarge }:
                    throw BatchAnswers.TooLarge(events[0]);

                // Somebody else made the item a moment ago, or it is not there yet.
                case { Status: HttpStatusCode.Conflict or HttpStatusCode.NotFound } failed when failed.Index >= events.Count:
                    sumOf[failed.Index - events.Count].IsMissing = failed.Status == HttpStatusCode.NotFound;
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

    /// <summary>What the events add to their groups and models.</summary>
    private List<Sum> Sums(IReadOnlyList<EventItem> events)
    {
        var sums = new List<Sum>();
        sums.AddRange(events.Where(static e => ChargebackQuery.Counts(e.Event)).Select(UsageCalls.Rollup)
            .GroupBy(static r => r.Id, static (_, parts) => parts.Aggregate(UsageCalls.Add))
            .Select(r => new Sum(r.Id, () => _rollups.Write(r), [Increments(r)])));
        sums.AddRange(events.Where(static e => ModelCounts.Counts(e.Event)).SelectMany(UsageCalls.Models)
            .GroupBy(static m => m.Id, static (_, parts) => parts.Aggregate(UsageCalls.Add))
            .Select(m => new Sum(m.Id, () => _models.Write(m), [.. m.Counts.Select(static c => PatchOperation.Increment("/counts/" + c.Key, c.Value)).Chunk(MostIncrements)])));
        return sums;
    }

    /// <summary>The transaction, and of each of its operations after the events which sum it is about.</summary>
    private (TransactionalBatch Batch, List<Sum> SumOf) Batch(IReadOnlyList<EventItem> events, List<Sum> sums)
    {
        var batch = usage.CreateTransactionalBatch(new PartitionKey(events[0].Partition));
        foreach (var item in events)
        {
            _ = batch.CreateItemStream(_events.Write(item), BatchAnswers.Quiet);
        }

        var sumOf = new List<Sum>();
        foreach (var sum in sums)
        {
            if (sum.IsMissing)
            {
                _ = batch.CreateItemStream(sum.Item(), BatchAnswers.Quiet);
                sumOf.Add(sum);
                continue;
            }

            foreach (var patch in sum.Patches)
            {
                _ = batch.PatchItem(sum.Id, patch, QuietPatch);
                sumOf.Add(sum);
            }
        }

        return (batch, sumOf);
    }

    /// <summary>Members that do not grow are left alone; one that is not there yet is made.</summary>
    private static PatchOperation[] Increments(RollupItem group)
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

        return [.. increments];
    }

    /// <summary>What is added to an item that may not be there yet: made whole, or patched, in pieces where that is too much for one patch.</summary>
    private sealed class Sum(string id, Func<Stream> item, IReadOnlyList<PatchOperation[]> patches)
    {
        public string Id => id;

        public Func<Stream> Item => item;

        public IReadOnlyList<PatchOperation[]> Patches => patches;

        public bool IsMissing { get; set; }
    }
}
