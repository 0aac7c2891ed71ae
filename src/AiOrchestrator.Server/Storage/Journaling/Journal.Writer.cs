namespace AiOrchestrator.Server.Storage;

/// <summary>The writer thread's half: decides when to commit, commits, and answers.</summary>
internal sealed partial class Journal
{
    private void Write()
    {
        while (Next() is { } batch)
        {
            Commit(batch);
        }

        // Nothing is added any more: closing refuses it.
        FailFlushes(_current);
    }

    /// <summary>Waits for a batch worth a commit; null when the journal is closed and all is written, or cannot be.</summary>
    private JournalBatch? Next()
    {
        while (true)
        {
            lock (_gate)
            {
                // While nothing can be written only the retry timer (and closing, once) makes an attempt.
                var wanted = _due || (_failure is null && (_current.IsAwaited || (_stopping && !_current.IsEmpty)));
                if (wanted && !_broken)
                {
                    var batch = _current;
                    _current = _spare;
                    _lingering = false;
                    _due = false;
                    return batch;
                }

                if (_stopping)
                {
                    return null;
                }

                _idle = true;
            }

            _signal.Wait();
        }
    }

    private void Commit(JournalBatch batch)
    {
        var probing = _failure is not null;
        if (batch.EntryBytes == 0 && !probing)
        {
            Answer(batch);
            return;
        }

        switch (_store.Append(batch.Entries))
        {
            case CommitOutcome.Durable:
                _failure = null;
                var bytes = batch.EntryBytes;

                // First, so that whoever is answered finds its entry announced.
                _committed.Publish(_store.LastSeq);
                Answer(batch);
                _ = Interlocked.Add(ref _bytesSinceSnapshot, bytes);
                _checkpointer.Committed(_store, bytes);
                break;
            case CommitOutcome.NoSpace:
                KeepForRetry(batch);
                break;
            default:
                Break(batch);
                break;
        }
    }

    private void Answer(JournalBatch batch)
    {
        AnswerWaiters(batch, durable: true);
        foreach (var flush in batch.Flushes)
        {
            flush.SetResult();
        }

        batch.Clear();
        _spare = batch;
    }

    private static void AnswerWaiters(JournalBatch batch, bool durable)
    {
        JournalAnswers.Send(batch.Waiters, durable);
    }

    private void FailFlushes(JournalBatch batch)
    {
        foreach (var flush in batch.Flushes)
        {
            flush.SetException(Unwritten());
        }
    }

    /// <summary>No space: whoever waits is told no, settlements (and flushes) stay in front of whatever comes.</summary>
    private void KeepForRetry(JournalBatch batch)
    {
        JournalBatch later;
        lock (_gate)
        {
            _failure = _store.LastFailure;
            later = _current;
            batch.KeepUnawaited();
            later.KeepUnawaited();
            batch.Append(later);
            _current = batch;
        }

        AnswerWaiters(batch, durable: false);
        AnswerWaiters(later, durable: false);
        later.Clear();
        _spare = later;
        _ = _retryTimer.Change(TimeSpan.FromMilliseconds(_options.RetryMs), Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// Nobody knows what the disk holds. Everything is refused from here on; what was pending is decided by the starts that are
    /// found after the restart.
    /// </summary>
    private void Break(JournalBatch batch)
    {
        JournalBatch later;
        lock (_gate)
        {
            _broken = true;
            _failure = _store.LastFailure ?? "the journal failed";
            later = _current;
            _current = new JournalBatch();
            _spare = new JournalBatch();
        }

        AnswerWaiters(batch, durable: false);
        AnswerWaiters(later, durable: false);
        FailFlushes(batch);
        FailFlushes(later);
        _fail($"The journal cannot tell what is on the disk, so the process stops: {_failure}");
    }

    private void WakeForUnawaited()
    {
        bool wake;
        lock (_gate)
        {
            if (_broken || _stopping || (_failure is null && _current.IsEmpty))
            {
                return;
            }

            _due = true;
            wake = TakeIdle();
        }

        Wake(wake);
    }
}
