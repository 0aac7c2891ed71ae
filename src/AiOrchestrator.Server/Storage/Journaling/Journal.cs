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
    /// <summary>
    /// A row's entries are numbered within <see cref="EntriesPerRow"/>; whatever is kept for one row stays far below, whoever waits.
    /// </summary>
    private const int MaxKeptEntries = EntriesPerRow / 2;

    /// <summary>The number of an entry is its row's number times this, plus its place in the row.</summary>
    public const int EntriesPerRow = 1 << 20;

    private readonly Lock _gate = new();
    private readonly JournalOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<string> _fail;
    private readonly ILogger _log;
    private readonly string _path;
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

    private Journal(OpenedJournal opened, string path, JournalOptions options, TimeProvider time, Action<string> fail, ILogger log)
    {
        var store = opened.Store;
        _store = store;
        _path = path;
        _log = log;
        _bytesSinceSnapshot = opened.BytesSinceSnapshot;
        _snapshotBytes = opened.SnapshotBytes;
        _options = options;
        _time = time;
        _fail = fail;
        _committed = new CommitSignal(store.LastSeq);
        _checkpointer = new JournalCheckpointer(path, options);
        _lingerTimer = time.CreateTimer(static j => ((Journal)j!).WakeForUnawaited(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _retryTimer = time.CreateTimer(static j => ((Journal)j!).WakeForUnawaited(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _writer = new Thread(Write) { IsBackground = true, Name = "journal writer" };
        _writer.Start();
        if (opened.Unverified.Seq > 0)
        {
            _verifier = new Thread(() => VerifyOlder(opened.Unverified)) { IsBackground = true, Name = "journal verifier" };
            _verifier.Start();
        }
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
    /// <param name="create">Makes a replay that has seen nothing.</param>
    /// <param name="log">For what is remarkable and harmless.</param>
    /// <param name="replay">Has seen every entry.</param>
    /// <exception cref="StorageException">It cannot be opened, or is not what was written.</exception>
    public static Journal Open<TReplay>(
        string path, JournalOptions options, TimeProvider time, Action<string> fail, Func<TReplay> create, ILogger log, out TReplay replay)
        where TReplay : class, IJournalReplay =>
        new(JournalOpening.Open(path, options, create, log, out replay), path, options, time, fail, log);

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

            _current.AddStart(start);
            if (start.IsRelaxed)
            {
                LingerUnlessLingering();
                return new(result: true);
            }

            wake = Await(out waiter);
        }

        return Answer(waiter, wake);
    }

    /// <summary>Appends the opening of a wallet; answers as <see cref="AppendStartAsync"/>.</summary>
    public ValueTask<bool> AppendWalletOpenedAsync(Wallet wallet, IReadOnlyList<WalletLine> lines)
    {
        var image = new ImageWriter();
        wallet.Save(image);
        var json = WalletLineJson.Write(lines);
        JournalWaiter waiter;
        bool wake;
        lock (_gate)
        {
            if (IsRefusing)
            {
                return new(result: false);
            }

            _current.AddWalletOpened(wallet.Id, image.Written.Span, json);
            wake = Await(out waiter);
        }

        return Answer(waiter, wake);
    }

    /// <summary>Appends a wallet command and what it adds to the wallet's statement; answers as <see cref="AppendStartAsync"/>.</summary>
    public ValueTask<bool> AppendCommandAsync(string walletId, WalletCommand command, long atUnixMs, IReadOnlyList<WalletLine> lines)
    {
        var image = new ImageWriter();
        WalletCommandImage.Save(image, command);
        var json = WalletLineJson.Write(lines);
        JournalWaiter waiter;
        bool wake;
        lock (_gate)
        {
            if (IsRefusing)
            {
                return new(result: false);
            }

            _current.AddCommand(walletId, atUnixMs, image.Written.Span, json);
            wake = Await(out waiter);
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
            _current.AddRestarted();
            _lingering = true;
        }

        Linger();
    }

    /// <summary>Appends a line of a wallet's statement that is no command; never refused and never waited for.</summary>
    public void AppendLine(WalletLine line)
    {
        var json = WalletLineJson.Write(line);
        lock (_gate)
        {
            _current.AddLine(json);
            LingerUnlessLingering();
        }
    }

    /// <summary>Appends what an unfinished call is charged; answers as <see cref="AppendStartAsync"/>.</summary>
    public ValueTask<bool> AppendUnfinishedChargedAsync(in ExchangeSettlement charged)
    {
        var usage = EventWriter.Mine;
        usage.Write(charged);
        JournalWaiter waiter;
        bool wake;
        lock (_gate)
        {
            if (IsRefusing)
            {
                return new(result: false);
            }

            _current.AddSettlement(EntryKind.UnfinishedCharged, charged, usage);
            wake = Await(out waiter);
        }

        return Answer(waiter, wake);
    }

    /// <summary>Appends a settlement; never refused and never waited for.</summary>
    public void AppendSettlement(in ExchangeSettlement settlement)
    {
        var usage = EventWriter.Mine;
        usage.Write(settlement);
        lock (_gate)
        {
            if (_failure is not null && settlement is { HoldNanoUsd: 0, CostNanoUsd: 0 }
                && (_current.EntryBytes > _options.MaxKeptBytes || _current.Count > MaxKeptEntries))
            {
                // Refused calls can be any number while the disk is full; money is bounded by the calls that had started.
                _ = Interlocked.Increment(ref _droppedEvents);
                return;
            }

            _current.AddSettlement(EntryKind.Settlement, settlement, usage);
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
        _closing.Cancel();
        _verifier?.Join();
        _lingerTimer.Dispose();
        _retryTimer.Dispose();
        _checkpointer.Dispose();
        _store.Dispose();
        _closing.Dispose();
    }

    private StorageException Unwritten() => new($"The journal was closed before all was written: {_failure ?? "it had been asked to"}.");

    private bool IsRefusing => _failure is not null || _stopping;

    private bool Await(out JournalWaiter waiter)
    {
        waiter = _waiters.Rent();
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

    /// <summary>For what nobody waits for; the caller holds the lock, setting a timer under it is short.</summary>
    private void LingerUnlessLingering()
    {
        if (!_lingering && !_current.IsAwaited && _failure is null)
        {
            _lingering = true;
            Linger();
        }
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
