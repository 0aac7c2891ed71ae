namespace AiOrchestrator.Core.Tests.Fakes;

/// <summary>Both clocks and all timers, moved by the test alone: due timers fire within <see cref="Advance"/>, in order.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<SteppedTimer> _timers = [];
    private long _ms = 1_800_000_000_000;

    public override long TimestampFrequency => 1_000_000;

    /// <summary>How many timers are set: a test waits for the code under test to have set its own before it moves the clock.</summary>
    public int TimersSet
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count(static t => t.DueMs != long.MaxValue);
            }
        }
    }

    public override long GetTimestamp() => Interlocked.Read(ref _ms) * 1000;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Interlocked.Read(ref _ms));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SteppedTimer(this, () => callback(state));
        lock (_lock)
        {
            _timers.Add(timer);
        }

        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(int ms)
    {
        var until = Interlocked.Read(ref _ms) + ms;
        while (true)
        {
            SteppedTimer? next;
            lock (_lock)
            {
                next = _timers.Where(t => t.DueMs <= until).MinBy(static t => t.DueMs);
                if (next is null)
                {
                    break;
                }

                Interlocked.Exchange(ref _ms, Math.Max(Interlocked.Read(ref _ms), next.DueMs));
                next.DueMs = long.MaxValue;
            }

            next.Fire();
        }

        Interlocked.Exchange(ref _ms, until);
    }

    private sealed class SteppedTimer(SteppedTime time, Action fire) : ITimer
    {
        public long DueMs { get; set; } = long.MaxValue;

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                DueMs = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : Interlocked.Read(ref time._ms) + (long)dueTime.TotalMilliseconds;
                return true;
            }
        }

        public void Dispose()
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
