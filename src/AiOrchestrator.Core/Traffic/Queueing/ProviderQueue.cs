namespace AiOrchestrator.Core.Traffic.Queueing;

/// <summary>Whose line it is.</summary>
/// <param name="OrganisationId">The organisation: its limits are its own.</param>
/// <param name="ProviderId">The provider.</param>
internal readonly record struct QueueId(string OrganisationId, string ProviderId);

/// <summary>A line as it stands.</summary>
/// <param name="Id">Whose.</param>
/// <param name="Calls">Who waits, in the order in which they are served if nothing changes, with where each stands and how long it may take.</param>
/// <param name="EstimatedUs">How long a call that came now at the end of it would wait; microseconds, 0 where it would not.</param>
/// <param name="PausedUs">For how long the provider asked to be left alone; microseconds.</param>
internal sealed record QueueLook(QueueId Id, IReadOnlyList<(QueuedCall Call, int Position, long EstimatedUs, long WaitedUs)> Calls, long EstimatedUs, long PausedUs);

/// <summary>
/// The line for one provider (RT-10). Nobody pumps it: one call after another is told that it is its turn, tries to take what it needs, and says what came of
/// it. Whoever finds nothing stays where it stands and nobody passes it; the next turn is given when there may be something: when the limit has filled, when a
/// place is freed, when limits change.
/// </summary>
internal sealed class ProviderQueue(QueueId id, QueueOptions options, QueueBound bound, TimeProvider time)
{
    /// <summary>What another instance changes is told to nobody here: so often is looked, where nothing else wakes the line.</summary>
    public const long RecheckUs = 10_000_000;

    private const long MicrosecondsPerSecond = 1_000_000;

    private readonly Lock _gate = new();
    private readonly QueueOrder _order = new(Timestamps(time, options.AgeMs * 1000L));
    private readonly QueuePace _pace = new();
    private QueuedCall? _turn;
    private QueuedCall? _blocked;
    private long _opensTimestamp;
    private long _retryTimestamp;
    private long _pausedTimestamp;
    private int _wakes;
    private int _wakesAtTurn;
    private ITimer? _timer;

    public QueueId Id => id;

    /// <summary>Calls in line.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _order.Calls.Count;
            }
        }
    }

    /// <summary>Whether a call of this priority that came now would pass somebody.</summary>
    public bool StandsBefore(CallPriority priority)
    {
        lock (_gate)
        {
            return _order.StandsBefore(priority, time.GetTimestamp());
        }
    }

    /// <summary>How long a call that came now would wait; microseconds, 0 where nobody waits and nothing is known to be used up.</summary>
    public long EstimateUs()
    {
        lock (_gate)
        {
            return EstimateUs(_order.Calls.Count + 1, time.GetTimestamp());
        }
    }

    /// <summary>Joins the line; its <see cref="QueuedCall.Turn"/> says when it is its turn. False where the line is full.</summary>
    /// <param name="call">The call.</param>
    /// <param name="waitUs">In how long there may be what it just tried to take; null where it has not tried.</param>
    /// <param name="intervalUs">What the limit allows: microseconds between two such calls, 0 for unknown.</param>
    public bool TryJoin(QueuedCall call, long? waitUs, long intervalUs)
    {
        lock (_gate)
        {
            if (_order.Calls.Count >= options.MaxCalls || !bound.TryTake(call.Bytes))
            {
                return false;
            }

            _order.Add(call);
            var now = time.GetTimestamp();
            if (intervalUs > 0)
            {
                _pace.Hint(intervalUs);
            }

            if (waitUs is { } wait && _turn is null && ReferenceEquals(_order.First(now), call))
            {
                Close(now, wait);
                _blocked = call;
            }

            call.Position = _order.PositionOf(call, now);
            call.EstimatedUs = EstimateUs(call.Position, now);
            call.Timer = time.CreateTimer(
                static state =>
                {
                    var (queue, waiting) = ((ProviderQueue, QueuedCall))state!;
                    _ = queue.End(waiting, QueueEnd.TimedOut);
                },
                (this, call),
                TimeSpan.FromMilliseconds(Math.Max(0, call.MaxWaitMs - time.GetElapsedTime(call.JoinedTimestamp, now).TotalMilliseconds)),
                Timeout.InfiniteTimeSpan);
            Advance(now);
            return true;
        }
    }

    /// <summary>It was a call's turn, and it found nothing: it stays where it stands.</summary>
    /// <param name="call">Whose turn it was.</param>
    /// <param name="waitUs">In how long there may be something; null where nobody knows.</param>
    /// <param name="intervalUs">What the limit allows: microseconds between two such calls, 0 for unknown.</param>
    /// <returns>Done at its next turn, or when it has left.</returns>
    public Task PassAsync(QueuedCall call, long? waitUs, long intervalUs)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            EndTurn(call);
            _pace.Hint(intervalUs);
            if (call.End == QueueEnd.None)
            {
                call.WaitAgain();
                _blocked = call;

                if (_wakes == _wakesAtTurn)
                {
                    Close(now, waitUs);
                }
                else
                {
                    // What was freed while it looked, it may have missed.
                    Open(now);
                }
            }

            Advance(now);
            return call.Turn;
        }
    }

    /// <summary>It was a call's turn, and it has all it needs: it leaves the line, and the next has its turn. False where it had left before: nothing may be sent.</summary>
    public bool TryServe(QueuedCall call)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            EndTurn(call);
            var isServed = call.End == QueueEnd.None;
            if (isServed)
            {
                call.Timer?.Dispose();
                bound.Return(call.Bytes);
                _order.Serve(call, now);
                _pace.Served(Microseconds(now), othersWait: _order.Calls.Count > 0);
            }

            Open(now);
            Advance(now);
            return isServed;
        }
    }

    /// <summary>Takes a call out of the line. False where it is not in it any more: it was served, or left before.</summary>
    public bool End(QueuedCall call, QueueEnd why)
    {
        lock (_gate)
        {
            if (call.End != QueueEnd.None || !_order.Remove(call))
            {
                return false;
            }

            call.End = why;
            call.Timer?.Dispose();
            bound.Return(call.Bytes);
            call.Call();
            var now = time.GetTimestamp();
            if (ReferenceEquals(_blocked, call))
            {
                // What it waited for may be more than what the next needs: that one looks. Until somebody has, what is known to be used up still is.
                _retryTimestamp = now;
            }

            Advance(now);
            return true;
        }
    }

    /// <summary>Whatever became of a call, it is not in line any more, and it is nobody's turn because of it.</summary>
    public void Leave(QueuedCall call)
    {
        _ = End(call, QueueEnd.Cancelled);
        lock (_gate)
        {
            EndTurn(call);
            Advance(time.GetTimestamp());
        }
    }

    /// <summary>Takes a call out by its id; false where none has it.</summary>
    /// <param name="id">The exchange id.</param>
    /// <param name="keyId">Only where it is this key's; null for any.</param>
    public bool Cancel(string id, string? keyId)
    {
        lock (_gate)
        {
            return _order.Calls.FirstOrDefault(c => c.Id == id && (keyId is null || c.KeyId == keyId)) is { } call && End(call, QueueEnd.Cancelled);
        }
    }

    /// <summary>Something was freed, or changed: whoever is first looks again.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _wakes++;
            var now = time.GetTimestamp();
            Open(now);
            Advance(now);
        }
    }

    /// <summary>The provider is left alone until a time; later ones count.</summary>
    public void Pause(long untilTimestamp)
    {
        lock (_gate)
        {
            _pausedTimestamp = Math.Max(_pausedTimestamp, untilTimestamp);
            Advance(time.GetTimestamp());
        }
    }

    /// <summary>The line as it stands.</summary>
    public QueueLook Look()
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            return new QueueLook(
                id,
                [.. _order.Sorted(now).Select((call, i) => (call, i + 1, EstimateUs(i + 1, now), Microseconds(now - call.JoinedTimestamp)))],
                EstimateUs(_order.Calls.Count + 1, now),
                Math.Max(0, Microseconds(_pausedTimestamp - now)));
        }
    }

    private static long Timestamps(TimeProvider time, long us) => (long)((Int128)us * time.TimestampFrequency / MicrosecondsPerSecond);

    private void EndTurn(QueuedCall call) => _turn = ReferenceEquals(_turn, call) ? null : _turn;

    /// <summary>There may be something from now on.</summary>
    private void Open(long now) => (_opensTimestamp, _retryTimestamp) = (now, now);

    /// <summary>There is nothing for a while.</summary>
    private void Close(long now, long? waitUs)
    {
        _opensTimestamp = now + Timestamps(time, Math.Clamp(waitUs ?? _pace.IntervalUs, 0, QueuePace.LongestUs));
        _retryTimestamp = now + Timestamps(time, Math.Clamp(waitUs ?? RecheckUs, 0, RecheckUs));
    }

    private long Microseconds(long timestamps) => (long)((Int128)timestamps * MicrosecondsPerSecond / time.TimestampFrequency);

    private long EstimateUs(int position, long now) =>
        _pace.EstimateUs(Microseconds(Math.Max(_opensTimestamp, _pausedTimestamp) - now), position);

    /// <summary>Gives the next turn, or sees to it that it will be given. Only inside the gate.</summary>
    private void Advance(long now)
    {
        if (_turn is not null || _order.First(now) is not { } first)
        {
            return;
        }

        // A call that has come to stand before the one that found nothing may need less.
        if (_blocked is { } blocked && !ReferenceEquals(first, blocked) && _order.PriorityOf(first, now) < _order.PriorityOf(blocked, now))
        {
            _blocked = first;
            Open(now);
        }

        var due = Math.Max(_retryTimestamp, _pausedTimestamp);
        if (due > now)
        {
            // Timers count whole milliseconds: one that fires too early would find nothing yet.
            var dueMs = (Microseconds(due - now) + 999) / 1000;
            _timer ??= time.CreateTimer(static queue => ((ProviderQueue)queue!).Due(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _ = _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, dueMs)), Timeout.InfiniteTimeSpan);
            return;
        }

        _turn = first;
        _wakesAtTurn = _wakes;
        first.Call();
    }

    private void Due()
    {
        lock (_gate)
        {
            Advance(time.GetTimestamp());
        }
    }
}
