using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace AiOrchestrator.Server.Storage;

/// <summary>A statement that is run for every event, or nearly: prepared once, fed with spans. One thread at a time.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private byte[] _utf8 = new byte[1024];

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle!;
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(_database, sql, out _statement), _database);
    }

    /// <summary>Binds a number.</summary>
    public SqliteStatement Bind(int index, long number)
    {
        _ = raw.sqlite3_bind_int64(_statement, index, number);
        return this;
    }

    /// <summary>Binds bytes.</summary>
    public SqliteStatement Bind(int index, ReadOnlySpan<byte> bytes)
    {
        _ = raw.sqlite3_bind_blob(_statement, index, bytes);
        return this;
    }

    /// <summary>Binds a text or nothing.</summary>
    public SqliteStatement Bind(int index, string? text)
    {
        if (text is null)
        {
            _ = raw.sqlite3_bind_null(_statement, index);
            return this;
        }

        if (text.Length == 0)
        {
            // An empty span is a null pointer to SQLite, and that is nothing instead of an empty text.
            _ = raw.sqlite3_bind_text(_statement, index, text);
            return this;
        }

        // SQLite copies what it is given, so one buffer serves all.
        if (_utf8.Length < 3 * text.Length)
        {
            _utf8 = new byte[3 * text.Length];
        }

        _ = raw.sqlite3_bind_text(_statement, index, _utf8.AsSpan(0, Encoding.UTF8.GetBytes(text, _utf8)));
        return this;
    }

    /// <summary>Runs it; whether it changed anything.</summary>
    public bool Run()
    {
        var result = raw.sqlite3_step(_statement);
        _ = raw.sqlite3_reset(_statement);
        if (result != raw.SQLITE_DONE)
        {
            SqliteException.ThrowExceptionForRC(result, _database);
        }

        return raw.sqlite3_changes(_database) > 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _statement.Dispose();
}
