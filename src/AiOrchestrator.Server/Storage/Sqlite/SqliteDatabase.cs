using SQLitePCL;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// A raw connection for the journal's hot path: prepared statements, spans in, no allocation. One thread at a time (it is
/// opened without SQLite's own mutex).
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly List<sqlite3_stmt> _statements = [];
    private readonly string _name;

    private SqliteDatabase(sqlite3 handle, string name)
    {
        Handle = handle;
        _name = name;
    }

    /// <summary>The connection.</summary>
    public sqlite3 Handle { get; }

    /// <summary>Opens a database file, which is created unless <paramref name="readOnly"/>.</summary>
    /// <exception cref="StorageException">It cannot be opened.</exception>
    public static SqliteDatabase Open(string path, bool readOnly)
    {
        SqliteLibrary.Ensure();
        var flags = raw.SQLITE_OPEN_NOMUTEX | (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        var result = raw.sqlite3_open_v2(path, out var handle, flags, null);
        var database = new SqliteDatabase(handle, Path.GetFileName(path));
        if (result != raw.SQLITE_OK)
        {
            var failure = database.Failure("cannot be opened");
            database.Dispose();
            throw failure;
        }

        _ = raw.sqlite3_extended_result_codes(handle, 1);
        _ = raw.sqlite3_busy_timeout(handle, 5_000);
        return database;
    }

    /// <summary>Runs statements whose rows nobody needs.</summary>
    /// <exception cref="StorageException">One failed.</exception>
    public void Execute(string sql)
    {
        if (raw.sqlite3_exec(Handle, sql) != raw.SQLITE_OK)
        {
            throw Failure($"failed at '{sql}'");
        }
    }

    /// <summary>The first column of the first row; 0 when there is none.</summary>
    /// <exception cref="StorageException">It failed.</exception>
    public long QueryInt64(string sql)
    {
        var statement = Prepare(sql);
        var value = Step(statement) ? raw.sqlite3_column_int64(statement, 0) : 0;
        _ = raw.sqlite3_reset(statement);
        return value;
    }

    /// <summary>A statement that lives as long as the connection.</summary>
    /// <exception cref="StorageException">It is not valid here.</exception>
    public sqlite3_stmt Prepare(string sql)
    {
        if (raw.sqlite3_prepare_v2(Handle, sql, out var statement) != raw.SQLITE_OK)
        {
            throw Failure($"failed at '{sql}'");
        }

        _statements.Add(statement);
        return statement;
    }

    /// <summary>Steps a statement: true on a row, false at the end.</summary>
    /// <exception cref="StorageException">It failed; the statement is reset.</exception>
    public bool Step(sqlite3_stmt statement)
    {
        switch (raw.sqlite3_step(statement))
        {
            case raw.SQLITE_ROW:
                return true;
            case raw.SQLITE_DONE:
                return false;
            default:
                var failure = Failure("failed");
                _ = raw.sqlite3_reset(statement);
                throw failure;
        }
    }

    /// <summary>The connection's last failure in one line.</summary>
    public StorageException Failure(string what)
    {
        var errno = SqliteLibrary.LastSystemErrno(Handle);
        return new StorageException(
            $"{_name} {what}: {raw.sqlite3_errmsg(Handle).utf8_to_string()} "
            + $"(SQLite {raw.sqlite3_extended_errcode(Handle)}, system {errno})");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var statement in _statements)
        {
            statement.Dispose();
        }

        Handle.Dispose();
    }
}
