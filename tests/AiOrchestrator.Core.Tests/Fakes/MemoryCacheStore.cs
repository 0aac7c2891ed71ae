using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Caching.Storage;

namespace AiOrchestrator.Core.Tests.Fakes;

/// <summary>A cache's store in memory, whose rows a test may change as somebody does who can write into the real one.</summary>
internal sealed class MemoryCacheStore(TimeProvider time) : ICacheStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string, string), (StoredCacheEntry Entry, long Hits)> _rows = [];

    /// <summary>What each read waits for, or throws; null: nothing.</summary>
    public Func<CancellationToken, Task>? BeforeRead { get; set; }

    /// <summary>What each write waits for, or throws; null: nothing.</summary>
    public Func<CancellationToken, Task>? BeforeWrite { get; set; }

    /// <summary>All that is in it.</summary>
    public IReadOnlyList<StoredCacheEntry> Rows
    {
        get
        {
            lock (_lock)
            {
                return [.. _rows.Values.Select(static r => r.Entry)];
            }
        }
    }

    /// <summary>Puts a row under a name, whatever it says itself.</summary>
    public void Plant(string @namespace, string key, StoredCacheEntry entry)
    {
        lock (_lock)
        {
            _rows[(@namespace, key)] = (entry, 0);
        }
    }

    public async ValueTask<StoredCacheEntry?> GetAsync(string @namespace, string key, CancellationToken cancellation)
    {
        await (BeforeRead?.Invoke(cancellation) ?? Task.CompletedTask);
        lock (_lock)
        {
            return _rows.TryGetValue((@namespace, key), out var row) && row.Entry.ExpiresUnixMs > time.GetUtcNow().ToUnixTimeMilliseconds() ? row.Entry : null;
        }
    }

    public async Task PutAsync(StoredCacheEntry entry, CancellationToken cancellation)
    {
        await (BeforeWrite?.Invoke(cancellation) ?? Task.CompletedTask);
        Plant(entry.Namespace, entry.Key, entry);
    }

    public async Task DeleteAsync(string @namespace, string key, CancellationToken cancellation)
    {
        await (BeforeWrite?.Invoke(cancellation) ?? Task.CompletedTask);
        lock (_lock)
        {
            _rows.Remove((@namespace, key));
        }
    }

    public async Task NoteHitsAsync(IReadOnlyList<CacheHits> hits, CancellationToken cancellation)
    {
        await (BeforeWrite?.Invoke(cancellation) ?? Task.CompletedTask);
        lock (_lock)
        {
            foreach (var hit in hits)
            {
                if (_rows.TryGetValue((hit.Namespace, hit.Key), out var row))
                {
                    _rows[(hit.Namespace, hit.Key)] = (row.Entry, row.Hits + hit.Hits);
                }
            }
        }
    }

    public async IAsyncEnumerable<CacheHead> ListAsync(string? @namespace, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        List<CacheHead> heads;
        lock (_lock)
        {
            heads =
            [
                .. from row in _rows.Values
                   let e = row.Entry
                   where @namespace is null || e.Namespace == @namespace
                   select new CacheHead(e.Namespace, e.Key, e.Model, e.ExpiresUnixMs, e.CostNanoUsd, e.FlushNumber, e.Partition, row.Hits, e.Sealed.Length),
            ];
        }

        foreach (var head in heads)
        {
            yield return head;
        }
    }
}
