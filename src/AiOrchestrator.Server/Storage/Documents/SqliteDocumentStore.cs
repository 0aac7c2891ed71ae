using System.Globalization;
using AiOrchestrator.Core.Platform;
using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Configuration documents in config.db. A tag is the store's version at the last write of the document: it grows with every
/// write anywhere, so a document deleted and created again never has an old tag.
/// </summary>
internal sealed class SqliteDocumentStore : IDocumentStore, IDisposable
{
    private const string NextVersion = "UPDATE version SET value = value + 1";

    private static readonly SqliteFormat Format = new(
        """
        CREATE TABLE document(
            partition TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, json BLOB NOT NULL,
            PRIMARY KEY(partition, id)) WITHOUT ROWID;
        CREATE TABLE version(value INTEGER NOT NULL);
        INSERT INTO version VALUES(0)
        """);

    private readonly SemaphoreSlim _turn = new(initialCount: 1);
    private readonly SqliteConnection _connection;
    private readonly DocumentChangeLog _changes = new();

    /// <summary>Opens or creates the database.</summary>
    /// <exception cref="StorageException">It cannot be opened or has a newer format.</exception>
    public SqliteDocumentStore(string path) =>
        _connection = SqliteConnections.OpenForWriting(path, Format, "PRAGMA synchronous = FULL");

    /// <inheritdoc/>
    public Task<Document?> GetAsync(string partition, string id, CancellationToken cancellation) => InTurnAsync(
        () =>
        {
            using var command = Command("SELECT id, version, json FROM document WHERE partition = $p AND id = $i", partition, id);
            using var reader = command.ExecuteReader();
            return reader.Read() ? Read(reader) : null;
        },
        cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Document>> ListAsync(string partition, string? afterId, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1000);
        return InTurnAsync<IReadOnlyList<Document>>(
            () =>
            {
                // No id is empty, so "after the empty id" is from the first.
                using var command = Command(
                    "SELECT id, version, json FROM document WHERE partition = $p AND id > $i ORDER BY id LIMIT $n", partition, afterId ?? "");
                _ = command.Parameters.AddWithValue("$n", limit);
                using var reader = command.ExecuteReader();
                var documents = new List<Document>();
                while (reader.Read())
                {
                    documents.Add(Read(reader));
                }

                return documents;
            },
            cancellation);
    }

    /// <inheritdoc/>
    public Task<DocumentWrite> CreateAsync(string partition, string id, ReadOnlyMemory<byte> json, CancellationToken cancellation) =>
        WriteAsync(
            found => found is null ? DocumentOutcome.Done : DocumentOutcome.AlreadyExists,
            "INSERT INTO document(partition, id, version, json) VALUES($p, $i, (SELECT value FROM version), $j)",
            partition,
            id,
            json,
            cancellation);

    /// <inheritdoc/>
    public Task<DocumentWrite> ReplaceAsync(
        string partition, string id, ReadOnlyMemory<byte> json, string? ifMatch, CancellationToken cancellation) =>
        WriteAsync(
            found => Matches(found, ifMatch),
            "UPDATE document SET json = $j, version = (SELECT value FROM version) WHERE partition = $p AND id = $i",
            partition,
            id,
            json,
            cancellation);

    /// <inheritdoc/>
    public async Task<DocumentOutcome> DeleteAsync(string partition, string id, string? ifMatch, CancellationToken cancellation)
    {
        var write = await WriteAsync(
            found => Matches(found, ifMatch),
            "DELETE FROM document WHERE partition = $p AND id = $i",
            partition,
            id,
            json: default,
            cancellation);
        return write.Outcome;
    }

    /// <inheritdoc/>
    public Task<DocumentChanges> ChangesAsync(string? sinceMark, CancellationToken cancellation) =>
        InTurnAsync(() => _changes.Since(sinceMark), cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        _turn.Dispose();
    }

    private static DocumentOutcome Matches(string? found, string? ifMatch) =>
        found is null ? DocumentOutcome.NotFound
        : ifMatch is not null && !string.Equals(ifMatch, found, StringComparison.Ordinal) ? DocumentOutcome.Changed
        : DocumentOutcome.Done;

    private static Document Read(SqliteDataReader reader) =>
        new(reader.GetString(0), Tag(reader.GetInt64(1)), reader.GetFieldValue<byte[]>(2));

    private static string Tag(long version) => version.ToString(CultureInfo.InvariantCulture);

    private Task<DocumentWrite> WriteAsync(
        Func<string?, DocumentOutcome> decide, string sql, string partition, string id, ReadOnlyMemory<byte> json, CancellationToken cancellation) =>
        InTurnAsync(
            () =>
            {
                ArgumentException.ThrowIfNullOrEmpty(id);
                using var transaction = _connection.BeginTransaction(deferred: false);
                var outcome = decide(FindTag(partition, id));
                if (outcome != DocumentOutcome.Done)
                {
                    return new DocumentWrite(outcome, ETag: null);
                }

                SqliteConnections.Execute(_connection, NextVersion);
                using var command = Command(sql, partition, id);
                _ = command.Parameters.AddWithValue("$j", json.ToArray());
                _ = command.ExecuteNonQuery();
                var tag = FindTag(partition, id);
                transaction.Commit();
                _changes.Wrote(partition);
                return new DocumentWrite(outcome, tag);
            },
            cancellation);

    private string? FindTag(string partition, string id)
    {
        using var command = Command("SELECT version FROM document WHERE partition = $p AND id = $i", partition, id);
        return command.ExecuteScalar() is long version ? Tag(version) : null;
    }

    private SqliteCommand Command(string sql, string partition, string id)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Every caller passes a constant.
        command.CommandText = sql;
#pragma warning restore CA2100
        _ = command.Parameters.AddWithValue("$p", partition);
        _ = command.Parameters.AddWithValue("$i", id);
        return command;
    }

    /// <summary>One connection, one caller at a time; nothing here is awaited inside, SQLite has no waiting that is not the disk's.</summary>
    private async Task<T> InTurnAsync<T>(Func<T> action, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            return action();
        }
        finally
        {
            _ = _turn.Release();
        }
    }
}
