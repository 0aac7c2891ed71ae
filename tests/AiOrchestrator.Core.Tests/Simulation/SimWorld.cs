namespace AiOrchestrator.Core.Tests.Simulation;

/// <summary>
/// One thread, one clock, one queue of events. It is the synchronisation context of everything that awaits in it: what is posted runs before
/// the next event, in order, so a run depends on its seed alone.
/// </summary>
internal sealed class SimWorld(SimTrace trace, long startUnixMs) : SynchronizationContext
{
    private readonly PriorityQueue<SimEvent, (long AtMs, long Order)> _events = new();
    private readonly Queue<(SendOrPostCallback Run, object? State)> _posts = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _order;

    public SimTrace Trace => trace;

    /// <summary>True time, milliseconds since 1970.</summary>
    public long NowMs { get; private set; } = startUnixMs;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            throw new InvalidOperationException("Something left the simulator's thread: the run does not replay.");
        }

        _posts.Enqueue((d, state));
    }

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Has something happen later: at an instance only while it lives and is awake.</summary>
    public void After(long delayMs, SimInstance? on, Action action) =>
        _events.Enqueue(new SimEvent(on, action), (NowMs + Math.Max(0, delayMs), _order++));

    /// <summary>Runs everything up to a moment, and ends then.</summary>
    public void RunUntil(long unixMs)
    {
        Drain();
        while (_events.TryPeek(out _, out var when) && when.AtMs <= unixMs)
        {
            Step();
        }

        NowMs = Math.Max(NowMs, unixMs);
    }

    /// <summary>Runs until something has come true; false when nothing is left to happen before a moment and it has not.</summary>
    public bool RunUntil(Func<bool> done, long latestUnixMs)
    {
        Drain();
        while (!done())
        {
            if (!_events.TryPeek(out _, out var when) || when.AtMs > latestUnixMs)
            {
                return false;
            }

            Step();
        }

        return true;
    }

    public void Drain()
    {
        while (_posts.TryDequeue(out var post))
        {
            post.Run(post.State);
        }
    }

    private void Step()
    {
        _events.TryDequeue(out var next, out var when);
        NowMs = Math.Max(NowMs, when.AtMs);
        if (next.On is { } instance)
        {
            if (!instance.IsAlive)
            {
                return;
            }

            if (instance.AsleepUntilMs > NowMs)
            {
                _events.Enqueue(next, (instance.AsleepUntilMs, when.Order));
                return;
            }
        }

        next.Action();
        Drain();
        if (trace.Failure is { } failure)
        {
            throw new SimFailure(failure);
        }
    }

    private readonly record struct SimEvent(SimInstance? On, Action Action);
}

/// <summary>Something that must hold does not.</summary>
internal sealed class SimFailure(string message) : Exception(message);

/// <summary>An instance's two clocks and its timers: the wall clock is off by so much, the monotonic one may stand still in sleep.</summary>
internal sealed class SimClock(SimWorld world, SimInstance? owner = null) : TimeProvider
{
    public long OffsetMs { get; set; }

    /// <summary>How long the monotonic clock stood still.</summary>
    public long StoodStillMs { get; set; }

    public override long TimestampFrequency => 1_000_000;

    public long NowUnixMs => world.NowMs + OffsetMs;

    public override long GetTimestamp() => (world.NowMs - StoodStillMs) * 1000;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(NowUnixMs);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SimTimer(SimClock clock, TimerCallback callback, object? state) : ITimer
    {
        private readonly SimClock _clock = clock;
        private int _set;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var set = ++_set;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                _clock.Schedule((long)Math.Ceiling(dueTime.TotalMilliseconds), () =>
                {
                    if (set == _set)
                    {
                        callback(state);
                    }
                });
            }

            return true;
        }

        public void Dispose() => _set++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private void Schedule(long delayMs, Action action) => world.After(delayMs, owner, action);
}

/// <summary>What happened, as figures: the last of it for people, all of it as a hash.</summary>
internal sealed class SimTrace
{
    private const int Kept = 40;
    private readonly (long AtMs, string What, int Who, long A, long B, long C)[] _last = new (long, string, int, long, long, long)[Kept];
    private long _count;

    public ulong Hash { get; private set; } = 14695981039346656037;

    public long Count => _count;

    /// <summary>The first thing that was wrong; null while nothing is.</summary>
    public string? Failure { get; private set; }

    /// <summary>Everything, for a run that is looked at.</summary>
    public Action<string>? Follow { get; init; }

    public void Add(long atMs, string what, int who, long a = 0, long b = 0, long c = 0)
    {
        _last[_count++ % Kept] = (atMs, what, who, a, b, c);
        Mix(unchecked((ulong)atMs));
        foreach (var letter in what)
        {
            Mix(letter);
        }

        Mix(unchecked((ulong)who));
        Mix(unchecked((ulong)a));
        Mix(unchecked((ulong)b));
        Mix(unchecked((ulong)c));
        Follow?.Invoke(Line(_count - 1));
    }

    public void Fail(string what) => Failure ??= what;

    public override string ToString() =>
        string.Join('\n', Enumerable.Range(0, (int)Math.Min(Kept, _count)).Select(i => Line(_count - Math.Min(Kept, _count) + i)));

    // FNV-1a, a word at a time.
    private void Mix(ulong value) => Hash = unchecked((Hash ^ value) * 1099511628211UL);

    private string Line(long index)
    {
        var (at, what, who, a, b, c) = _last[index % Kept];
        return $"{DateTimeOffset.FromUnixTimeMilliseconds(at):dd HH:mm:ss.fff} #{who} {what} {a} {b} {c}";
    }
}
