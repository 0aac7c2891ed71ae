using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Caching.Storage;
using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Answers in cache.db. Which there are is kept in memory, so that what is not there is known without asking. Losing the last commits in a power cut costs a call
/// each, so no commit waits for the disk (synchronous = NORMAL; OFF would risk the file as a whole and saves nothing that is felt). What is deleted is overwritten.
/// The file may be lost at any time (<see cref="LosableDatabase"/>).
/// </summary>
internal sealed class SqliteCacheStore : ICacheStore, IDisposable
{
    private const int PageSize = 500;
    private const string Pragmas = "PRAGMA page_size = 8192; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON";

    private static readonly SqliteFormat Format = new(
        """
        CREATE TABLE entry(
            id INTEGER PRIMARY KEY, namespace TEXT NOT NULL, key TEXT NOT NULL, model TEXT NOT NULL, expires INTEGER NOT NULL, cost INTEGER NOT NULL,
            flush INTEGER NOT NULL, partition TEXT, hits INTEGER NOT NULL, sealed BLOB NOT NULL, UNIQUE(namespace, key))
        """);

    private readonly CachedNames _names = new();
    private readonly TimeProvider _time;
    private readonly LosableDatabase _database;

    /// <summary>Opens or creates the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="time">What entries expire by.</param>
    /// <param name="log">Told what became of a damaged file.</param>
    public SqliteCacheStore(string path, TimeProvider time, ILogger log)
    {
        _time = time;
        _database = new LosableDatabase(path, Format, Pragmas, Load, log);
    }

    /// <inheritdoc/>
    public ValueTask<StoredCacheEntry?> GetAsync(string @namespace, string key, CancellationToken cancellation) => _names.MayHave(@namespace, key)
        ? new ValueTask<StoredCacheEntry?>(InTurnAsync(connection => Get(connection, @namespace, key), cancellation))
        : ValueTask.FromResult<StoredCacheEntry?>(null);

    /// <inheritdoc/>
    public Task PutAsync(StoredCacheEntry entry, CancellationToken cancellation) => InTurnAsync(
        connection =>
        {
            using var command = Command(
                connection,
                """
                INSERT INTO entry(namespace, key, model, expires, cost, flush, partition, hits, sealed) VALUES($n, $k, $m, $e, $c, $f, $p, 0, $s)
                ON CONFLICT(namespace, key) DO UPDATE SET model = $m, expires = $e, cost = $c, flush = $f, partition = $p, hits = 0, sealed = $s
                """,
                ("$n", entry.Namespace),
                ("$k", entry.Key),
                ("$m", entry.Model),
                ("$e", entry.ExpiresUnixMs),
                ("$c", entry.CostNanoUsd),
                ("$f", entry.FlushNumber),
                ("$p", (object?)entry.Partition ?? DBNull.Value),
                ("$s", entry.Sealed.ToArray()));
            _ = command.ExecuteNonQuery();
            _names.Add(entry.Namespace, entry.Key);
            return true;
        },
        cancellation);

    /// <inheritdoc/>
    public Task DeleteAsync(string @namespace, string key, CancellationToken cancellation) => !_names.MayHave(@namespace, key) ? Task.CompletedTask : InTurnAsync(
        connection =>
        {
            using var command = Command(connection, "DELETE FROM entry WHERE namespace = $n AND key = $k", ("$n", @namespace), ("$k", key));
            _ = command.ExecuteNonQuery();
            _names.Remove(@namespace, key);
            return true;
        },
        cancellation);

    /// <inheritdoc/>
    public Task NoteHitsAsync(IReadOnlyList<CacheHits> hits, CancellationToken cancellation) => InTurnAsync(
        connection =>
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            foreach (var hit in hits)
            {
                using var command = Command(
                    connection, "UPDATE entry SET hits = hits + $h WHERE namespace = $n AND key = $k", ("$h", hit.Hits), ("$n", hit.Namespace), ("$k", hit.Key));
                _ = command.ExecuteNonQuery();
            }

            transaction.Commit();
            return true;
        },
        cancellation);

    /// <inheritdoc/>
    public async IAsyncEnumerable<CacheHead> ListAsync(string? @namespace, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Page by page, so that others have their turns between.
        for (var after = 0L; ;)
        {
            var from = after;
            var page = await InTurnAsync(connection => Page(connection, @namespace, from), cancellation) ?? [];
            foreach (var (id, head) in page)
            {
                after = id;
                yield return head;
            }

            if (page.Count < PageSize)
            {
                yield break;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _database.Dispose();

    private static SqliteCommand Command(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every caller passes a constant.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            _ = command.Parameters.AddWithValue(name, value);
        }

        return command;
    }

    private static List<(long Id, CacheHead Head)> Page(SqliteConnection connection, string? @namespace, long after)
    {
        using var command = Command(
            connection,
            """
            SELECT id, namespace, key, model, expires, cost, flush, partition, hits, length(sealed) FROM entry
            WHERE id > $a AND ($n IS NULL OR namespace = $n) ORDER BY id LIMIT $l
            """,
            ("$a", after),
            ("$n", (object?)@namespace ?? DBNull.Value),
            ("$l", PageSize));
        using var reader = command.ExecuteReader();
        var page = new List<(long, CacheHead)>();
        while (reader.Read())
        {
            page.Add((reader.GetInt64(0), new CacheHead(
                reader.GetString(1),
                reader.GetString(2),
                reader.GetString(3),
                reader.GetInt64(4),
                reader.GetInt64(5),
                reader.GetInt64(6),
                reader.IsDBNull(7) ? null : reader.GetString(7),
                reader.GetInt64(8),
                reader.GetInt64(9))));
        }

        return page;
    }

    private StoredCacheEntry? Get(SqliteConnection connection, string @namespace, string key)
    {
        using var command = Command(
            connection,
            "SELECT namespace, key, model, expires, cost, flush, partition, sealed FROM entry WHERE namespace = $n AND key = $k AND expires > $t",
            ("$n", @namespace),
            ("$k", key),
            ("$t", _time.GetUtcNow().ToUnixTimeMilliseconds()));
        using var reader = command.ExecuteReader();
        return reader.Read()
            ? new StoredCacheEntry(
                reader.GetString(0),
                reader.GetString(1),
                reader.GetString(2),
                reader.GetInt64(3),
                reader.GetInt64(4),
                reader.GetInt64(5),
                reader.IsDBNull(6) ? null : reader.GetString(6),
                reader.GetFieldValue<byte[]>(7))
            : null;
    }

    /// <summary>Which answers there are.</summary>
    private void Load(SqliteConnection connection)
    {
        _names.Clear();
        using var command = Command(connection, "SELECT namespace, key FROM entry");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            _names.Add(reader.GetString(0), reader.GetString(1));
        }
    }

    /// <summary>Nothing where there is no file.</summary>
    private async Task<T?> InTurnAsync<T>(Func<SqliteConnection, T> action, CancellationToken cancellation)
    {
        T? result = default;
        await _database.InTurnAsync(connection => result = connection is null ? default : action(connection), cancellation);
        return result;
    }
}
