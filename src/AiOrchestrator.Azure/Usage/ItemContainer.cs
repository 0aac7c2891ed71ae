using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure;

/// <summary>
/// Items of one kind in a container, each request to one partition. What is expected to happen is answered; whatever else happens is thrown, and
/// nothing here is wrong when it is tried again. The client waits and repeats by itself while the account says it is busy (429).
/// </summary>
internal sealed class ItemContainer<T>(Container container, JsonTypeInfo<T> json)
    where T : UsageItem
{
    /// <summary>Of one transaction, as the service bounds it; one less than a hundred leaves it room.</summary>
    public const int MostInBatch = 99;

    private static readonly ItemRequestOptions Quiet = new() { EnableContentResponseOnWrite = false };

    /// <summary>The written form of an item.</summary>
    public MemoryStream Write(T item) => new(JsonSerializer.SerializeToUtf8Bytes(item, json), writable: false);

    /// <summary>The item a read answer holds.</summary>
    public T Read(Stream content) => JsonSerializer.Deserialize(content, json) ?? throw new JsonException("an item is never null");

    /// <summary>Creates an item; false when there is one of its name.</summary>
    /// <exception cref="InvalidDataException">It is larger than an item may be (2 MB).</exception>
    public async Task<bool> CreateAsync(T item, CancellationToken cancellation)
    {
        using var content = Write(item);
        using var answer = await container.CreateItemStreamAsync(content, new PartitionKey(item.Partition), Quiet, cancellation);
        switch (answer.StatusCode)
        {
            case HttpStatusCode.Conflict:
                return false;
            case HttpStatusCode.RequestEntityTooLarge:
                throw BatchAnswers.TooLarge(item);
            default:
                _ = answer.EnsureSuccessStatusCode();
                return true;
        }
    }

    /// <summary>Creates items of one partition where there are none of their names.</summary>
    public async Task CreateMissingAsync(IReadOnlyList<T> items, CancellationToken cancellation)
    {
        foreach (var some in items.Chunk(MostInBatch))
        {
            if (some.Length == 1 || !await CreateAllAsync(some, cancellation))
            {
                foreach (var item in some)
                {
                    _ = await CreateAsync(item, cancellation);
                }
            }
        }
    }

    /// <summary>Writes an item over the one of its name.</summary>
    public async Task UpsertAsync(T item, CancellationToken cancellation)
    {
        using var content = Write(item);
        using var answer = await container.UpsertItemStreamAsync(content, new PartitionKey(item.Partition), Quiet, cancellation);
        _ = answer.EnsureSuccessStatusCode();
    }

    /// <summary>Writes an item over the one that was read; false when that has changed since.</summary>
    public async Task<bool> ReplaceAsync(T item, string tag, CancellationToken cancellation)
    {
        using var content = Write(item);
        using var answer = await container.ReplaceItemStreamAsync(
            content,
            item.Id,
            new PartitionKey(item.Partition),
            new ItemRequestOptions { EnableContentResponseOnWrite = false, IfMatchEtag = tag },
            cancellation);
        if (answer.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.NotFound)
        {
            return false;
        }

        _ = answer.EnsureSuccessStatusCode();
        return true;
    }

    /// <summary>Deletes an item; false when there is none.</summary>
    public async Task<bool> DeleteAsync(string partition, string id, CancellationToken cancellation)
    {
        using var answer = await container.DeleteItemStreamAsync(id, new PartitionKey(partition), Quiet, cancellation);
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }

        _ = answer.EnsureSuccessStatusCode();
        return true;
    }

    /// <summary>An item and its tag, or null.</summary>
    public async Task<(T Item, string Tag)?> FindAsync(string partition, string id, CancellationToken cancellation)
    {
        using var answer = await container.ReadItemStreamAsync(id, new PartitionKey(partition), cancellationToken: cancellation);
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        _ = answer.EnsureSuccessStatusCode();
        return (Read(answer.Content), answer.Headers.ETag);
    }

    /// <summary>All of them, or none: false when there is one of some name, or they are too much at once.</summary>
    private async Task<bool> CreateAllAsync(T[] items, CancellationToken cancellation)
    {
        var batch = container.CreateTransactionalBatch(new PartitionKey(items[0].Partition));
        foreach (var item in items)
        {
            _ = batch.CreateItemStream(Write(item), BatchAnswers.Quiet);
        }

        using var answer = await batch.ExecuteAsync(cancellation);
        return BatchAnswers.Failed(answer) switch
        {
            null => true,
            { Status: HttpStatusCode.Conflict or HttpStatusCode.RequestEntityTooLarge } => false,
            _ => throw BatchAnswers.Unexpected(answer),
        };
    }
}

/// <summary>How a transaction went.</summary>
internal static class BatchAnswers
{
    /// <summary>Writes do not send back what was written.</summary>
    public static readonly TransactionalBatchItemRequestOptions Quiet = new() { EnableContentResponseOnWrite = false };

    /// <summary>Which operation failed a transaction, the others with it; -1 for all of it; null when it is written.</summary>
    public static (int Index, HttpStatusCode Status)? Failed(TransactionalBatchResponse answer)
    {
        if (answer.IsSuccessStatusCode)
        {
            return null;
        }

        for (var i = 0; i < answer.Count; i++)
        {
            if (answer[i].StatusCode != HttpStatusCode.FailedDependency && !answer[i].IsSuccessStatusCode)
            {
                return (i, answer[i].StatusCode);
            }
        }

        return (-1, answer.StatusCode);
    }

    /// <summary>What is thrown for an item that can never be stored.</summary>
    public static InvalidDataException TooLarge(UsageItem item) => new($"The item {item.Id} is larger than an item may be.");

    /// <summary>What is thrown for an answer that is nobody's business here.</summary>
    public static CosmosException Unexpected(TransactionalBatchResponse answer) =>
        new(answer.ErrorMessage ?? "The transaction failed.", answer.StatusCode, 0, answer.ActivityId, answer.RequestCharge);
}
