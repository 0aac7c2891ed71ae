using AiOrchestrator.Core.Metering;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// The one ordered journal (design §3, "Nothing is lost"). Callers append encoded entries to the current batch under a short
/// lock; one writer thread makes whole batches durable, one row and one sync each. Starts and wallet commands wait for that,
/// settlements do not: they travel with the next batch somebody waits for, or after a few milliseconds.
/// </summary>
internal sealed partial class Journal : IDisposable
{
    private readonly Lock _gate = new();
    private readonly JournalOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<string> _fail;
    private readonly JournalStore _store;
    private readonly JournalCheckpointer _checkpointer;
    private readonly JournalWaiterPool _waiters = new();
    private readonly WriterSignal _signal = new();
    private readonly CommitSignal _committed;
    private readonly ITimer _lingerTimer;
    private readonly ITimer _retryTimer;
    private readonly Thread _writer;

    // Everything below is guarded by _gate, unless a line says otherwise.
    private JournalBatch _current = new();
    private JournalBatch _spare = new();
    private bool _lingering;
    private bool _due;
    private bool _idle;
    private bool _stopping;
    private long _droppedEvents;
    private volatile string? _failure;
    private volatile bool _broken;

    private Journal(JournalStore store, string path, JournalOptions options, TimeProvider time, Action<string> fail)
    {
        _store = store;
        _options = options;
        _time = time;
        _fail = fail;
        _committed = new CommitSignal(store.LastSeq);
        _checkpointer = new JournalCheckpointer(path, options);
        _lingerTimer = time.CreateTimer(static j => ((Journal)j!).WakeForUnawaited(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _retryTimer = time.CreateTimer(static j => ((Journal)j!).WakeForUnawaited(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _writer = new Thread(Write) { IsBackground = true, Name = "journal writer" };
        _writer.Start();
    }

    /// <summary>Why nothing can be written now; null when all is well. Any thread.</summary>
    public string? Failure => _failure;

    /// <summary>Events of calls that cost nothing, dropped because nothing could be written for too long. Any thread.</summary>
    public long DroppedEvents => Interlocked.Read(ref _droppedEvents);

    /// <summary>Signals rows that became durable.</summary>
    public CommitSignal Committed => _committed;

    /// <summary>Opens the journal in a locked data directory and replays all of it.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="time">For the waits between commits and retries.</param>
    /// <param name="fail">Stops the process; called at most once, when nobody can know what is durable.</param>
    /// <param name="replay">Sees every entry.</param>
    /// <exception cref="StorageException">It cannot be opened, or is not what was written.</exception>
    public static Journal Open(string path, JournalOptions options, TimeProvider time, Action<string> fail, IJournalReplay replay) =>
        new(JournalStore.Open(path, options, replay), path, options, time, fail);

    /// <summary>Appends a start. True when it is durable; false when it is not and must not be acted on.</summary>
    public ValueTask<bool> AppendStartAsync(in ExchangeStart start)
    {
        JournalWaiter waiter;
        bool wake;
        lock (_gate)
        {
            if (IsRefusing)
            {
                return new(result: false);
            }

            var entry = new EntryWriter(_current.Reserve(EntryWriter.MaxBytes(start)));
            entry.Start(start);
            if (start.IsRelaxed)
            {
                _current.Advance(entry.Length);
                return LingerUnlessLingering();
            }

            wake = Await(entry.Length, out waiter);
        }

        return Answer(waiter, wake);
    }

    /// <summary>Appends the opening of a wallet; answers as <see cref="AppendStartAsync"/>.</summary>
    public ValueTask<bool> AppendWalletOpenedAsync(string walletId, long? limitNanoUsd)
    {
        JournalWaiter waiter;
        bool wake;
        lock (_gate)
        {
            if (IsRefusing)
            {
                return new(result: false);
            }

            var entry = new EntryWriter(_current.Reserve(EntryWriter.MaxBytes([walletId])));
            entry.WalletOpened(walletId, limitNanoUsd);
            wake = Await(entry.Length, out waiter);
        }

        return Answer(waiter, wake);
    }

    /// <summary>Appends a wallet command; answers as <see cref="AppendStartAsync"/>.</summary>
    public ValueTask<bool> AppendCommandAsync(string walletId, WalletCommand command)
    {
        JournalWaiter waiter;
        bool wake;
        lock (_gate)
        {
            if (IsRefusing)
            {
                return new(result: false);
            }

            var entry = new EntryWriter(_current.Reserve(EntryWriter.MaxBytes([walletId])));
            entry.Command(walletId, command);
            wake = Await(entry.Length, out waiter);
        }

        return Answer(waiter, wake);
    }

    /// <summary>
    /// Appends that the process began again. Not waited for, and kept while nothing can be written: whatever is durable after it
    /// has it in front.
    /// </summary>
    public void AppendRestarted()
    {
        lock (_gate)
        {
            var entry = new EntryWriter(_current.Reserve(1));
            entry.Restarted();
            _current.Advance(entry.Length);
            _lingering = true;
        }

        Linger();
    }

    /// <summary>Appends what an unfinished call is charged; answers as <see cref="AppendStartAsync"/>.</summary>
    public ValueTask<bool> AppendUnfinishedChargedAsync(in ExchangeSettlement charged)
    {
        var json = EventScratch.Mine.Write(charged.Event);
        JournalWaiter waiter;
        bool wake;
        lock (_gate)
        {
            if (IsRefusing)
            {
                return new(result: false);
            }

            var entry = new EntryWriter(_current.Reserve(EntryWriter.MaxBytes(charged.WalletIds) + json.Length));
            entry.Settlement(EntryKind.UnfinishedCharged, charged, json);
            wake = Await(entry.Length, out waiter);
        }

        return Answer(waiter, wake);
    }

    /// <summary>Appends a settlement; never refused and never waited for.</summary>
    public void AppendSettlement(in ExchangeSettlement settlement)
    {
        var json = EventScratch.Mine.Write(settlement.Event);
        lock (_gate)
        {
            var maxBytes = EntryWriter.MaxBytes(settlement.WalletIds) + json.Length;
            if (_failure is not null && settlement is { HoldNanoUsd: 0, CostNanoUsd: 0 } && _current.EntryBytes + maxBytes > _options.MaxKeptBytes)
            {
                // Refused calls can be any number while the disk is full; money is bounded by the calls that had started.
                _ = Interlocked.Increment(ref _droppedEvents);
                return;
            }

            var entry = new EntryWriter(_current.Reserve(maxBytes));
            entry.Settlement(EntryKind.Settlement, settlement, json);
            _current.Advance(entry.Length);
            if (_lingering || _current.IsAwaited || _failure is not null)
            {
                return;
            }

            _lingering = true;
        }

        Linger();
    }

    /// <summary>Completes when everything appended before is durable, however long that takes; fails when that cannot be any more.</summary>
    public Task FlushAsync()
    {
        var flush = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool wake;
        lock (_gate)
        {
            if (_stopping || _broken)
            {
                return Task.FromException(Unwritten());
            }

            _current.Flushes.Add(flush);
            wake = TakeIdle();
        }

        Wake(wake);
        return flush.Task;
    }

    /// <summary>Writes what is pending and closes.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }

            _stopping = true;
            _due |= _failure is not null;
            _idle = false;
        }

        _signal.Set();
        _writer.Join();
        _lingerTimer.Dispose();
        _retryTimer.Dispose();
        _checkpointer.Dispose();
        _store.Dispose();
    }

    private StorageException Unwritten() => new($"The journal was closed before all was written: {_failure ?? "it had been asked to"}.");

    private bool IsRefusing => _failure is not null || _stopping;

    private bool Await(int entryBytes, out JournalWaiter waiter)
    {
        waiter = _waiters.Rent();
        _current.Advance(entryBytes);
        _current.Waiters.Add(waiter);
        return TakeIdle();
    }

    private ValueTask<bool> Answer(JournalWaiter waiter, bool wake)
    {
        // Taken before the writer can complete it: afterwards the waiter may already serve somebody else.
        var answer = waiter.Task;
        Wake(wake);
        return answer;
    }

    /// <summary>For a start nobody waits for; the caller holds the lock, setting a timer under it is short.</summary>
    private ValueTask<bool> LingerUnlessLingering()
    {
        if (!_lingering && !_current.IsAwaited)
        {
            _lingering = true;
            Linger();
        }

        return new(result: true);
    }

    private void Linger() => _lingerTimer.Change(TimeSpan.FromMilliseconds(_options.LingerMs), Timeout.InfiniteTimeSpan);

    private bool TakeIdle()
    {
        var wake = _idle;
        _idle = false;
        return wake;
    }

    private void Wake(bool wake)
    {
        if (wake)
        {
            _signal.Set();
        }
    }
}
