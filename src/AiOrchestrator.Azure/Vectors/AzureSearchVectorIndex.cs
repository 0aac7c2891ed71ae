using System.Collections.Concurrent;
using AiOrchestrator.Core.Caching.Vectors;
using Azure;
using Azure.Search.Documents;
using Azure.Search.Documents.Indexes;
using Azure.Search.Documents.Models;

namespace AiOrchestrator.Azure.Vectors;

/// <summary>
/// Vectors on Azure AI Search, shared by all instances. The service's indexes are made when the first vector needs one. What is put, replaced or deleted shows after
/// a moment, mostly within a second; the service promises no time.
/// </summary>
/// <remarks>
/// The similarity is computed here, from the vector the service gives back: its own score is rounded, and a matter of its version. That a partition's vectors have
/// all the same number of dimensions is only checked among those of this instance; others would lie in another index, and never be compared.
/// An exception (<see cref="RequestFailedException"/>, or an <see cref="AggregateException"/> of such) says nothing about whether a write was done.
/// </remarks>
internal sealed class AzureSearchVectorIndex(SearchIndexClient service, TimeProvider time) : IVectorIndex
{
    /// <summary>Most that the service takes or gives at once.</summary>
    private const int PageItems = 1000;

    /// <summary>Beyond them all are forgotten: they only help to find a mistake.</summary>
    private const int MaxPartitions = 10_000;

    /// <summary>Beyond them the oldest are forgotten.</summary>
    private const int MaxRecent = 10_000;

    /// <summary>After that a search is thought to show what was put.</summary>
    private static readonly TimeSpan ShownWithin = TimeSpan.FromSeconds(30);

    /// <summary>For how long no other instance is thought to have made an index: a new one comes with a new embedding only, and the service lists them reluctantly.</summary>
    private static readonly TimeSpan ListedFor = TimeSpan.FromMinutes(1);

    private static readonly IndexDocumentsOptions AllOrThrow = new() { ThrowOnAnyError = true };

    private readonly ConcurrentDictionary<int, SearchClient> _clients = new();
    private readonly ConcurrentDictionary<VectorPartition, int> _dimensions = new();
    private readonly ConcurrentQueue<Recent> _recent = new();
    private volatile Listing? _listing;

    /// <inheritdoc/>
    public string Name => "azure-ai-search";

    /// <inheritdoc/>
    public async Task PutAsync(VectorPartition partition, string id, ReadOnlyMemory<float> vector, CancellationToken cancellation)
    {
        VectorRules.CheckId(id);
        VectorRules.CheckVector(vector.Span);
        CheckDimensions(partition, vector.Length);
        var item = new VectorItem
        {
            Key = VectorItem.KeyOf(partition, id),
            Namespace = partition.Namespace,
            Partition = VectorItem.PartitionOf(partition),
            Entry = id,
            Vector = vector.ToArray(),
        };
        var index = Index(vector.Length);
        Remember(new Recent(time.GetUtcNow() + ShownWithin, partition.Namespace, item.Key, index));
        try
        {
            await index.UploadDocumentsAsync([item], AllOrThrow, cancellation);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            // There is no such index yet, or it was deleted. Whoever makes it meanwhile makes the same.
            await service.CreateOrUpdateIndexAsync(VectorIndexes.Define(vector.Length), cancellationToken: cancellation);
            _listing = null;
            await index.UploadDocumentsAsync([item], AllOrThrow, cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<VectorHit>> SearchAsync(
        VectorPartition partition, ReadOnlyMemory<float> vector, int limit, float minSimilarity, CancellationToken cancellation)
    {
        VectorRules.CheckLimit(limit);
        var name = VectorItem.PartitionOf(partition);
        var options = new SearchOptions
        {
            Filter = SearchFilter.Create($"partition eq {name}"),
            Size = limit,
            Select = { "partition", "entry", "vector" },
            VectorSearch = new VectorSearchOptions
            {
                FilterMode = VectorFilterMode.PreFilter,
                Queries = { new VectorizedQuery(vector) { KNearestNeighborsCount = limit, Fields = { "vector" } } },
            },
        };
        var hits = new List<VectorHit>();
        foreach (var item in await FindAsync(Index(vector.Length), options, cancellation))
        {
            // The filter says the same; but what another namespace asked must not be told, whoever erred.
            if (item is { Entry: { } entry, Vector: { } found } && item.Partition == name && found.Length == vector.Length
                && VectorRules.Cosine(vector.Span, found) is var similarity && similarity >= minSimilarity)
            {
                hits.Add(new VectorHit(entry, similarity));
            }
        }

        hits.Sort(static (a, b) => b.Similarity.CompareTo(a.Similarity));
        return hits;
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(VectorPartition partition, string id, CancellationToken cancellation)
    {
        VectorRules.CheckId(id);
        foreach (var index in await ListAsync(cancellation))
        {
            await DeleteAsync(index, [VectorItem.KeyOf(partition, id)], cancellation);
        }
    }

    /// <summary>Deletes all of a namespace that a search finds or this instance put lately: what another one puts meanwhile, or did a moment before, may stay.</summary>
    /// <param name="namespace">Whose.</param>
    /// <param name="cancellation">Gives up: some may be deleted.</param>
    public async Task DropAsync(string @namespace, CancellationToken cancellation)
    {
        foreach (var partition in _dimensions.Keys.Where(p => p.Namespace == @namespace))
        {
            _dimensions.TryRemove(partition, out _);
        }

        _listing = null;
        foreach (var index in await ListAsync(cancellation))
        {
            await DropAsync(index, @namespace, cancellation);
            foreach (var keys in _recent.Where(r => r.Namespace == @namespace && r.Index == index).Select(static r => r.Key).Distinct().Chunk(PageItems))
            {
                await DeleteAsync(index, keys, cancellation);
            }
        }
    }

    /// <summary>In the order of keys, each once: what is deleted is found for a moment longer.</summary>
    private static async Task DropAsync(SearchClient index, string @namespace, CancellationToken cancellation)
    {
        for (var after = ""; ;)
        {
            var options = new SearchOptions
            {
                Filter = SearchFilter.Create($"namespace eq {@namespace} and key gt {after}"),
                OrderBy = { "key" },
                Size = PageItems,
                Select = { "key" },
            };
            var items = await FindAsync(index, options, cancellation);
            if (items.Count == 0)
            {
                return;
            }

            await DeleteAsync(index, items.Select(static i => i.Key!), cancellation);
            after = items[^1].Key!;
        }
    }

    private static async Task DeleteAsync(SearchClient index, IEnumerable<string> keys, CancellationToken cancellation)
    {
        try
        {
            await index.DeleteDocumentsAsync(keys.Select(static k => new VectorItem { Key = k }), AllOrThrow, cancellation);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            // Safe: without the index there is nothing in it. A document that is not there is no failure to the service.
        }
    }

    private static async Task<List<VectorItem>> FindAsync(SearchClient index, SearchOptions options, CancellationToken cancellation)
    {
        var items = new List<VectorItem>();
        try
        {
            var found = await index.SearchAsync<VectorItem>(searchText: null, options, cancellation);
            await foreach (var result in found.Value.GetResultsAsync().WithCancellation(cancellation))
            {
                items.Add(result.Document);
            }
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            // Safe: nobody has put a vector of so many dimensions, so there is none.
        }

        return items;
    }

    private void CheckDimensions(VectorPartition partition, int dimensions)
    {
        if (_dimensions.Count >= MaxPartitions)
        {
            _dimensions.Clear();
        }

        if (_dimensions.GetOrAdd(partition, dimensions) is var before && before != dimensions)
        {
            throw new ArgumentException($"a vector of {dimensions} dimensions among such of {before}", nameof(dimensions));
        }
    }

    private void Remember(Recent put)
    {
        _recent.Enqueue(put);
        var now = time.GetUtcNow();
        while (_recent.TryPeek(out var oldest) && (oldest.Until <= now || _recent.Count > MaxRecent))
        {
            _recent.TryDequeue(out _);
        }
    }

    private SearchClient Index(int dimensions) =>
        _clients.GetOrAdd(dimensions, static (d, service) => service.GetSearchClient(VectorIndexes.NameOf(d)), service);

    /// <summary>All indexes, as they were a minute ago at most.</summary>
    private async ValueTask<IReadOnlyList<SearchClient>> ListAsync(CancellationToken cancellation)
    {
        if (_listing is { } listing && time.GetUtcNow() < listing.Until)
        {
            return listing.Indexes;
        }

        var until = time.GetUtcNow() + ListedFor;
        var indexes = new List<SearchClient>();
        await foreach (var name in service.GetIndexNamesAsync(cancellation))
        {
            if (VectorIndexes.TryParse(name, out var dimensions))
            {
                indexes.Add(Index(dimensions));
            }
        }

        _listing = new Listing(indexes, until);
        return indexes;
    }

    private sealed record Listing(IReadOnlyList<SearchClient> Indexes, DateTimeOffset Until);

    /// <summary>What was put and a search may not show yet.</summary>
    private sealed record Recent(DateTimeOffset Until, string Namespace, string Key, SearchClient Index);
}
