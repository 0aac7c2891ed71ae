using System.Collections.Concurrent;

namespace AiOrchestrator.Core.Caching.Storage;

/// <summary>How the level in memory does, since the start.</summary>
/// <param name="Entries">That are in it now.</param>
/// <param name="Bytes">What they take, by estimate.</param>
/// <param name="Hits">How often one was found.</param>
/// <param name="Misses">How often none was.</param>
/// <param name="Evictions">Those that gave way to others.</param>
/// <param name="Expired">Those whose time was over when they were looked for or swept.</param>
internal readonly record struct MemoryTierCounters(long Entries, long Bytes, long Hits, long Misses, long Evictions, long Expired);

/// <summary>
/// Entries in this process, bounded in bytes. Where there is no room those go that save the least money for their bytes: GreedyDual-Size with frequency (L.
/// Cherkasova, Improving WWW Proxies Performance with Greedy-Dual-Size-Frequency Caching Policy, HP Labs HPL-98-69R1, 1998). The value of an entry is
/// <c>clock + cost in nano-dollars × hits ÷ bytes</c>, with the clock of its last hit; the clock is the value of the last that had to go, so what nobody asks for
/// any more ages.
/// </summary>
/// <remarks>
/// Safe for concurrent use. A lookup takes no lock and allocates nothing: it counts, and notes the clock; where in the heap its entry belongs by now is found out
/// when it comes up there. Values only grow, so what comes up too early is put back. Whoever puts or deletes takes turns.
/// </remarks>
internal sealed class MemoryTier(long maxBytes)
{
    /// <summary>An entry, its place in the table and in the heap, without its texts and its body: measured, and rounded up.</summary>
    private const int OverheadBytes = 512;

    /// <summary>Hits of evicted entries that are kept to be told; more than that are lost, which only misjudges what they are worth.</summary>
    private const int MostUntold = 10_000;

    private readonly Lock _turn = new();
    private readonly ConcurrentDictionary<EntryName, Item> _items = new();
    private readonly PriorityQueue<Item, double> _heap = new();
    private readonly List<CacheHits> _untold = [];
    private long _bytes;

    /// <summary>Of entries; the table would have to lock all of itself to tell.</summary>
    private long _count;
    private double _clock;
    private long _hits;
    private long _misses;
    private long _evictions;
    private long _expired;

    /// <summary>How it does.</summary>
    public MemoryTierCounters Counters => new(
        Interlocked.Read(ref _count), Interlocked.Read(ref _bytes), Interlocked.Read(ref _hits), Interlocked.Read(ref _misses), Interlocked.Read(ref _evictions), Interlocked.Read(ref _expired));

    /// <summary>What an entry takes in memory, by estimate; bytes.</summary>
    public static long BytesOf(CacheEntry entry) => OverheadBytes + entry.Body.Length + (2L * (
        entry.Namespace.Length + entry.Key.Length + entry.Model.Length + entry.Provider.Length + entry.ExchangeId.Length + entry.Format.Length
        + (entry.Question?.Length ?? 0) + (entry.Partition?.Length ?? 0)));

    /// <summary>One entry, which counts as given; null where there is none, or it has expired.</summary>
    /// <param name="name">Which.</param>
    /// <param name="nowUnixMs">Now, milliseconds since 1970.</param>
    public CacheEntry? Find(EntryName name, long nowUnixMs)
    {
        if (!_items.TryGetValue(name, out var item))
        {
            Interlocked.Increment(ref _misses);
            return null;
        }

        if (item.Entry.ExpiresUnixMs <= nowUnixMs)
        {
            Interlocked.Increment(ref _misses);
            Expire(item);
            return null;
        }

        Interlocked.Increment(ref _hits);
        item.Hit(Volatile.Read(ref _clock));
        return item.Entry;
    }

    /// <summary>Puts an entry, in the place of one of its name; then those go that are not worth their room, perhaps itself.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="isHit">Whether it is given at this moment, so that its store should hear of it.</param>
    public void Put(CacheEntry entry, bool isHit = false)
    {
        var bytes = BytesOf(entry);
        var name = new EntryName(entry.Namespace, entry.Key);
        lock (_turn)
        {
            if (_items.TryGetValue(name, out var before))
            {
                Remove(before);
            }

            if (bytes > maxBytes)
            {
                return;
            }

            var item = new Item(name, entry, bytes, _clock);
            if (isHit)
            {
                item.Hit(_clock);
            }

            _items[name] = item;
            _bytes += bytes;
            _count++;
            _heap.Enqueue(item, item.Value);
            Evict();
        }
    }

    /// <summary>Deletes one; nothing where it is gone.</summary>
    public void Remove(EntryName name)
    {
        lock (_turn)
        {
            if (_items.TryGetValue(name, out var item))
            {
                Remove(item);
            }
        }
    }

    /// <summary>Deletes what has expired, and what is dead for another reason.</summary>
    /// <param name="nowUnixMs">Now, milliseconds since 1970.</param>
    /// <param name="isDead">The other reason.</param>
    public void Sweep(long nowUnixMs, Func<CacheEntry, bool> isDead)
    {
        foreach (var (name, item) in _items)
        {
            if (item.Entry.ExpiresUnixMs <= nowUnixMs)
            {
                Expire(item);
            }
            else if (isDead(item.Entry))
            {
                Remove(name);
            }
        }
    }

    /// <summary>How often entries were given since this was asked last.</summary>
    public IReadOnlyList<CacheHits> TakeHits()
    {
        List<CacheHits> taken;
        lock (_turn)
        {
            taken = [.. _untold];
            _untold.Clear();
        }

        foreach (var (_, item) in _items)
        {
            if (item.TakeUntold() is > 0 and var hits)
            {
                taken.Add(new CacheHits(item.Name.Namespace, item.Name.Key, hits));
            }
        }

        return taken;
    }

    private void Expire(Item item)
    {
        lock (_turn)
        {
            if (Remove(item))
            {
                _expired++;
            }
        }
    }

    /// <summary>In turn. Its place in the heap is cleared when it comes up, or when there are too many such.</summary>
    private bool Remove(Item item)
    {
        if (!_items.TryRemove(KeyValuePair.Create(item.Name, item)))
        {
            return false;
        }

        item.IsGone = true;
        _bytes -= item.Bytes;
        _count--;
        if (_heap.Count > 64 + (2 * _count))
        {
            (Item, double)[] left = [.. _heap.UnorderedItems.Where(static i => !i.Element.IsGone)];
            _heap.Clear();
            _heap.EnqueueRange(left);
        }

        return true;
    }

    private void Evict()
    {
        while (_bytes > maxBytes && _heap.TryDequeue(out var item, out var value))
        {
            if (item.IsGone)
            {
                continue;
            }

            if (item.Value > value)
            {
                _heap.Enqueue(item, item.Value);
                continue;
            }

            Volatile.Write(ref _clock, Math.Max(_clock, value));
            _ = Remove(item);
            _evictions++;
            if (item.TakeUntold() is > 0 and var hits && _untold.Count < MostUntold)
            {
                _untold.Add(new CacheHits(item.Name.Namespace, item.Name.Key, hits));
            }
        }
    }

    private sealed class Item(EntryName name, CacheEntry entry, long bytes, double clock)
    {
        private readonly double _worth = Math.Max(1.0, entry.CostNanoUsd) / bytes;
        private double _clock = clock;
        private long _hits = 1;
        private long _untold;

        public EntryName Name => name;

        public CacheEntry Entry => entry;

        public long Bytes => bytes;

        /// <summary>Set in turn.</summary>
        public bool IsGone { get; set; }

        public double Value => Volatile.Read(ref _clock) + (_worth * Interlocked.Read(ref _hits));

        public void Hit(double clock)
        {
            Interlocked.Increment(ref _hits);
            Interlocked.Increment(ref _untold);
            Volatile.Write(ref _clock, clock);
        }

        public long TakeUntold() => Volatile.Read(ref _untold) == 0 ? 0 : Interlocked.Exchange(ref _untold, 0);
    }
}
