namespace AiOrchestrator.Server.Storage;

/// <summary>The one directory everything durable lives in, locked against a second process for as long as this object lives.</summary>
internal sealed class DataDirectory : IDisposable
{
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held)
    {
        FullPath = path;
        _lock = held;
    }

    /// <summary>The directory.</summary>
    public string FullPath { get; }

    /// <summary>Starts, settlements and wallet commands, in order: the truth.</summary>
    public string JournalPath => Path.Combine(FullPath, "journal.db");

    /// <summary>Usage for queries; built from the journal.</summary>
    public string UsagePath => Path.Combine(FullPath, "usage.db");

    /// <summary>Configuration documents.</summary>
    public string ConfigPath => Path.Combine(FullPath, "config.db");

    /// <summary>Answers that are kept; may be lost at any time.</summary>
    public string CachePath => Path.Combine(FullPath, "cache.db");

    /// <summary>Vectors of the cache; may be lost at any time.</summary>
    public string VectorsPath => Path.Combine(FullPath, "vectors.db");

    /// <summary>Blobs, as files of their own names.</summary>
    public string BlobsPath => Path.Combine(FullPath, "blobs");

    /// <summary>Creates the directory if need be (only the owner may enter it) and locks it.</summary>
    /// <exception cref="StorageException">Another process uses it, or it cannot be created or written.</exception>
    public static DataDirectory Open(string path)
    {
        var full = Path.GetFullPath(path);
        try
        {
            Create(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The data directory {full} cannot be created: {e.Message}", e);
        }

        try
        {
            // The operating system drops this lock with the process, however it ends.
            var held = new FileStream(Path.Combine(full, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new DataDirectory(full, held);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StorageException($"The data directory {full} cannot be written: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new StorageException($"The data directory {full} is in use by another process: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            _ = Directory.CreateDirectory(path);
        }
        else
        {
            _ = Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
