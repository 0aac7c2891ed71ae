namespace AiOrchestrator.Core.Caching.Storage;

/// <summary>An entry as it is kept. What stands beside <see cref="Sealed"/> is sealed with it: whoever changes either loses the entry.</summary>
/// <param name="Namespace">Whose it is.</param>
/// <param name="Key">Unique in the namespace.</param>
/// <param name="Model">The model that answered.</param>
/// <param name="ExpiresUnixMs">From when on the store may forget it; milliseconds since 1970.</param>
/// <param name="CostNanoUsd">What each hit saves; nano-dollars.</param>
/// <param name="FlushNumber">The last flush that was known when its call came: a later one that names it ends it.</param>
/// <param name="Partition">Where its vector lies in the namespace; null where it has none.</param>
/// <param name="Sealed">The entry, packed and sealed.</param>
public sealed record StoredCacheEntry(
    string Namespace, string Key, string Model, long ExpiresUnixMs, long CostNanoUsd, long FlushNumber, string? Partition, ReadOnlyMemory<byte> Sealed);

/// <summary>What an entry is without its content: enough to decide what is worth its place.</summary>
/// <param name="Namespace">Whose it is.</param>
/// <param name="Key">Unique in the namespace.</param>
/// <param name="Model">The model that answered.</param>
/// <param name="ExpiresUnixMs">Milliseconds since 1970.</param>
/// <param name="CostNanoUsd">What each hit saves; nano-dollars.</param>
/// <param name="FlushNumber">The last flush that was known when its call came.</param>
/// <param name="Partition">Where its vector lies in the namespace; null where it has none.</param>
/// <param name="Hits">How often it was told to have been given (<see cref="ICacheStore.NoteHitsAsync"/>).</param>
/// <param name="Bytes">Of the packed entry.</param>
public sealed record CacheHead(
    string Namespace, string Key, string Model, long ExpiresUnixMs, long CostNanoUsd, long FlushNumber, string? Partition, long Hits, long Bytes);

/// <summary>How often an entry was given since it was told last.</summary>
/// <param name="Namespace">Whose it is.</param>
/// <param name="Key">Which.</param>
/// <param name="Hits">1 or more.</param>
public readonly record struct CacheHits(string Namespace, string Key, long Hits);

/// <summary>
/// The level of the cache that all instances share, and that a restart leaves. What is lost in it costs one call each, nothing else. Namespaces are independent.
/// Safe for concurrent use.
/// </summary>
public interface ICacheStore
{
    /// <summary>One entry; null where there is none, or it has expired. Completes at once where the store knows that there is none.</summary>
    ValueTask<StoredCacheEntry?> GetAsync(string @namespace, string key, CancellationToken cancellation);

    /// <summary>Puts one, in the place of one with the same key; that one's hits are forgotten.</summary>
    Task PutAsync(StoredCacheEntry entry, CancellationToken cancellation);

    /// <summary>Deletes one; nothing where it is gone.</summary>
    Task DeleteAsync(string @namespace, string key, CancellationToken cancellation);

    /// <summary>Counts hits; nothing where the entry is gone.</summary>
    Task NoteHitsAsync(IReadOnlyList<CacheHits> hits, CancellationToken cancellation);

    /// <summary>What there is of a namespace, or of all (null), in no order. May include what has expired.</summary>
    IAsyncEnumerable<CacheHead> ListAsync(string? @namespace, CancellationToken cancellation);
}
