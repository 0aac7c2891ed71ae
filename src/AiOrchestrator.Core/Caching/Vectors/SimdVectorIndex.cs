namespace AiOrchestrator.Core.Caching.Vectors;

/// <summary>
/// Vectors in memory. A search goes through all of a partition: first through one bit of each number, then through eight bits of those that may be near, and the last
/// are compared exactly. With up to <see cref="VectorRows.ChunkRows"/> vectors all are. Where more than <see cref="PartitionVectors.MaxCandidates"/> are about as near,
/// one of them may be passed over for another of them; else the nearest is found.
/// <para>
/// Partitions are spread over locks that many may read under and one may write under. Who writes has his vector ready when he takes it, and copies some kilobytes:
/// searches wait for that, and for the longest that is under way, and never for more.
/// </para>
/// </summary>
public sealed class SimdVectorIndex : IVectorIndex, IDisposable
{
    private const int ShardCount = 64;

    private readonly Shard[] _shards = [.. Enumerable.Range(0, ShardCount).Select(static _ => new Shard())];
    private readonly int _maxVectors;

    /// <summary>All places, who was put longest ago first. Taken under a shard's lock, and no lock under it.</summary>
    private readonly LinkedList<VectorPlace> _order = [];
    private readonly Lock _orderLock = new();

    /// <summary>An empty one.</summary>
    /// <param name="maxVectors">Most that are kept, of all namespaces together; where one more is put, the one goes that was put longest ago.</param>
    public SimdVectorIndex(int maxVectors)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxVectors, 1);
        _maxVectors = maxVectors;
    }

    /// <inheritdoc/>
    public string Name => "simd";

    /// <summary>How many vectors there are.</summary>
    public int Count
    {
        get
        {
            lock (_orderLock)
            {
                return _order.Count;
            }
        }
    }

    /// <inheritdoc/>
    public Task PutAsync(VectorPartition partition, string id, ReadOnlyMemory<float> vector, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Put(partition, id, vector.Span);
        return Task.CompletedTask;
    }

    /// <summary>As <see cref="PutAsync"/>, which waits for nothing.</summary>
    /// <exception cref="ArgumentException">It has another number of dimensions than those before it, or breaks <see cref="VectorRules"/>.</exception>
    public void Put(VectorPartition partition, string id, ReadOnlySpan<float> vector)
    {
        VectorRules.CheckId(id);
        VectorRules.CheckVector(vector);
        Write(partition, id, vector);
        EvictOldest();
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(
        VectorPartition partition, ReadOnlyMemory<float> vector, int limit, float minSimilarity, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        VectorRules.CheckLimit(limit);
        VectorRules.CheckVector(vector.Span);
        return ValueTask.FromResult<IReadOnlyList<VectorHit>>(Search(partition, vector.Span, limit, minSimilarity));
    }

    /// <inheritdoc/>
    public Task DeleteAsync(VectorPartition partition, string id, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Delete(partition, id);
        return Task.CompletedTask;
    }

    /// <summary>As <see cref="DeleteAsync"/>, which waits for nothing.</summary>
    /// <exception cref="ArgumentException">It is no id.</exception>
    public void Delete(VectorPartition partition, string id)
    {
        VectorRules.CheckId(id);
        var shard = ShardOf(partition);
        shard.Lock.EnterWriteLock();
        try
        {
            if (shard.Partitions.GetValueOrDefault(partition)?.Find(id) is { } place)
            {
                Remove(shard, place);
            }
        }
        finally
        {
            shard.Lock.ExitWriteLock();
        }
    }

    /// <inheritdoc/>
    public Task DropAsync(string @namespace, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Drop(@namespace);
        return Task.CompletedTask;
    }

    /// <summary>As <see cref="DropAsync"/>, which waits for nothing.</summary>
    public void Drop(string @namespace)
    {
        foreach (var shard in _shards)
        {
            shard.Lock.EnterWriteLock();
            try
            {
                foreach (var (partition, vectors) in shard.Partitions.Where(p => string.Equals(p.Key.Namespace, @namespace, StringComparison.Ordinal)).ToList())
                {
                    _ = shard.Partitions.Remove(partition);
                    lock (_orderLock)
                    {
                        foreach (var place in vectors.Places)
                        {
                            _order.Remove(place);
                        }
                    }
                }
            }
            finally
            {
                shard.Lock.ExitWriteLock();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var shard in _shards)
        {
            shard.Lock.Dispose();
        }
    }

    private void Write(VectorPartition partition, string id, ReadOnlySpan<float> vector)
    {
        using var code = new VectorCode(vector);
        var shard = ShardOf(partition);
        shard.Lock.EnterWriteLock();
        try
        {
            if (!shard.Partitions.TryGetValue(partition, out var vectors))
            {
                vectors = new PartitionVectors(vector.Length);
                shard.Partitions.Add(partition, vectors);
            }
            else if (vectors.Dimensions != vector.Length)
            {
                throw new ArgumentException($"The vector has {vector.Length} dimensions, those before it have {vectors.Dimensions}.", nameof(vector));
            }

            var place = vectors.Find(id);
            vectors.Put(place ??= new LinkedListNode<VectorPlace>(new VectorPlace(partition, id)), code);
            lock (_orderLock)
            {
                if (place.List is not null)
                {
                    _order.Remove(place);
                }

                _order.AddLast(place);
            }
        }
        finally
        {
            shard.Lock.ExitWriteLock();
        }
    }

    private VectorHit[] Search(VectorPartition partition, ReadOnlySpan<float> vector, int limit, float minSimilarity)
    {
        using var asked = new VectorCode(vector);
        var shard = ShardOf(partition);
        shard.Lock.EnterReadLock();
        try
        {
            return shard.Partitions.TryGetValue(partition, out var vectors) && vectors.Dimensions == vector.Length
                ? vectors.Search(asked, limit, minSimilarity)
                : [];
        }
        finally
        {
            shard.Lock.ExitReadLock();
        }
    }

    private void EvictOldest()
    {
        while (true)
        {
            LinkedListNode<VectorPlace> oldest;
            lock (_orderLock)
            {
                if (_order.Count <= _maxVectors)
                {
                    return;
                }

                oldest = _order.First!;
            }

            var shard = ShardOf(oldest.Value.Partition);
            shard.Lock.EnterWriteLock();
            try
            {
                // It may be gone since, or have been put again: then another is the oldest.
                if (IsOldest(oldest))
                {
                    Remove(shard, oldest);
                }
            }
            finally
            {
                shard.Lock.ExitWriteLock();
            }
        }
    }

    private bool IsOldest(LinkedListNode<VectorPlace> place)
    {
        lock (_orderLock)
        {
            return _order.Count > _maxVectors && _order.First == place;
        }
    }

    /// <summary>Under the shard's lock for writing.</summary>
    private void Remove(Shard shard, LinkedListNode<VectorPlace> place)
    {
        var vectors = shard.Partitions[place.Value.Partition];
        vectors.Remove(place.Value);
        if (vectors.Count == 0)
        {
            _ = shard.Partitions.Remove(place.Value.Partition);
        }

        lock (_orderLock)
        {
            _order.Remove(place);
        }
    }

    private Shard ShardOf(VectorPartition partition) => _shards[(partition.GetHashCode() & int.MaxValue) % ShardCount];

    private sealed class Shard
    {
        public ReaderWriterLockSlim Lock { get; } = new();

        public Dictionary<VectorPartition, PartitionVectors> Partitions { get; } = [];
    }
}
