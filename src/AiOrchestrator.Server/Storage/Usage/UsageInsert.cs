using System.Buffers.Binary;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Storage;

/// <summary>The one statement that is run for every event ever.</summary>
internal sealed class UsageInsert(SqliteConnection connection) : IDisposable
{
    private readonly SqliteStatement _insert = new(
        connection,
        """
        INSERT INTO usage(organisation_id, id, created, key_id, model, provider, status, request_id, event, periods)
        VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """);

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

    /// <summary>Stores an event inside the connection's transaction; false for one that is stored already: it changes nothing.</summary>
    /// <exception cref="InvalidDataException">It has no exchange id: then it is not an event the stream took.</exception>
    public bool Run(UsageEvent usage, string periods, Span<byte> key)
    {
        if (!ExchangeId.TryParse(usage.Id, out var id))
        {
            throw new InvalidDataException($"A usage event has '{usage.Id}' for its id.");
        }

        BinaryPrimitives.WriteUInt128BigEndian(key, id.Value);
        return _insert
            .Bind(1, usage.OrganisationId ?? "")
            .Bind(2, key)
            .Bind(3, usage.CreatedUnixMs)
            .Bind(4, usage.KeyId)
            .Bind(5, usage.Model)
            .Bind(6, usage.Provider)
            .Bind(7, Name(usage.Status))
            .Bind(8, usage.RequestId)
            .Bind(9, EventWriter.Mine.WriteWhole(usage, id))
            .Bind(10, periods)
            .Run();
    }

    /// <inheritdoc/>
    public void Dispose() => _insert.Dispose();
}
