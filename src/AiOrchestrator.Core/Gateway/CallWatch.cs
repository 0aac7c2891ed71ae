using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Gateway;

/// <summary>Why a call was ended before its answer was.</summary>
internal enum CutReason
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>The client went away.</summary>
    ClientGone,

    /// <summary>Nothing came in time.</summary>
    FirstByteTimeout,

    /// <summary>Something came, then nothing for too long.</summary>
    IdleTimeout,

    /// <summary>It took too long as a whole.</summary>
    TotalTimeout,

    /// <summary>The instance is stopping and its drain window is over.</summary>
    ShuttingDown,
}

/// <summary>
/// Ends an upstream call for the first of several reasons and remembers which. Progress costs one write: the timer looks at it
/// when it fires and sets itself again.
/// </summary>
internal sealed class CallWatch : IDisposable
{
    private const int FormalEndMs = 250;

    private readonly CancellationTokenSource _source = new();
    private readonly TimeProvider _time;
    private readonly ProviderTimeouts _timeouts;
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _client;
    private readonly CancellationTokenRegistration _drain;
    private readonly long _startTimestamp;
    private long _progressTimestamp;
    private int _writing;
    private int _almostDone;
    private int _reason;

    public CallWatch(TimeProvider time, ProviderTimeouts timeouts, ClientGoneAction onClientGone, CancellationToken clientGone, CancellationToken drainOver)
    {
        _time = time;
        _timeouts = timeouts;
        _startTimestamp = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((CallWatch)state!).Look(), this, Due(FirstLookMs(timeouts)), Timeout.InfiniteTimeSpan);
        _drain = drainOver.UnsafeRegister(static state => ((CallWatch)state!).Cut(CutReason.ShuttingDown), this);
        if (onClientGone == ClientGoneAction.Cancel)
        {
            _client = clientGone.UnsafeRegister(static state => ((CallWatch)state!).Cut(CutReason.ClientGone), this);
        }
    }

    public CancellationToken Token => _source.Token;

    public CutReason Reason => (CutReason)Volatile.Read(ref _reason);

    /// <summary>When the first byte of the answer's body came; 0 before.</summary>
    public long FirstByteTimestamp { get; private set; }

    /// <summary>A piece of the answer came.</summary>
    public void Progress()
    {
        var now = _time.GetTimestamp();
        if (FirstByteTimestamp == 0)
        {
            FirstByteTimestamp = now;
        }

        Volatile.Write(ref _progressTimestamp, now);
    }

    /// <summary>While we write to the client, the provider is not the one who is late.</summary>
    public void Writing(bool writing)
    {
        if (!writing)
        {
            Volatile.Write(ref _progressTimestamp, _time.GetTimestamp());
        }

        Volatile.Write(ref _writing, writing ? 1 : 0);
    }

    /// <summary>The answer is complete but for its formal end, which may not keep the client waiting.</summary>
    public void AlmostDone()
    {
        Volatile.Write(ref _almostDone, 1);
        _timer.Change(TimeSpan.FromMilliseconds(FormalEndMs), Timeout.InfiniteTimeSpan);
    }

    public void Cut(CutReason reason)
    {
        if (Interlocked.CompareExchange(ref _reason, (int)reason, (int)CutReason.None) == (int)CutReason.None)
        {
            _source.Cancel();
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _drain.Dispose();
        _timer.Dispose();
        // The source is left to the collector: a late timer callback may still cancel it, and it holds no handle.
    }

    private void Look()
    {
        if (Volatile.Read(ref _almostDone) != 0)
        {
            Cut(CutReason.IdleTimeout);
            return;
        }

        var now = _time.GetTimestamp();
        var total = _timeouts.TotalMs - Elapsed(_startTimestamp, now);
        if (total <= 0)
        {
            Cut(CutReason.TotalTimeout);
            return;
        }

        var progress = Volatile.Read(ref _progressTimestamp);
        var started = progress != 0;
        var left = started ? _timeouts.IdleMs - Elapsed(progress, now) : _timeouts.FirstByteMs - Elapsed(_startTimestamp, now);
        if (left <= 0 && Volatile.Read(ref _writing) == 0)
        {
            Cut(started ? CutReason.IdleTimeout : CutReason.FirstByteTimeout);
            return;
        }

        // Before the first byte no later than an idle time from now: it may come at once and be followed by nothing.
        var next = left <= 0 ? _timeouts.IdleMs : started ? left : Math.Min(left, _timeouts.IdleMs);
        _timer.Change(Due(Math.Min(next, total)), Timeout.InfiniteTimeSpan);
    }

    private static double FirstLookMs(ProviderTimeouts timeouts) => Math.Min(timeouts.FirstByteMs, Math.Min(timeouts.IdleMs, timeouts.TotalMs));

    private double Elapsed(long from, long to) => _time.GetElapsedTime(from, to).TotalMilliseconds;

    private static TimeSpan Due(double ms) => TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(ms)));
}
