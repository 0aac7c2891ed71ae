using SQLitePCL;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Keeps the write-ahead log short without delaying commits. Copying the log takes many milliseconds, so a helper thread does
/// it on its own connection; what was committed meanwhile is a few pages, which the writer copies itself between two commits,
/// and the commit after that starts the log afresh.
/// </summary>
/// <remarks>
/// The helper keeps a read transaction open while it copies, so that the log cannot be started afresh under it: SQLite before
/// 3.51.3 can lose pages when a checkpoint and a log reset coincide (sqlite.org/wal.html, "the WAL-reset bug"), and the
/// operating system's SQLite may be older.
/// </remarks>
internal sealed class JournalCheckpointer : IDisposable
{
    private const int Helping = 1;
    private const int Copied = 2;
    private const long FrameBytes = JournalStore.PageBytes + 24;

    private readonly JournalOptions _options;
    private readonly SqliteDatabase _copying;
    private readonly SqliteDatabase _pinning;
    private readonly SemaphoreSlim _work = new(initialCount: 0);
    private readonly Thread _helper;
    private long _logBytes;
    private long _helpAtBytes;
    private long _copiedLogBytes;
    private int _state;
    private volatile bool _stopping;

    public JournalCheckpointer(string path, JournalOptions options)
    {
        _options = options;
        _helpAtBytes = options.CheckpointBytes;
        _copying = SqliteDatabase.Open(path, readOnly: false);
        _copying.Execute("PRAGMA synchronous = FULL; PRAGMA checkpoint_fullfsync = 1; PRAGMA wal_autocheckpoint = 0");
        _pinning = SqliteDatabase.Open(path, readOnly: true);
        _helper = new Thread(Help) { IsBackground = true, Name = "journal checkpointer" };
        _helper.Start();
    }

    /// <summary>Called by the writer after each commit; may do the short rest of a checkpoint.</summary>
    public void Committed(JournalStore store, int entryBytes)
    {
        // Roughly: the leaf page, the pages that do not fit in it, and each page's frame head.
        _logBytes += (2L + entryBytes / JournalStore.PageBytes) * FrameBytes;
        switch (Volatile.Read(ref _state))
        {
            case Copied:
                Finish(store);
                break;
            case Helping:
                break;
            default:
                if (_logBytes >= _helpAtBytes)
                {
                    _state = Helping;
                    _ = _work.Release();
                }

                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping = true;
        _ = _work.Release();
        _helper.Join();
        _work.Dispose();
        _pinning.Dispose();
        _copying.Dispose();
    }

    private void Finish(JournalStore store)
    {
        // Restarting waits for readers and delays commits; it happens only if readers kept the log from starting afresh for
        // very long, and is better than a log without bound.
        var mode = _copiedLogBytes >= _options.MaxLogBytes ? raw.SQLITE_CHECKPOINT_RESTART : raw.SQLITE_CHECKPOINT_PASSIVE;
        var log = store.Checkpoint(mode);
        _logBytes = log.IsComplete ? 0 : log.LogPages * FrameBytes;
        _helpAtBytes = _logBytes + _options.CheckpointBytes;
        _state = 0;
    }

    private void Help()
    {
        while (true)
        {
            _work.Wait();
            if (_stopping)
            {
                return;
            }

            try
            {
                _pinning.Execute("BEGIN; SELECT count(*) FROM sqlite_master");
                _copiedLogBytes = JournalStore.Checkpoint(_copying, raw.SQLITE_CHECKPOINT_PASSIVE).LogPages * FrameBytes;
                _pinning.Execute("COMMIT");
            }
            catch (StorageException)
            {
                // Safe: the log still has every page. The writer's own checkpoint comes next and a commit reports what is wrong.
            }

            Volatile.Write(ref _state, Copied);
        }
    }
}
