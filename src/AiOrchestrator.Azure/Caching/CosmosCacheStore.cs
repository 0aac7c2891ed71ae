using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using AiOrchestrator.Azure.Documents;
using AiOrchestrator.Core.Caching.Storage;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure.Caching;

/// <summary>
/// Answers in a container with the partition key <c>/pk</c>, the namespace: no request but the listing of all ever sees another's. The service forgets an item by
/// its own time to live, counted from its last write; hits are writes too, so what is older than its entry's time is left out here.
/// </summary>
/// <remarks>An exception (the service does not answer, or throttles for longer than the SDK tries again) says nothing about whether a write was done.</remarks>
internal sealed class CosmosCacheStore(Container container, TimeProvider time) : ICacheStore
{
    private const int PageSize = 1000;

    /// <summary>The service refuses items above 2 MB; a little is its own.</summary>
    private const int MaxItemBytes = 2_000_000;

    private const string Heads = "SELECT c.id, c.pk, c.model, c.expires, c.cost, c.flush, c.vectors, c.hits, c.bytes FROM c";

    private static readonly ItemRequestOptions Quiet = new() { EnableContentResponseOnWrite = false };

    private static readonly PatchItemRequestOptions QuietPatch = new() { EnableContentResponseOnWrite = false };

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public async ValueTask<StoredCacheEntry?> GetAsync(string @namespace, string key, CancellationToken cancellation)
    {
        using var found = await container.ReadItemStreamAsync(DocumentIds.ToItem(key), new PartitionKey(@namespace), cancellationToken: cancellation);
        if (found.StatusCode == HttpStatusCode.NotFound)
        {
            // Also where the container is not there, or a replica lags behind: then the answer is asked for again.
            return null;
        }

        var item = (await JsonSerializer.DeserializeAsync(found.EnsureSuccessStatusCode().Content, CacheItemJson.Default.CacheItem, cancellation))!;
        return item.ExpiresUnixMs <= NowUnixMs || item.Sealed is null ? null : new StoredCacheEntry(
            item.Namespace, DocumentIds.ToDocument(item.Id), item.Model, item.ExpiresUnixMs, item.CostNanoUsd, item.FlushNumber, item.Vectors, item.Sealed);
    }

    /// <inheritdoc/>
    /// <remarks>What is too large for the service is not put; one under the same key stays.</remarks>
    public async Task PutAsync(StoredCacheEntry entry, CancellationToken cancellation)
    {
        var leftMs = entry.ExpiresUnixMs - NowUnixMs;
        if (leftMs <= 0)
        {
            return;
        }

        var item = new CacheItem(DocumentIds.ToItem(entry.Key), entry.Namespace, entry.Model, entry.ExpiresUnixMs, entry.CostNanoUsd, entry.FlushNumber)
        {
            Vectors = entry.Partition,
            Bytes = entry.Sealed.Length,
            Sealed = entry.Sealed.ToArray(),
            TtlSeconds = (int)Math.Min(int.MaxValue, (leftMs + 999) / 1000),
        };
        var json = JsonSerializer.SerializeToUtf8Bytes(item, CacheItemJson.Default.CacheItem);
        if (json.Length > MaxItemBytes)
        {
            return;
        }

        using var body = new MemoryStream(json, writable: false);
        using var put = await container.UpsertItemStreamAsync(body, new PartitionKey(entry.Namespace), Quiet, cancellation);
        _ = put.EnsureSuccessStatusCode();
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string @namespace, string key, CancellationToken cancellation)
    {
        using var deleted = await container.DeleteItemStreamAsync(DocumentIds.ToItem(key), new PartitionKey(@namespace), Quiet, cancellation);
        if (deleted.StatusCode != HttpStatusCode.NotFound)
        {
            _ = deleted.EnsureSuccessStatusCode();
        }
    }

    /// <inheritdoc/>
    public async Task NoteHitsAsync(IReadOnlyList<CacheHits> hits, CancellationToken cancellation)
    {
        foreach (var hit in hits)
        {
            using var patched = await container.PatchItemStreamAsync(
                DocumentIds.ToItem(hit.Key), new PartitionKey(hit.Namespace), [PatchOperation.Increment("/hits", hit.Hits)], QuietPatch, cancellation);
            if (patched.StatusCode != HttpStatusCode.NotFound)
            {
                _ = patched.EnsureSuccessStatusCode();
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<CacheHead> ListAsync(string? @namespace, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var options = new QueryRequestOptions { MaxItemCount = PageSize };
        if (@namespace is not null)
        {
            options.PartitionKey = new PartitionKey(@namespace);
            options.EnableOptimisticDirectExecution = true;
        }

        using var pages = container.GetItemQueryStreamIterator(new QueryDefinition(Heads), requestOptions: options);
        while (pages.HasMoreResults)
        {
            using var page = await pages.ReadNextAsync(cancellation);
            var items = (await JsonSerializer.DeserializeAsync(page.EnsureSuccessStatusCode().Content, CacheItemJson.Default.CacheItemPage, cancellation))!;
            foreach (var item in items.Documents)
            {
                yield return new CacheHead(
                    item.Namespace,
                    DocumentIds.ToDocument(item.Id),
                    item.Model,
                    item.ExpiresUnixMs,
                    item.CostNanoUsd,
                    item.FlushNumber,
                    item.Vectors,
                    item.Hits,
                    item.Bytes);
            }
        }
    }
}
