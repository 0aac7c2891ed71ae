using System.Runtime.InteropServices;
using System.Text;
using AiOrchestrator.Core.Caching.Vectors;
using AiOrchestrator.Core.Platform;
using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Vectors in memory, where they are searched, and in vectors.db, from where they are read at the start. A commit does not wait for the disk (synchronous = NORMAL): a
/// power cut may lose the last vectors, and those find nothing that is not there. What is deleted is overwritten.
/// </summary>
internal sealed partial class SqliteVectorIndex : IVectorIndex, IDisposable
{
    private const string Pragmas = "PRAGMA page_size = 8192; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON";
    private const string OfId = "namespace = $n AND name = $p AND entry = $e";

    private static readonly SqliteFormat Format = new(
        """
        CREATE TABLE vector(
            id INTEGER PRIMARY KEY, namespace TEXT NOT NULL, name TEXT NOT NULL, entry TEXT NOT NULL, numbers BLOB NOT NULL, checksum INTEGER NOT NULL,
            UNIQUE(namespace, name, entry))
        """);

    private readonly SimdVectorIndex _memory;
    private readonly LosableDatabase _database;
    private readonly string _path;
    private readonly int _maxVectors;
    private readonly ILogger _log;

    /// <summary>Rows of the file; changes in turn.</summary>
    private long _rows;

    /// <summary>Opens or creates the file and reads all of it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxVectors">Most that are kept; where one more is put, the one goes that was put longest ago.</param>
    /// <param name="log">Told what was damaged.</param>
    public SqliteVectorIndex(string path, int maxVectors, ILogger log)
    {
        (_path, _maxVectors, _log) = (path, maxVectors, log);
        _memory = new SimdVectorIndex(maxVectors);
        _database = new LosableDatabase(path, Format, Pragmas, Load, log);
    }

    /// <inheritdoc/>
    public string Name => _memory.Name;

    /// <summary>How many vectors there are.</summary>
    public int Count => _memory.Count;

    /// <inheritdoc/>
    public Task PutAsync(VectorPartition partition, string id, ReadOnlyMemory<float> vector, CancellationToken cancellation) => _database.InTurnAsync(
        connection =>
        {
            _memory.Put(partition, id, vector.Span);
            try
            {
                Write(connection, partition, id, MemoryMarshal.AsBytes(vector.Span));
            }
            catch (SqliteException)
            {
                // What the caller is told was not put is not found either.
                _memory.Delete(partition, id);
                throw;
            }
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(
        VectorPartition partition, ReadOnlyMemory<float> vector, int limit, float minSimilarity, CancellationToken cancellation) =>
        _memory.SearchAsync(partition, vector, limit, minSimilarity, cancellation);

    /// <inheritdoc/>
    public Task DeleteAsync(VectorPartition partition, string id, CancellationToken cancellation) => _database.InTurnAsync(
        connection =>
        {
            _memory.Delete(partition, id);
            _rows -= Execute(connection, "DELETE FROM vector WHERE " + OfId, ("$n", partition.Namespace), ("$p", partition.Name), ("$e", id));
        },
        cancellation);

    /// <inheritdoc/>
    public Task DropAsync(string @namespace, CancellationToken cancellation) => _database.InTurnAsync(
        connection =>
        {
            _memory.Drop(@namespace);
            _rows -= Execute(connection, "DELETE FROM vector WHERE namespace = $n", ("$n", @namespace));
        },
        cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        _database.Dispose();
        _memory.Dispose();
    }

    private static int Execute(SqliteConnection? connection, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        if (connection is null)
        {
            return 0;
        }

        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every caller passes a constant.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            _ = command.Parameters.AddWithValue(name, value);
        }

        return command.ExecuteNonQuery();
    }

    /// <summary>Of all of a row: of which entry it tells is no less to be trusted than the numbers.</summary>
    private static long ChecksumOf(VectorPartition partition, string id, ReadOnlySpan<byte> numbers) =>
        Crc32.Of([.. Encoding.UTF8.GetBytes($"{partition.Namespace}\0{partition.Name}\0{id}\0"), .. numbers]);

    private void Write(SqliteConnection? connection, VectorPartition partition, string id, ReadOnlySpan<byte> numbers)
    {
        if (connection is null)
        {
            return;
        }

        // A new row, so that rows are in the order in which they were put.
        using var transaction = connection.BeginTransaction(deferred: false);
        var rows = _rows + 1 - Execute(connection, "DELETE FROM vector WHERE " + OfId, ("$n", partition.Namespace), ("$p", partition.Name), ("$e", id));
        _ = Execute(
            connection,
            "INSERT INTO vector(namespace, name, entry, numbers, checksum) VALUES($n, $p, $e, $v, $c)",
            ("$n", partition.Namespace),
            ("$p", partition.Name),
            ("$e", id),
            ("$v", numbers.ToArray()),
            ("$c", ChecksumOf(partition, id, numbers)));
        if (rows > _maxVectors)
        {
            rows -= Execute(connection, "DELETE FROM vector WHERE id IN (SELECT id FROM vector ORDER BY id LIMIT $l)", ("$l", rows - _maxVectors));
        }

        transaction.Commit();
        _rows = rows;
    }

    private void Load(SqliteConnection connection)
    {
        var damaged = new List<long>();
        _rows = 0;
        using (var command = connection.CreateCommand())
        {
            command.CommandText = "SELECT id, namespace, name, entry, numbers, checksum FROM vector ORDER BY id";
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                if (TryTakeIn(reader))
                {
                    _rows++;
                }
                else
                {
                    damaged.Add(reader.GetInt64(0));
                }
            }
        }

        foreach (var id in damaged)
        {
            _ = Execute(connection, "DELETE FROM vector WHERE id = $i", ("$i", id));
        }

        if (damaged.Count > 0)
        {
            LogDamaged(damaged.Count, _path);
        }
    }

    /// <summary>Takes a row into memory, unless it is not as it was written.</summary>
    private bool TryTakeIn(SqliteDataReader row)
    {
        if (row.GetValue(1) is not string @namespace || row.GetValue(2) is not string name || row.GetValue(3) is not string id
            || row.GetValue(4) is not byte[] numbers || row.GetValue(5) is not long checksum
            || ChecksumOf(new VectorPartition(@namespace, name), id, numbers) != checksum)
        {
            return false;
        }

        try
        {
            _memory.Put(new VectorPartition(@namespace, name), id, MemoryMarshal.Cast<byte, float>(numbers));
            return true;
        }
        catch (ArgumentException)
        {
            // Safe: what breaks the rules of vectors is none, and is dropped like what is damaged.
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Rows} rows of {Path} are damaged: they are deleted, and what they would have found is asked for again")]
    private partial void LogDamaged(int rows, string path);
}
