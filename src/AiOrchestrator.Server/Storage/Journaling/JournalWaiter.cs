using System.Threading.Tasks.Sources;

namespace AiOrchestrator.Server.Storage;

/// <summary>One caller waiting for its entry to become durable. Pooled: waiting allocates nothing.</summary>
internal sealed class JournalWaiter(JournalWaiterPool pool) : IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };

    /// <summary>To be awaited once.</summary>
    public ValueTask<bool> Task => new(this, _core.Version);

    /// <summary>
    /// Ends the wait; the caller continues on the thread pool. (One pool item per batch that then wakes the callers was measured
    /// too: no faster, whether one waits or 256.)
    /// </summary>
    public void Complete(bool durable) => _core.SetResult(durable);

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        var durable = _core.GetResult(token);
        _core.Reset();
        pool.Return(this);
        return durable;
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}

/// <summary>Waiters nobody waits on. Bounded by the number of callers that ever waited at once.</summary>
internal sealed class JournalWaiterPool
{
    private readonly Lock _gate = new();
    private readonly Stack<JournalWaiter> _free = new(capacity: 64);

    public JournalWaiter Rent()
    {
        lock (_gate)
        {
            if (_free.TryPop(out var waiter))
            {
                return waiter;
            }
        }

        return new JournalWaiter(this);
    }

    public void Return(JournalWaiter waiter)
    {
        lock (_gate)
        {
            _free.Push(waiter);
        }
    }
}
