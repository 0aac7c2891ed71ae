using System.Security.Cryptography;
using SQLitePCL;

namespace AiOrchestrator.Server.Storage;

/// <summary>What became of a commit.</summary>
internal enum CommitOutcome
{
    /// <summary>On the disk.</summary>
    Durable,

    /// <summary>Certainly not written: there is no space. Can be tried again.</summary>
    NoSpace,

    /// <summary>Nobody knows what is on the disk: the process must stop and start again from what it finds there.</summary>
    Unknown,
}

/// <summary>The write-ahead log after a checkpoint.</summary>
/// <param name="LogPages">Its length.</param>
/// <param name="IsComplete">All of it is in the database: the next commit starts it afresh if nobody reads from it.</param>
internal readonly record struct LogState(int LogPages, bool IsComplete);

/// <summary>
/// The journal's table: one row per group commit, each with its hash (<see cref="JournalChain"/>). Belongs to one thread at a time.
/// </summary>
internal sealed class JournalStore : IDisposable
{
    public const int PageBytes = 4096;

    private static readonly SqliteFormat Format = new(
        "CREATE TABLE journal(seq INTEGER PRIMARY KEY, entries BLOB NOT NULL, hash BLOB NOT NULL)")
    {
        // Format 2: rows after this one are hashed in two steps.
        Migrations =
        [
            """
            CREATE TABLE meta(last_flat_row INTEGER NOT NULL);
            INSERT INTO meta SELECT coalesce(max(seq), 0) FROM journal
            """,
        ],
    };

    private readonly SqliteDatabase _database;
    private readonly sqlite3_stmt _insert;
    private readonly sqlite3_stmt _hashOf;
    private readonly byte[] _lastHash = new byte[JournalChain.HashBytes];

    private JournalStore(SqliteDatabase database)
    {
        _database = database;
        _insert = database.Prepare("INSERT INTO journal(seq, entries, hash) VALUES(?, ?, ?)");
        _hashOf = database.Prepare("SELECT hash FROM journal WHERE seq = ?");
        LastSeq = database.QueryInt64("SELECT max(seq) FROM journal");
        LastFlatRow = database.QueryInt64("SELECT last_flat_row FROM meta");
        HashOf(LastSeq).CopyTo(_lastHash, 0);
    }

    /// <summary>The number of the last durable row; 0 when there is none.</summary>
    public long LastSeq { get; private set; }

    /// <summary>Rows up to this one are hashed as format 1 did; 0 for none.</summary>
    public long LastFlatRow { get; }

    /// <summary>The last failure, one line.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>Opens or creates the journal. Nothing is verified yet (<see cref="JournalRecovery"/>).</summary>
    /// <exception cref="StorageException">It cannot be opened, or has a newer format.</exception>
    public static JournalStore Open(string path, JournalOptions options)
    {
        var database = SqliteDatabase.Open(path, readOnly: false);
        try
        {
            // The page size counts only before the first table. fullfsync makes macOS reach the disk; elsewhere it changes nothing.
            database.Execute(
                $"PRAGMA page_size = {PageBytes}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = 1; "
                + "PRAGMA checkpoint_fullfsync = 1; PRAGMA wal_autocheckpoint = 0");
            Format.Apply(path, database.QueryInt64, database.Execute);
            options.Opened?.Invoke(database);
            var store = new JournalStore(database);
            Preallocate(path + "-wal", options.CheckpointBytes + (options.CheckpointBytes / 4));
            return store;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>The stored hash of a row; empty when there is none of it.</summary>
    public byte[] HashOf(long seq)
    {
        _ = raw.sqlite3_bind_int64(_hashOf, 1, seq);
        var hash = _database.Step(_hashOf) ? raw.sqlite3_column_blob(_hashOf, 0).ToArray() : [];
        _ = raw.sqlite3_reset(_hashOf);
        return hash.Length == JournalChain.HashBytes ? hash : [];
    }

    /// <summary>Writes one row and waits until it is on the disk.</summary>
    public CommitOutcome Append(ReadOnlySpan<byte> entries)
    {
        var seq = LastSeq + 1;
        Span<byte> hash = stackalloc byte[JournalChain.HashBytes];
        _ = SHA256.HashData(entries, hash);
        JournalChain.Next(_lastHash, seq, hash, hash);
        _ = raw.sqlite3_bind_int64(_insert, 1, seq);
        _ = raw.sqlite3_bind_blob(_insert, 2, entries);
        _ = raw.sqlite3_bind_blob(_insert, 3, hash);
        var result = raw.sqlite3_step(_insert);
        if (result != raw.SQLITE_DONE)
        {
            return Failed(result);
        }

        _ = raw.sqlite3_reset(_insert);
        hash.CopyTo(_lastHash);
        LastSeq = seq;
        return CommitOutcome.Durable;
    }

    /// <summary>Copies the write-ahead log into the database.</summary>
    /// <param name="mode">SQLITE_CHECKPOINT_PASSIVE or _RESTART.</param>
    public LogState Checkpoint(int mode) => Checkpoint(_database, mode);

    /// <summary>The same on another connection.</summary>
    public static LogState Checkpoint(SqliteDatabase database, int mode)
    {
        // A checkpoint that fails loses nothing: the log still has every page, and the next one tries again.
        var result = raw.sqlite3_wal_checkpoint_v2(database.Handle, "main", mode, out var logPages, out var copiedPages);
        return new LogState(logPages, result == raw.SQLITE_OK && logPages == copiedPages);
    }

    /// <inheritdoc/>
    public void Dispose() => _database.Dispose();

    /// <summary>
    /// Makes the write-ahead log as long as it is going to be: a sync after a write that lengthens a file also waits for the file
    /// system's own journal, which doubles the time of a commit. SQLite takes the zeros for the end of the log.
    /// </summary>
    private static void Preallocate(string path, long bytes)
    {
        try
        {
            using var log = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var zeros = new byte[1 << 20];
            for (var at = log.Seek(0, SeekOrigin.End); at < bytes; at += zeros.Length)
            {
                log.Write(zeros);
            }

            log.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Safe: without it commits are slower until the log has grown, and if the disk is full the first commit says so.
        }
    }

    private CommitOutcome Failed(int result)
    {
        LastFailure = _database.Failure("could not be written").Message;
        var errno = SqliteLibrary.LastSystemErrno(_database.Handle);
        _ = raw.sqlite3_reset(_insert);
        if (raw.sqlite3_get_autocommit(_database.Handle) == 0)
        {
            _ = raw.sqlite3_exec(_database.Handle, "ROLLBACK");
        }

        return IsNoSpace(result, errno) ? CommitOutcome.NoSpace : CommitOutcome.Unknown;
    }

    private static bool IsNoSpace(int result, int errno)
    {
        // ENOSPC, EDQUOT on Linux, EDQUOT on macOS. A failed sync is never "no space" even if the system calls it so: pages it
        // had taken may be gone.
        const int ioErrorSync = 1034;
        const int ioErrorDirectorySync = 1290;
        return (result & 0xff) == raw.SQLITE_FULL
            || ((result & 0xff) == raw.SQLITE_IOERR && result is not (ioErrorSync or ioErrorDirectorySync) && errno is 28 or 122 or 69);
    }
}
