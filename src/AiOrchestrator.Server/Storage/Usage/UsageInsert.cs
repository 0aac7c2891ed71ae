using System.Buffers.Binary;
using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace AiOrchestrator.Server.Storage;

/// <summary>The one statement that is run for every event ever: prepared once, fed with spans.</summary>
internal sealed class UsageInsert : IDisposable
{
    private byte[] _utf8 = new byte[1024];
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
    /// <exception cref="InvalidDataException">It has no exchange id: then it is not an event the stream took.</exception>
    public void Run(UsageEvent usage)
    {
        if (!ExchangeId.TryParse(usage.Id, out var id))
        {
            throw new InvalidDataException($"A usage event has '{usage.Id}' for its id.");
        }

        Span<byte> key = stackalloc byte[EntryWriter.IdBytes];
        BinaryPrimitives.WriteUInt128BigEndian(key, id.Value);
        BindText(1, usage.OrganisationId ?? "");
        _ = raw.sqlite3_bind_blob(_statement, 2, key);
        _ = raw.sqlite3_bind_int64(_statement, 3, usage.CreatedUnixMs);
        BindText(4, usage.KeyId);
        BindText(5, usage.Model);
        BindText(6, usage.Provider);
        BindText(7, Name(usage.Status));
        BindText(8, usage.RequestId);
        _ = raw.sqlite3_bind_blob(_statement, 9, EventWriter.Mine.WriteWhole(usage, id));
        var result = raw.sqlite3_step(_statement);
        _ = raw.sqlite3_reset(_statement);
        if (result != raw.SQLITE_DONE)
        {
            SqliteException.ThrowExceptionForRC(result, _database);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _statement.Dispose();

    private void BindText(int index, string? text)
    {
        if (text is null)
        {
            _ = raw.sqlite3_bind_null(_statement, index);
            return;
        }

        // SQLite copies what it is given, so one buffer serves all.
        if (_utf8.Length < 3 * text.Length)
        {
            _utf8 = new byte[3 * text.Length];
        }

        _ = raw.sqlite3_bind_text(_statement, index, _utf8.AsSpan(0, Encoding.UTF8.GetBytes(text, _utf8)));
    }
}
