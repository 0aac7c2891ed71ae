using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Gateway;

/// <summary>Why a call was ended before its answer was.</summary>
internal enum CutReason
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>The client went away, and its answer is not drained, or no further.</summary>
    ClientGone,

    /// <summary>Nothing came in time.</summary>
    FirstByteTimeout,

    /// <summary>Something came, then nothing for too long.</summary>
    IdleTimeout,

    /// <summary>It took too long as a whole.</summary>
    TotalTimeout,

    /// <summary>The instance is stopping and its drain window is over.</summary>
    ShuttingDown,

    /// <summary>Another route that was asked beside it has answered first.</summary>
    Superseded,
}

/// <summary>
/// Ends an upstream call for the first of several reasons and remembers which. Progress costs one write: the timer looks at it
/// when it fires and sets itself again. Where the client's leaving does not end the call, it bounds how far the answer is drained (MT-07).
/// </summary>
internal sealed class CallWatch : IDisposable
{
    private const int FormalEndMs = 250;

    private readonly CancellationTokenSource _source = new();
    private readonly TimeProvider _time;
    private readonly ProviderTimeouts _timeouts;
    private readonly ClientGoneRule _gone;
    private readonly DrainPlaces _places;
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _client;
    private readonly CancellationTokenRegistration _drain;
    private readonly long _startTimestamp;
    private long _progressTimestamp;
    private ITimer? _drainTimer;
    private long _drainTimestamp;
    private long _tokens;
    private long _tokensBefore;
    private int _sending;
    private int _clientGone;
    private int _writing;
    private int _almostDone;
    private int _reason;

    public CallWatch(
        TimeProvider time, ProviderTimeouts timeouts, ClientGoneRule gone, DrainPlaces places, CancellationToken clientGone, CancellationToken drainOver)
    {
        _time = time;
        _timeouts = timeouts;
        _gone = gone;
        _places = places;
        _startTimestamp = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((CallWatch)state!).Look(), this, Due(FirstLookMs(timeouts)), Timeout.InfiniteTimeSpan);
        _drain = drainOver.UnsafeRegister(static state => ((CallWatch)state!).Cut(CutReason.ShuttingDown), this);
        _client = clientGone.UnsafeRegister(static state => ((CallWatch)state!).Leave(), this);
    }

    public CancellationToken Token => _source.Token;

    public CutReason Reason => (CutReason)Volatile.Read(ref _reason);

    /// <summary>When the first byte of the answer's body came; 0 before.</summary>
    public long FirstByteTimestamp { get; private set; }

    /// <summary>Whether the client went away before the answer was complete.</summary>
    public bool ClientGone => Volatile.Read(ref _clientGone) != 0;

    /// <summary>When the client went away and the answer was read on all the same; 0 where it was not.</summary>
    public long DrainTimestamp => Volatile.Read(ref _drainTimestamp);

    /// <summary>From here on the provider may bill the call, whoever waits for its answer.</summary>
    public void Sending() => Volatile.Write(ref _sending, 1);

    /// <summary>So many tokens were received so far. Ends a drain that has come to more than it may.</summary>
    public void Received(long tokens)
    {
        Volatile.Write(ref _tokens, tokens);
        if (DrainTimestamp != 0 && tokens - Volatile.Read(ref _tokensBefore) > _gone.DrainMaxTokens)
        {
            Cut(CutReason.ClientGone);
        }
    }

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
        // Waits where the client is just leaving, so that a place it takes is seen here.
        _client.Dispose();
        _drain.Dispose();
        _timer.Dispose();
        _drainTimer?.Dispose();
        if (DrainTimestamp != 0)
        {
            _places.Leave();
        }

        // The source is left to the collector: a late timer callback may still cancel it, and it holds no handle.
    }

    private void Leave()
    {
        if (Volatile.Read(ref _almostDone) != 0)
        {
            // It has its answer.
            return;
        }

        Volatile.Write(ref _clientGone, 1);
        if (_gone.Action == ClientGoneAction.Cancel || _gone.DrainTimeoutMs == 0 || Volatile.Read(ref _sending) == 0 || !_places.TryEnter())
        {
            Cut(CutReason.ClientGone);
            return;
        }

        Volatile.Write(ref _tokensBefore, Volatile.Read(ref _tokens));
        _drainTimer = _time.CreateTimer(
            static state => ((CallWatch)state!).Cut(CutReason.ClientGone), this, Due(_gone.DrainTimeoutMs), Timeout.InfiniteTimeSpan);
        Volatile.Write(ref _drainTimestamp, _time.GetTimestamp());
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
