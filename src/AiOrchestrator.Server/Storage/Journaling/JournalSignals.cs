namespace AiOrchestrator.Server.Storage;

/// <summary>Wakes the one writer thread. A set that nobody waits for is remembered once.</summary>
internal sealed class WriterSignal
{
    private readonly object _gate = new();
    private bool _set;

    public void Set()
    {
        lock (_gate)
        {
            _set = true;
            Monitor.Pulse(_gate);
        }
    }

    public void Wait()
    {
        lock (_gate)
        {
            while (!_set)
            {
                _ = Monitor.Wait(_gate);
            }

            _set = false;
        }
    }
}

/// <summary>Tells readers that rows became durable.</summary>
internal sealed class CommitSignal(long durableSeq)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _next;
    private long _durableSeq = durableSeq;

    /// <summary>The last durable row.</summary>
    public long DurableSeq => Volatile.Read(ref _durableSeq);

    /// <summary>Announces a row.</summary>
    public void Publish(long seq)
    {
        TaskCompletionSource? next;
        lock (_gate)
        {
            _durableSeq = seq;
            next = _next;
            _next = null;
        }

        next?.SetResult();
    }

    /// <summary>Completes when a row after this one is durable.</summary>
    public Task WaitBeyondAsync(long seq)
    {
        lock (_gate)
        {
            if (_durableSeq > seq)
            {
                return Task.CompletedTask;
            }

            _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _next.Task;
        }
    }
}
