using AiOrchestrator.Core.Metering;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace AiOrchestrator.Server.Storage;

/// <summary>The one statement that is run for every event ever: prepared once, fed with spans.</summary>
internal sealed class UsageInsert : IDisposable
{
    private readonly UsageColumns _columns = new();
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    public UsageInsert(SqliteConnection connection)
    {
        _database = connection.Handle!;
        var result = raw.sqlite3_prepare_v2(
            _database,
            """
            INSERT INTO usage(organisation_id, id, created, key_id, model, provider, status, request_id, event)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            out _statement);
        SqliteException.ThrowExceptionForRC(result, _database);
    }

    /// <summary>How a status is written in an event.</summary>
    public static string Name(UsageStatus status) => status switch
    {
        UsageStatus.Ok => "ok",
        UsageStatus.Refused => "refused",
        UsageStatus.Error => "error",
        UsageStatus.Timeout => "timeout",
        UsageStatus.Cancelled => "cancelled",
        UsageStatus.Cut => "cut",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "Not a status."),
    };

    /// <summary>Stores an event inside the connection's transaction; one that is stored already changes nothing.</summary>
    public void Run(ReadOnlySpan<byte> eventJson)
    {
        _columns.Read(eventJson);
        _ = raw.sqlite3_bind_text(_statement, 1, _columns.OrganisationId);
        _ = raw.sqlite3_bind_blob(_statement, 2, _columns.Id);
        _ = raw.sqlite3_bind_int64(_statement, 3, _columns.CreatedUnixMs);
        BindText(4, _columns.KeyId);
        BindText(5, _columns.Model);
        BindText(6, _columns.Provider);

        // The default status is not written into the event.
        _ = raw.sqlite3_bind_text(_statement, 7, _columns.Status.IsEmpty ? "ok"u8 : _columns.Status);
        BindText(8, _columns.RequestId);
        _ = raw.sqlite3_bind_blob(_statement, 9, eventJson);
        var result = raw.sqlite3_step(_statement);
        _ = raw.sqlite3_reset(_statement);
        if (result != raw.SQLITE_DONE)
        {
            SqliteException.ThrowExceptionForRC(result, _database);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _statement.Dispose();

    private void BindText(int index, ReadOnlySpan<byte> text) =>
        _ = text.IsEmpty ? raw.sqlite3_bind_null(_statement, index) : raw.sqlite3_bind_text(_statement, index, text);
}
