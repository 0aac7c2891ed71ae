namespace AiOrchestrator.Core.Traffic.Queueing;

/// <summary>What all lines of this instance hold together.</summary>
internal sealed class QueueBound(long maxBytes)
{
    private long _bytes;
    private int _calls;

    /// <summary>Bytes of waiting calls' requests.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Calls that wait.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Takes room for a call; false where there is none.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) > maxBytes)
        {
            Interlocked.Add(ref _bytes, -bytes);
            return false;
        }

        Interlocked.Increment(ref _calls);
        return true;
    }

    /// <summary>Gives it back.</summary>
    public void Return(long bytes)
    {
        Interlocked.Add(ref _bytes, -bytes);
        Interlocked.Decrement(ref _calls);
    }
}
