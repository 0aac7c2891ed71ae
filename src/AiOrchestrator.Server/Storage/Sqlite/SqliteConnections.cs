using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Storage;

/// <summary>Opens connections for what is off the request path: documents and projections.</summary>
internal static class SqliteConnections
{
    /// <summary>Opens a database for writing in WAL mode and brings it to its format.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">What it must look like.</param>
    /// <param name="pragmas">Run first; the page size belongs here.</param>
    /// <exception cref="StorageException">It cannot be opened or has a newer format.</exception>
    public static SqliteConnection OpenForWriting(string path, SqliteFormat format, string pragmas)
    {
        var connection = Connect(path, SqliteOpenMode.ReadWriteCreate);
        try
        {
            connection.Open();
            Execute(connection, pragmas + "; PRAGMA journal_mode = WAL; PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1");
            format.Apply(path, sql => QueryInt64(connection, sql), sql => Execute(connection, sql));
            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new StorageException($"{path} cannot be opened: {e.Message}", e);
        }
        catch (StorageException)
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens a second connection that only reads.</summary>
    public static SqliteConnection OpenForReading(string path)
    {
        var connection = Connect(path, SqliteOpenMode.ReadOnly);
        connection.Open();
        return connection;
    }

    /// <summary>Runs statements whose rows nobody needs.</summary>
    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every caller passes a constant, or a constant with its own format's number.
        command.CommandText = sql;
#pragma warning restore CA2100
        _ = command.ExecuteNonQuery();
    }

    private static long QueryInt64(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The one caller passes a constant.
        command.CommandText = sql;
#pragma warning restore CA2100
        return (long)command.ExecuteScalar()!;
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        SqliteLibrary.Ensure();
        return new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,

            // Connections here live as long as their store; a pool would keep files open after that.
            Pooling = false,
        }.ToString());
    }
}
