using AiOrchestrator.Core.Caching.Flushes;
using AiOrchestrator.Core.Caching.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Caching;

/// <summary>How the cache's levels do, since the start.</summary>
/// <param name="Memory">The level in memory.</param>
/// <param name="StoreHits">How often the store had an answer that memory did not have.</param>
/// <param name="StoreSlow">How often it did not answer in time.</param>
/// <param name="StoreFailures">How often it failed.</param>
/// <param name="Corrupted">How many answers were not as they had been put.</param>
/// <param name="WrongKey">How many were sealed with another key.</param>
/// <param name="Dropped">How many works were left undone because too many waited.</param>
/// <param name="TooLarge">How many answers were too large to be kept.</param>
internal readonly record struct CacheCounters(
    MemoryTierCounters Memory, long StoreHits, long StoreSlow, long StoreFailures, long Corrupted, long WrongKey, long Dropped, long TooLarge);

/// <summary>
/// The cache's two levels as one. What is found is exactly what was put for that namespace and key, has not expired and was not flushed; whatever is in doubt is
/// not found.
/// </summary>
internal sealed partial class CacheBook(
    MemoryTier memory,
    ICacheStore store,
    EntrySeals seals,
    FlushBook flushes,
    CacheQueue queue,
    TimeProvider time,
    IOptions<CachingOptions> options,
    ILogger<CacheBook> log)
{
    private static readonly long MaxTtlMs = (long)TimeSpan.FromDays(CachingOptions.MaxTtlDays).TotalMilliseconds;

    private readonly TimeSpan _patience = TimeSpan.FromMilliseconds(options.Value.StoreTimeoutMs);
    private long _storeHits;
    private long _storeSlow;
    private long _storeFailures;
    private long _corrupted;
    private long _wrongKey;
    private long _tooLarge;
    private volatile bool _isFailing;

    /// <summary>How they do.</summary>
    public CacheCounters Counters => new(
        memory.Counters,
        Interlocked.Read(ref _storeHits),
        Interlocked.Read(ref _storeSlow),
        Interlocked.Read(ref _storeFailures),
        Interlocked.Read(ref _corrupted),
        Interlocked.Read(ref _wrongKey),
        queue.Dropped,
        Interlocked.Read(ref _tooLarge));

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>What this instance has in memory; null for nothing. Neither waits nor allocates.</summary>
    public CacheEntry? FindInMemory(string @namespace, string key)
    {
        var name = new EntryName(@namespace, key);
        if (memory.Find(name, NowUnixMs) is not { } entry)
        {
            return null;
        }

        if (!flushes.IsFlushed(entry))
        {
            return entry;
        }

        memory.Remove(name);
        return null;
    }

    /// <summary>What there is in memory, or else in the store if it answers in time; null for nothing.</summary>
    /// <param name="namespace">Whose.</param>
    /// <param name="key">Which.</param>
    /// <param name="cancellation">Gives up.</param>
    public ValueTask<CacheEntry?> FindAsync(string @namespace, string key, CancellationToken cancellation)
    {
        if (FindInMemory(@namespace, key) is { } entry)
        {
            return ValueTask.FromResult<CacheEntry?>(entry);
        }

        return seals.Current is { } seal ? FindInStoreAsync(seal, new EntryName(@namespace, key), cancellation) : default;
    }

    /// <summary>Keeps an answer, in the place of one for the same question: in memory at once, in the store soon. Not longer than 30 days, whatever it says.</summary>
    /// <param name="entry">The answer; its body is the cache's from now on.</param>
    public void Put(CacheEntry entry)
    {
        if (entry.Body.Length > options.Value.MaxEntryBytes)
        {
            Interlocked.Increment(ref _tooLarge);
            return;
        }

        var latest = NowUnixMs + MaxTtlMs;
        var kept = entry.ExpiresUnixMs <= latest ? entry : entry with { ExpiresUnixMs = latest };
        memory.Put(kept);
        if (seals.Current is not null)
        {
            queue.Store(kept);
        }
    }

    /// <summary>
    /// Deletes an answer from this instance's memory, and in the background from the store, and its vector. Other instances may have it in memory for as long as it
    /// lives: what nobody may be given any more is flushed.
    /// </summary>
    public void Forget(CacheEntry entry)
    {
        var name = new EntryName(entry.Namespace, entry.Key);
        memory.Remove(name);
        queue.Drop(name, entry.Partition, isCorrupted: false);
    }

    private async ValueTask<CacheEntry?> FindInStoreAsync(EntrySeal seal, EntryName name, CancellationToken cancellation)
    {
        if (await ReadAsync(name, cancellation) is not { } stored)
        {
            return null;
        }

        var opened = seal.Open(stored);
        if (opened.Outcome == OpenOutcome.WrongKey)
        {
            Interlocked.Increment(ref _wrongKey);
            queue.Drop(name, stored.Partition, isCorrupted: false);
            return null;
        }

        // A row under another's name opens, and is none of this name.
        if (opened.Entry is not { } entry || entry.Namespace != name.Namespace || entry.Key != name.Key)
        {
            Interlocked.Increment(ref _corrupted);
            queue.Drop(name, stored.Partition, isCorrupted: true);
            return null;
        }

        if (entry.ExpiresUnixMs <= NowUnixMs || flushes.IsFlushed(entry))
        {
            return null;
        }

        Interlocked.Increment(ref _storeHits);
        memory.Put(entry, isHit: true);
        return entry;
    }

    /// <summary>What the store has; null for nothing, or when that is not known in time.</summary>
    private async ValueTask<StoredCacheEntry?> ReadAsync(EntryName name, CancellationToken cancellation)
    {
        using var enough = new CancellationTokenSource(_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, cancellation);
        try
        {
            var reading = store.GetAsync(name.Namespace, name.Key, either.Token);
            var stored = reading.IsCompletedSuccessfully ? reading.Result : await reading.AsTask().WaitAsync(either.Token);
            _isFailing = false;
            return stored;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Safe: the call goes on to its provider.
            Interlocked.Increment(ref _storeSlow);
            return null;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Safe: the call goes on to its provider.
            Interlocked.Increment(ref _storeFailures);
            if (!_isFailing)
            {
                _isFailing = true;
                LogFailing(e);
            }

            return null;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The cache's store cannot be read, so calls go on to their providers; told once until it can be again")]
    private partial void LogFailing(Exception failure);
}
