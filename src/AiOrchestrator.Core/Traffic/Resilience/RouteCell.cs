namespace AiOrchestrator.Core.Traffic.Resilience;

/// <summary>How one model at one provider has been doing on this instance. Whoever tells it something writes a word or adds to a counter: no lock.</summary>
internal sealed class RouteCell
{
    private readonly LatencySketch _latency = new();
    private ulong _breaker;
    private ulong _availability = AvailabilityOne;
    private long _pausedUntilUnixMs;
    private int _underWay;

    /// <summary>Good answers by all, in parts of this; each call moves it by a fiftieth.</summary>
    private const ulong AvailabilityOne = 1UL << 32;

    /// <summary>Calls under way.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Good answers by all, the older ones counting ever less; 0 to 1.</summary>
    public double Availability => (double)Volatile.Read(ref _availability) / AvailabilityOne;

    /// <summary>Calls whose latency is known.</summary>
    public int Calls => _latency.Count;

    /// <summary>Until the first byte, of half of the calls; microseconds, 0 where none is known.</summary>
    public long MedianUs => _latency.PercentileUs(0.5);

    /// <summary>Likewise of 19 in 20.</summary>
    public long P95Us => _latency.PercentileUs(0.95);

    /// <summary>What its breaker lets through at a time.</summary>
    public BreakerPhase PhaseAt(long unixMs) => new BreakerState(Volatile.Read(ref _breaker)).PhaseAt(unixMs);

    /// <summary>Until when the provider asked to be left alone; milliseconds since 1970.</summary>
    public long PausedUntilUnixMs => Volatile.Read(ref _pausedUntilUnixMs);

    /// <summary>Whether its breaker has let one call through, to see, and that has not come back.</summary>
    public bool IsOnTrial => new BreakerState(Volatile.Read(ref _breaker)).IsOnTrial;

    /// <summary>A call is sent. False where the breaker is open, or half-open and another goes first; a call that has no other way may be sent all the same.</summary>
    public bool Enter(long unixMs)
    {
        Interlocked.Increment(ref _underWay);
        while (true)
        {
            var before = Volatile.Read(ref _breaker);
            var state = new BreakerState(before);
            switch (state.PhaseAt(unixMs))
            {
                case BreakerPhase.Closed:
                    return true;
                case BreakerPhase.Open:
                    return false;
                default:
                    if (Interlocked.CompareExchange(ref _breaker, state.Tried(unixMs).Bits, before) == before)
                    {
                        return true;
                    }

                    break;
            }
        }
    }

    /// <summary>A call has ended that says nothing of the route: the client left, or the request was at fault.</summary>
    public void Leave() => Interlocked.Decrement(ref _underWay);

    /// <summary>A call has ended.</summary>
    /// <param name="failed">Whether it was the route's failure.</param>
    /// <param name="latencyUs">Until the first byte, microseconds; 0 where that is not known.</param>
    /// <param name="unixMs">When.</param>
    public void Leave(bool failed, long latencyUs, long unixMs)
    {
        Leave();
        while (true)
        {
            var before = Volatile.Read(ref _breaker);
            var after = new BreakerState(before).After(failed, unixMs).Bits;
            if (before == after || Interlocked.CompareExchange(ref _breaker, after, before) == before)
            {
                break;
            }
        }

        // Not exact under concurrency: a figure, not a count.
        var availability = Volatile.Read(ref _availability);
        Volatile.Write(ref _availability, availability - (availability / 50) + (failed ? 0 : AvailabilityOne / 50));
        if (!failed && latencyUs > 0)
        {
            _latency.Note(latencyUs, unixMs);
        }
    }

    /// <summary>Opens a breaker that is closed: what its own failures have not shown yet is known otherwise.</summary>
    public void Open(long unixMs)
    {
        var before = Volatile.Read(ref _breaker);
        if (new BreakerState(before).PhaseAt(unixMs) == BreakerPhase.Closed)
        {
            // Whoever was quicker knows as much.
            Interlocked.CompareExchange(ref _breaker, BreakerState.Opened(unixMs).Bits, before);
        }
    }

    /// <summary>The provider has asked to be left alone until a time.</summary>
    public void Pause(long untilUnixMs)
    {
        var before = Volatile.Read(ref _pausedUntilUnixMs);
        while (untilUnixMs > before)
        {
            var seen = Interlocked.CompareExchange(ref _pausedUntilUnixMs, untilUnixMs, before);
            if (seen == before)
            {
                return;
            }

            before = seen;
        }
    }
}
