namespace AiOrchestrator.MockUpstream;

/// <summary>Connections and requests under way, and the most there ever were. All counters are exact at any quiet moment.</summary>
public sealed class MockStats
{
    private int _connections;
    private int _peakConnections;
    private long _totalConnections;
    private int _requests;
    private int _peakRequests;
    private long _totalRequests;

    public int OpenConnections => Volatile.Read(ref _connections);

    public int PeakConnections => Volatile.Read(ref _peakConnections);

    public long TotalConnections => Interlocked.Read(ref _totalConnections);

    public int ConcurrentRequests => Volatile.Read(ref _requests);

    public int PeakRequests => Volatile.Read(ref _peakRequests);

    public long TotalRequests => Interlocked.Read(ref _totalRequests);

    internal void ConnectionOpened()
    {
        Interlocked.Increment(ref _totalConnections);
        Raise(ref _peakConnections, Interlocked.Increment(ref _connections));
    }

    internal void ConnectionClosed() => Interlocked.Decrement(ref _connections);

    internal void RequestStarted()
    {
        Interlocked.Increment(ref _totalRequests);
        Raise(ref _peakRequests, Interlocked.Increment(ref _requests));
    }

    internal void RequestEnded() => Interlocked.Decrement(ref _requests);

    private static void Raise(ref int peak, int value)
    {
        var seen = Volatile.Read(ref peak);
        while (value > seen)
        {
            var before = Interlocked.CompareExchange(ref peak, value, seen);
            if (before == seen) return;
            seen = before;
        }
    }
}
