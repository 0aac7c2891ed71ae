namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Tells the callers of one batch. The writer hands the whole batch to the thread pool as one item: queueing each caller
/// from the writer would delay the next commit, and from a pool thread it goes to that thread's own, cheaper queue.
/// </summary>
internal sealed class JournalCompletion(JournalCompletionPool pool) : IThreadPoolWorkItem
{
    private bool _durable;

    /// <summary>Who waits; empty in the pool.</summary>
    public List<JournalWaiter> Waiters { get; set; } = new(capacity: 64);

    /// <summary>Queues the answer.</summary>
    public void Queue(bool durable)
    {
        _durable = durable;
        _ = ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        var durable = _durable;
        for (var i = 0; i < Waiters.Count - 1; i++)
        {
            Waiters[i].Complete(durable, inline: false);
        }

        // The last continues on this thread: for a batch of one that saves a hop, and nobody is behind it.
        var last = Waiters[^1];
        Waiters.Clear();
        pool.Return(this);
        last.Complete(durable, inline: true);
    }
}

/// <summary>Completions at rest.</summary>
internal sealed class JournalCompletionPool
{
    private readonly Lock _gate = new();
    private readonly Stack<JournalCompletion> _free = new();

    public JournalCompletion Rent()
    {
        lock (_gate)
        {
            if (_free.TryPop(out var completion))
            {
                return completion;
            }
        }

        return new JournalCompletion(this);
    }

    public void Return(JournalCompletion completion)
    {
        lock (_gate)
        {
            _free.Push(completion);
        }
    }
}
