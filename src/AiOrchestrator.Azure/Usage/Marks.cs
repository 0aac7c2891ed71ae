using System.Collections.Concurrent;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure;

/// <summary>
/// Marks that say which partitions have items. A mark is there before the first item is, so that nothing is stored where nobody looks; this process
/// writes each of those it needs once.
/// </summary>
/// <param name="container">Where the items are.</param>
/// <param name="ageing">In a container whose items expire: what they age by. Null: they do not.</param>
internal sealed class Marks(Container container, TimeProvider? ageing = null)
{
    private const int MaxKnown = 100_000;

    /// <summary>Items of containers where they expire live for 7 days; a mark that is as old as it gets before it is renewed outlives them.</summary>
    private const int LifeSeconds = 9 * 24 * 3600;

    private static readonly TimeSpan RenewAfter = TimeSpan.FromDays(1);

    private readonly ItemContainer<MarkItem> _items = new(container, UsageItemJson.Default.MarkItem);
    private readonly ConcurrentDictionary<(string Partition, string Id), DateTimeOffset> _known = [];

    /// <summary>Sees to it that a mark is there, and stays as long as what is stored now.</summary>
    public async Task SetAsync(string partition, string id, CancellationToken cancellation)
    {
        var now = ageing?.GetUtcNow() ?? default;
        if (_known.TryGetValue((partition, id), out var written) && now - written < RenewAfter)
        {
            return;
        }

        var mark = new MarkItem { Id = id, Partition = partition };
        if (ageing is null)
        {
            _ = await _items.CreateAsync(mark, cancellation);
        }
        else
        {
            await _items.UpsertAsync(mark with { Ttl = LifeSeconds }, cancellation);
        }

        if (_known.Count >= MaxKnown)
        {
            _known.Clear();
        }

        _known[(partition, id)] = now;
    }

    /// <summary>The marks of a partition from one id on and before another, ascending.</summary>
    public async Task<List<string>> ReadAsync(string partition, string? from, string? before, CancellationToken cancellation)
    {
        using var feed = Feed(partition, new ItemQuery(), from, before);
        return (await feed.ReadAllAsync(cancellation)).ConvertAll(static m => m.Id);
    }

    /// <summary>The same from the last to the first, some at a time as they are asked for.</summary>
    public ItemFeed<MarkItem> Backwards(string partition, string? from, string? before, int some) =>
        Feed(partition, new ItemQuery { Descending = true, PageSize = some }, from, before);

    private ItemFeed<MarkItem> Feed(string partition, ItemQuery query, string? from, string? before) =>
        new(container, UsageItemJson.Default.MarkItem, partition, query.Where("id", " >= ", from).Where("id", " < ", before));
}
