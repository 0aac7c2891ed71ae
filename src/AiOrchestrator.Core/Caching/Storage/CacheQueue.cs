using System.Threading.Channels;
using AiOrchestrator.Core.Caching.Flushes;

namespace AiOrchestrator.Core.Caching.Storage;

/// <summary>Something that is to be done to the store when there is time.</summary>
internal abstract record CacheWork
{
    private CacheWork()
    {
    }

    /// <summary>Put an entry.</summary>
    /// <param name="Entry">The entry.</param>
    public sealed record Store(CacheEntry Entry) : CacheWork;

    /// <summary>Delete an entry, and its vector.</summary>
    /// <param name="Name">Which.</param>
    /// <param name="Partition">Where its vector lies; null where it has none.</param>
    /// <param name="IsCorrupted">Whether it was not as it had been put, so that a person is told.</param>
    public sealed record Drop(EntryName Name, string? Partition, bool IsCorrupted) : CacheWork;

    /// <summary>Delete what a flush named.</summary>
    /// <param name="OrganisationId">Whose.</param>
    /// <param name="Scope">Which.</param>
    public sealed record Prune(string OrganisationId, FlushScope Scope) : CacheWork;
}

/// <summary>
/// What waits to be done to the store, in order. Bounded in number and bytes: what does not fit is left undone and counted, which costs a call at most.
/// </summary>
internal sealed class CacheQueue
{
    private const int MostWaiting = 4096;
    private const long MostBytes = 32 << 20;

    private readonly Channel<CacheWork> _waiting = Channel.CreateBounded<CacheWork>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly TaskCompletionSource _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private long _bytes;
    private long _dropped;

    /// <summary>How many were left undone since the start.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>What waits; ends after <see cref="Complete"/>.</summary>
    public ChannelReader<CacheWork> Waiting => _waiting.Reader;

    /// <summary>Ends when nothing is taken any more.</summary>
    public Task Closing => _closing.Task;

    /// <summary>Has an entry put.</summary>
    public void Store(CacheEntry entry)
    {
        var bytes = MemoryTier.BytesOf(entry);
        if (Interlocked.Add(ref _bytes, bytes) > MostBytes || !_waiting.Writer.TryWrite(new CacheWork.Store(entry)))
        {
            Interlocked.Add(ref _bytes, -bytes);
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Has an entry deleted, and its vector.</summary>
    /// <param name="name">Which.</param>
    /// <param name="partition">Where its vector lies; null where it has none.</param>
    /// <param name="isCorrupted">Whether it was not as it had been put, so that a person is told.</param>
    public void Drop(EntryName name, string? partition, bool isCorrupted) => Write(new CacheWork.Drop(name, partition, isCorrupted));

    /// <summary>Has deleted what a flush named.</summary>
    public void Prune(string organisationId, FlushScope scope) => Write(new CacheWork.Prune(organisationId, scope));

    /// <summary>Says that a work was taken up.</summary>
    public void Taken(CacheWork work)
    {
        if (work is CacheWork.Store store)
        {
            Interlocked.Add(ref _bytes, -MemoryTier.BytesOf(store.Entry));
        }
    }

    /// <summary>Takes nothing any more.</summary>
    public void Complete()
    {
        _waiting.Writer.TryComplete();
        _closing.TrySetResult();
    }

    private void Write(CacheWork work)
    {
        if (!_waiting.Writer.TryWrite(work))
        {
            Interlocked.Increment(ref _dropped);
        }
    }
}
