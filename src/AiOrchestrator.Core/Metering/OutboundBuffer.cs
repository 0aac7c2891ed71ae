namespace AiOrchestrator.Core.Metering;

/// <summary>
/// What waits to be sent, in order, bounded in events and bytes. A start that finds no room waits in line for some; the end of a call never
/// waits. Safe for concurrent use by writers; one reader.
/// </summary>
internal sealed class OutboundBuffer(OutboundOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Queue<(byte[] Body, long Timestamp)> _events = new();
    private readonly LinkedList<(byte[] Body, TaskCompletionSource<bool> Answer)> _waiting = new();
    private readonly List<(long Until, TaskCompletionSource Done)> _flushes = [];
    private (int Events, TaskCompletionSource Done)? _reader;
    private long _bytes;
    private long _appended;
    private long _removed;
    private long _dropped;
    private bool _closed;

    /// <summary>Events that wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _events.Count;
            }
        }
    }

    /// <summary>Events of calls that cost nothing, left out because there was no room.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Whether a start would have to wait.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                return !HasRoom(0, 1, 1);
            }
        }
    }

    /// <summary>How long the oldest has waited; zero when there is none.</summary>
    public TimeSpan OldestAge()
    {
        lock (_lock)
        {
            return _events.TryPeek(out var oldest) ? time.GetElapsedTime(oldest.Timestamp) : TimeSpan.Zero;
        }
    }

    /// <summary>Takes an event in if there is room and nobody came before; else waits in line, at most so long. False: no room came, or it is closed.</summary>
    public ValueTask<bool> AddWhenRoomAsync(byte[] body)
    {
        LinkedListNode<(byte[] Body, TaskCompletionSource<bool> Answer)> place;
        lock (_lock)
        {
            if (_closed)
            {
                return new(false);
            }

            if (_waiting.Count == 0 && HasRoom(body.Length, 1, 1))
            {
                Add(body);
                return new(true);
            }

            if (options.StartWaitMs == 0)
            {
                return new(false);
            }

            place = _waiting.AddLast((body, new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)));
        }

        return new(WaitAsync(place));
    }

    /// <summary>Takes an event in: beyond the bound, where it must be known or there is some reserve left.</summary>
    public void AddNow(byte[] body, bool mustBeKept)
    {
        lock (_lock)
        {
            if (mustBeKept || HasRoom(body.Length, 5, 4))
            {
                Add(body);
            }
            else
            {
                Interlocked.Increment(ref _dropped);
            }
        }
    }

    /// <summary>The first events, at most so many and (but for the first) so many bytes. They stay until they are removed.</summary>
    public ReadOnlyMemory<byte>[] Peek(int events, int bytes)
    {
        lock (_lock)
        {
            var first = _events.Take(events).Select(static e => (ReadOnlyMemory<byte>)e.Body);
            return [.. first.TakeWhile((body, i) => (bytes -= body.Length) >= 0 || i == 0)];
        }
    }

    /// <summary>Removes the first events; whoever waits for room gets it.</summary>
    public void Remove(int events)
    {
        lock (_lock)
        {
            for (var i = 0; i < events; i++)
            {
                _bytes -= _events.Dequeue().Body.Length;
            }

            _removed += events;
            while (_waiting.First is { } first && HasRoom(first.Value.Body.Length, 1, 1))
            {
                _waiting.RemoveFirst();
                Add(first.Value.Body);
                first.Value.Answer.SetResult(true);
            }

            _flushes.RemoveAll(f =>
            {
                var done = f.Until <= _removed;
                if (done)
                {
                    f.Done.SetResult();
                }

                return done;
            });
        }
    }

    /// <summary>Completes when everything taken in before the call is removed.</summary>
    public Task FlushedAsync()
    {
        lock (_lock)
        {
            if (_removed == _appended)
            {
                return Task.CompletedTask;
            }

            var done = NewSource();
            _flushes.Add((_appended, done));
            WakeReader();
            return done.Task;
        }
    }

    /// <summary>Completes when so many events wait, or somebody waits for all to be sent while there are any. One reader asks at a time.</summary>
    public Task ReachedAsync(int events)
    {
        lock (_lock)
        {
            _reader = (events, NewSource());
            var reached = _reader.Value.Done.Task;
            WakeReader();
            return reached;
        }
    }

    /// <summary>No start is taken in any more; those that wait are refused.</summary>
    public void CloseToStarts()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var (_, answer) in _waiting)
            {
                answer.SetResult(false);
            }

            _waiting.Clear();
        }
    }

    private async Task<bool> WaitAsync(LinkedListNode<(byte[] Body, TaskCompletionSource<bool> Answer)> place)
    {
        var answer = place.Value.Answer;
        try
        {
            return await answer.Task.WaitAsync(TimeSpan.FromMilliseconds(options.StartWaitMs), time);
        }
        catch (TimeoutException)
        {
            // Expected: no room came. Whoever makes room may have given it to this start in the meantime; then it is in.
            lock (_lock)
            {
                if (!answer.Task.IsCompleted)
                {
                    _waiting.Remove(place);
                    return false;
                }
            }

            return await answer.Task;
        }
    }

    private bool HasRoom(int bytes, int numerator, int denominator) =>
        (long)_events.Count * denominator < (long)options.MaxBufferedEvents * numerator
        && (_bytes + bytes) * denominator <= (long)options.MaxBufferedBytes * numerator;

    private void Add(byte[] body)
    {
        _events.Enqueue((body, time.GetTimestamp()));
        _bytes += body.Length;
        _appended++;
        WakeReader();
    }

    private void WakeReader()
    {
        if (_reader is { } reader && _events.Count > 0 && (_events.Count >= reader.Events || _flushes.Count > 0))
        {
            _reader = null;
            reader.Done.SetResult();
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
