using System.Threading.Tasks.Sources;

namespace AiOrchestrator.Server.Storage;

/// <summary>One caller waiting for its entry to become durable. Pooled: waiting allocates nothing.</summary>
internal sealed class JournalWaiter(JournalWaiterPool pool) : IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _core;


    /// <summary>To be awaited once.</summary>
    public ValueTask<bool> Task => new(this, _core.Version);

    /// <summary>Ends the wait; the caller continues here and now, on a thread of the pool (<see cref="JournalAnswers"/>).</summary>
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

/// <summary>
/// A few callers to be answered, as one item of the thread pool: what most of them do next is one write to a socket, which costs less
/// than waking a thread for each. Never on the writer's own thread: a caller may go on to close the journal and wait for it.
/// </summary>
internal sealed class JournalAnswers(JournalWaiter[] waiters, bool durable) : IThreadPoolWorkItem
{
    private const int MostTogether = 16;

    /// <summary>Hands all of a list to the pool and empties it.</summary>
    public static void Send(List<JournalWaiter> waiters, bool durable)
    {
        for (var from = 0; from < waiters.Count; from += MostTogether)
        {
            var some = waiters.GetRange(from, Math.Min(MostTogether, waiters.Count - from)).ToArray();
            _ = ThreadPool.UnsafeQueueUserWorkItem(new JournalAnswers(some, durable), preferLocal: false);
        }

        waiters.Clear();
    }

    /// <inheritdoc/>
    public void Execute()
    {
        foreach (var waiter in waiters)
        {
            waiter.Complete(durable);
        }
    }
}
