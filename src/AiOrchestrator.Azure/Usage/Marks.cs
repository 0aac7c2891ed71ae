using System.Collections.Concurrent;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure;

/// <summary>
/// Marks that say which partitions have items. A mark is there before the first item is, so that nothing is stored where nobody looks; this process
/// writes each of those it needs once.
/// </summary>
internal sealed class Marks(Container container)
{
    private const int MaxKnown = 100_000;

    private readonly ItemContainer<MarkItem> _items = new(container, UsageItemJson.Default.MarkItem);
    private readonly ConcurrentDictionary<(string Partition, string Id), bool> _known = [];

    /// <summary>Sees to it that a mark is there.</summary>
    public async Task SetAsync(string partition, string id, CancellationToken cancellation)
    {
        if (_known.ContainsKey((partition, id)))
        {
            return;
        }

        _ = await _items.CreateAsync(new MarkItem { Id = id, Partition = partition }, cancellation);
        if (_known.Count >= MaxKnown)
        {
            _known.Clear();
        }

        _known[(partition, id)] = true;
    }

    /// <summary>The marks of a partition from one id on and before another, ascending.</summary>
    public async Task<List<string>> ReadAsync(string partition, string? from, string? before, CancellationToken cancellation)
    {
        var query = new ItemQuery().Where("id", " >= ", from).Where("id", " < ", before);
        using var feed = new ItemFeed<MarkItem>(container, UsageItemJson.Default.MarkItem, partition, query);
        return (await feed.ReadAllAsync(cancellation)).ConvertAll(static m => m.Id);
    }
}
