using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AiOrchestrator.Core.Platform;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure.Documents;

/// <summary>
/// Documents in a container with the partition key <c>/partition</c>, where items may say how long they live. A tag is the service's. A document
/// that is deleted leaves a tombstone for two days, which only <see cref="ChangesAsync"/> sees; one that is created again takes its place.
/// </summary>
/// <remarks>
/// An exception (the service does not answer, or throttles for longer than the SDK tries again) says nothing about whether a write was done.
/// Where a write without a tag meets others, it is tried again a few times, and then that is an exception too.
/// </remarks>
internal sealed class CosmosDocumentStore(Container container) : IDocumentStore
{
    private const int MaxTries = 10;
    private const int FeedPage = 1000;
    private const string ListQuery = "SELECT c.id, c.partition, c.json, c._etag FROM c WHERE c.id > @after AND NOT IS_DEFINED(c.deleted) ORDER BY c.id";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <inheritdoc/>
    public async Task<Document?> GetAsync(string partition, string id, CancellationToken cancellation) =>
        await FindAsync(partition, DocumentIds.ToItem(id), cancellation) is { Deleted: false } item ? Read(item) : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Document>> ListAsync(string partition, string? afterId, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1000);
        var query = new QueryDefinition(ListQuery).WithParameter("@after", string.IsNullOrEmpty(afterId) ? "" : DocumentIds.ToItem(afterId));
        var options = new QueryRequestOptions { PartitionKey = new PartitionKey(partition), MaxItemCount = limit, EnableOptimisticDirectExecution = true };
        using var pages = container.GetItemQueryStreamIterator(query, requestOptions: options);
        var documents = new List<Document>();
        while (documents.Count < limit && pages.HasMoreResults)
        {
            // A page may be short, or empty, before the last.
            using var page = await pages.ReadNextAsync(cancellation);
            documents.AddRange((await ReadAsync(page, ItemJson.Default.ItemPage, cancellation)).Documents.Select(Read));
        }

        return documents.Count <= limit ? documents : documents[..limit];
    }

    /// <inheritdoc/>
    public async Task<DocumentWrite> CreateAsync(string partition, string id, ReadOnlyMemory<byte> json, CancellationToken cancellation)
    {
        var item = Item(partition, id, json);
        for (var tries = 0; tries < MaxTries; tries++)
        {
            using var body = Body(item);
            using var created = await container.CreateItemStreamAsync(body, new PartitionKey(partition), cancellationToken: cancellation);
            if (created.StatusCode != HttpStatusCode.Conflict)
            {
                return Done(created);
            }

            var found = await FindAsync(partition, item.Id, cancellation);
            if (found is { Deleted: false })
            {
                return new DocumentWrite(DocumentOutcome.AlreadyExists, ETag: null);
            }

            if (found is not null && await PutAsync(item, found.ETag, cancellation) is { Outcome: DocumentOutcome.Done } revived)
            {
                return revived;
            }

            // The tombstone's time was over, or somebody else was first.
        }

        throw Contended(partition, id);
    }

    /// <inheritdoc/>
    public Task<DocumentWrite> ReplaceAsync(
        string partition, string id, ReadOnlyMemory<byte> json, string? ifMatch, CancellationToken cancellation) =>
        ChangeAsync(Item(partition, id, json), id, ifMatch, cancellation);

    /// <inheritdoc/>
    public async Task<DocumentOutcome> DeleteAsync(string partition, string id, string? ifMatch, CancellationToken cancellation) =>
        (await ChangeAsync(StoredItem.Tombstone(DocumentIds.ToItem(id), partition), id, ifMatch, cancellation)).Outcome;

    /// <inheritdoc/>
    /// <remarks>The change feed of the container: each range of partitions names what was written to it since, in its own order.</remarks>
    public async Task<DocumentChanges> ChangesAsync(string? sinceMark, CancellationToken cancellation)
    {
        var from = sinceMark is null ? ChangeFeedStartFrom.Now() : ChangeFeedStartFrom.ContinuationToken(sinceMark);
        using var feed = container.GetChangeFeedStreamIterator(from, ChangeFeedMode.LatestVersion, new ChangeFeedRequestOptions { PageSizeHint = FeedPage });
        var partitions = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            using var page = await feed.ReadNextAsync(cancellation);
            if (page.StatusCode == HttpStatusCode.NotModified)
            {
                // Only when every range has said so.
                return new DocumentChanges(page.ContinuationToken, partitions);
            }

            partitions.UnionWith((await ReadAsync(page, ItemJson.Default.ItemPage, cancellation)).Documents.Select(static d => d.Partition));
        }
    }

    private static StoredItem Item(string partition, string id, ReadOnlyMemory<byte> json) =>
        new(DocumentIds.ToItem(id), partition, StrictUtf8.GetString(json.Span));

    private static Document Read(StoredItem item) =>
        new(DocumentIds.ToDocument(item.Id), item.ETag!, Encoding.UTF8.GetBytes(item.Json!));

    private static MemoryStream Body(StoredItem item) => new(JsonSerializer.SerializeToUtf8Bytes(item, ItemJson.Default.StoredItem));

    private static async Task<T> ReadAsync<T>(ResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        response.EnsureSuccessStatusCode();
        return (await JsonSerializer.DeserializeAsync(response.Content, type, cancellation))!;
    }

    private static DocumentWrite Done(ResponseMessage response) =>
        new(DocumentOutcome.Done, response.EnsureSuccessStatusCode().Headers.ETag);

    /// <summary>The item is not there; another 404 says that the container is not, or that a replica lags behind, and must not pass for that.</summary>
    private static bool IsNoItem(ResponseMessage response) =>
        response.StatusCode == HttpStatusCode.NotFound && response.Headers["x-ms-substatus"] is null or "" or "0";

    private static TimeoutException Contended(string partition, string id) =>
        new($"the document '{id}' in '{partition}' is written to by others all the time: try again");

    private async Task<StoredItem?> FindAsync(string partition, string itemId, CancellationToken cancellation)
    {
        using var found = await container.ReadItemStreamAsync(itemId, new PartitionKey(partition), cancellationToken: cancellation);
        return IsNoItem(found)
            ? null
            : await ReadAsync(found, ItemJson.Default.StoredItem, cancellation);
    }

    /// <summary>Puts an item in the place of a document that is there.</summary>
    private async Task<DocumentWrite> ChangeAsync(StoredItem item, string id, string? ifMatch, CancellationToken cancellation)
    {
        if (ifMatch is not null)
        {
            // No tombstone's tag was ever given to anybody, so one that fits is a document's.
            var write = await PutAsync(item, ifMatch, cancellation);
            return write.Outcome != DocumentOutcome.Changed || await FindAsync(item.Partition, item.Id, cancellation) is { Deleted: false }
                ? write
                : new DocumentWrite(DocumentOutcome.NotFound, ETag: null);
        }

        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await FindAsync(item.Partition, item.Id, cancellation) is not { Deleted: false } found)
            {
                return new DocumentWrite(DocumentOutcome.NotFound, ETag: null);
            }

            if (await PutAsync(item, found.ETag, cancellation) is { Outcome: DocumentOutcome.Done } done)
            {
                return done;
            }
        }

        throw Contended(item.Partition, id);
    }

    private async Task<DocumentWrite> PutAsync(StoredItem item, string? ifMatch, CancellationToken cancellation)
    {
        using var body = Body(item);
        var options = new ItemRequestOptions { IfMatchEtag = ifMatch };
        using var put = await container.ReplaceItemStreamAsync(body, item.Id, new PartitionKey(item.Partition), options, cancellation);
        return IsNoItem(put) ? new DocumentWrite(DocumentOutcome.NotFound, ETag: null)
            : put.StatusCode == HttpStatusCode.PreconditionFailed ? new DocumentWrite(DocumentOutcome.Changed, ETag: null)
            : Done(put);
    }
}
