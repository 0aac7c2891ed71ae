using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// A database that may be lost at any time, so that nothing about it stops the product: one that is damaged, or written by a newer program, is moved aside and begun
/// anew, and where that cannot be done either there is none until the next start. One caller at a time.
/// </summary>
internal sealed partial class LosableDatabase : IDisposable
{
    private const int SqliteCorrupt = 11;
    private const int SqliteNotADatabase = 26;

    private readonly SemaphoreSlim _turn = new(initialCount: 1);
    private readonly string _path;
    private readonly SqliteFormat _format;
    private readonly string _pragmas;
    private readonly Action<SqliteConnection> _load;
    private readonly ILogger _log;
    private SqliteConnection? _connection;

    /// <summary>Opens or creates the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">What it must look like.</param>
    /// <param name="pragmas">Run first.</param>
    /// <param name="load">Called with each that is opened: reads what is there, at first or after the file was begun anew.</param>
    /// <param name="log">Told what became of a damaged file.</param>
    public LosableDatabase(string path, SqliteFormat format, string pragmas, Action<SqliteConnection> load, ILogger log)
    {
        (_path, _format, _pragmas, _load, _log) = (path, format, pragmas, load, log);
        try
        {
            Open();
        }
        catch (Exception e) when (IsOfTheFile(e))
        {
            BeginAnew(e);
        }
    }

    /// <summary>Where a damaged file is put; one that was there before is gone.</summary>
    public static string AsideOf(string path) => path + ".damaged";

    /// <summary>Does something on a thread that may wait for the disk. It is done once more where the file proved damaged and was begun anew.</summary>
    /// <param name="action">Is given null where there is no file.</param>
    /// <param name="cancellation">Gives up waiting for the turn.</param>
    /// <exception cref="SqliteException">It failed for another reason, as where the disk is full.</exception>
    public async Task InTurnAsync(Action<SqliteConnection?> action, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            await Task.Run(() => Do(action), cancellation);
        }
        finally
        {
            _ = _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection?.Dispose();
        _turn.Dispose();
    }

    private static bool IsOfTheFile(Exception failure) => failure is StorageException or SqliteException or InvalidCastException or InvalidOperationException or IOException or UnauthorizedAccessException;

    private void Do(Action<SqliteConnection?> action)
    {
        try
        {
            action(_connection);
        }
        catch (Exception e) when (e is SqliteException { SqliteErrorCode: SqliteCorrupt or SqliteNotADatabase } or InvalidCastException)
        {
            // Safe: whoever keeps something here can do without it.
            BeginAnew(e);
            action(_connection);
        }
    }

    private void Open()
    {
        var connection = SqliteConnections.OpenForWriting(_path, _format, _pragmas);
        try
        {
            // One whose first page says that only newer libraries may write it can be read, and would fail at the first write.
            SqliteConnections.Execute(connection, $"PRAGMA user_version = {_format.Version}");
            _load(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        _connection = connection;
    }

    private void BeginAnew(Exception reason)
    {
        try
        {
            _connection?.Dispose();
            _connection = null;
            File.Move(_path, AsideOf(_path), overwrite: true);
            File.Delete(_path + "-wal");
            File.Delete(_path + "-shm");
            Open();
            LogBegunAnew(reason, _path, AsideOf(_path));
        }
        catch (Exception e) when (IsOfTheFile(e))
        {
            // Safe: whoever keeps something here can do without it.
            LogUseless(e, _path);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} is damaged or of another format: it is put aside as {Aside}, and begun anew")]
    private partial void LogBegunAnew(Exception reason, string path, string aside);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} can neither be used nor begun anew: nothing is kept there until the next start")]
    private partial void LogUseless(Exception reason, string path);
}
