namespace AiOrchestrator.Core.Platform;

/// <summary>One stored document.</summary>
/// <param name="Id">Unique in its partition.</param>
/// <param name="ETag">Changes with every write; opaque.</param>
/// <param name="Json">UTF-8 JSON as written.</param>
public sealed record Document(string Id, string ETag, ReadOnlyMemory<byte> Json);

/// <summary>What became of a write or a delete, in the order in which it is decided.</summary>
public enum DocumentOutcome
{
    /// <summary>There is no such document.</summary>
    NotFound,

    /// <summary>It was to be created and exists.</summary>
    AlreadyExists,

    /// <summary>Somebody changed it since it was read.</summary>
    Changed,

    /// <summary>Done, and durable.</summary>
    Done,
}

/// <summary>The outcome of a write.</summary>
/// <param name="Outcome">What happened.</param>
/// <param name="ETag">The new tag when done, else null.</param>
public readonly record struct DocumentWrite(DocumentOutcome Outcome, string? ETag);

/// <summary>Where changes were since a mark.</summary>
/// <param name="Mark">The mark to go on from; opaque, and of use to the store that gave it only.</param>
/// <param name="Partitions">Each once, in no order.</param>
public sealed record DocumentChanges(string Mark, IReadOnlyCollection<string> Partitions);

/// <summary>
/// Configuration documents (organisations, keys, providers, wallets' names and settings): small, few, read whole at start.
/// Off the request path. Partitions are independent; ids within one are ordered by their bytes.
/// </summary>
public interface IDocumentStore
{
    /// <summary>One document, or null.</summary>
    Task<Document?> GetAsync(string partition, string id, CancellationToken cancellation);

    /// <summary>Documents of a partition in order of id, after <paramref name="afterId"/> (null: from the first), at most <paramref name="limit"/> (1 to 1000).</summary>
    Task<IReadOnlyList<Document>> ListAsync(string partition, string? afterId, int limit, CancellationToken cancellation);

    /// <summary>Creates a document; <see cref="DocumentOutcome.AlreadyExists"/> if the id is taken.</summary>
    Task<DocumentWrite> CreateAsync(string partition, string id, ReadOnlyMemory<byte> json, CancellationToken cancellation);

    /// <summary>Replaces a document; with an <paramref name="ifMatch"/> tag only if it still has that tag.</summary>
    Task<DocumentWrite> ReplaceAsync(string partition, string id, ReadOnlyMemory<byte> json, string? ifMatch, CancellationToken cancellation);

    /// <summary>Deletes a document; with an <paramref name="ifMatch"/> tag only if it still has that tag.</summary>
    Task<DocumentOutcome> DeleteAsync(string partition, string id, string? ifMatch, CancellationToken cancellation);

    /// <summary>
    /// Partitions with a write or delete since the mark; null: no partitions, only the mark of now. May name a partition once too often, never
    /// misses one: who reads a named partition after this returns sees at least what it was named for. A mark is good for a day.
    /// </summary>
    Task<DocumentChanges> ChangesAsync(string? sinceMark, CancellationToken cancellation);
}
