using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Server.Storage;

/// <summary>Everything durable of one process, opened and closed in one order.</summary>
internal sealed class StorageSet : IDisposable
{
    private readonly List<IDisposable> _opened = [];

    private StorageSet()
    {
    }

    public DataDirectory Directory { get; private init; } = null!;

    public SqliteDocumentStore Documents { get; private set; } = null!;

    public SqliteUsageStore Usage { get; private set; } = null!;

    public SqliteCacheStore Cache { get; private set; } = null!;

    public DirectoryBlobStore Blobs { get; private set; } = null!;

    public SqliteVectorIndex Vectors { get; private set; } = null!;

    public Journal Journal { get; private set; } = null!;

    public JournalUsageStream Stream { get; private set; } = null!;

    public JournaledWalletAuthority Wallets { get; private set; } = null!;

    /// <summary>
    /// Opens the directory (locked), the configuration, the journal (verified and replayed), the wallets and the projection. If
    /// one cannot be opened, those before it are closed again.
    /// </summary>
    /// <exception cref="StorageException">What cannot be opened, and why; one line.</exception>
    public static StorageSet Open(StorageOptions options, ITimeZones zones, TimeProvider time)
    {
        SqliteLibrary.Ensure();
        var set = new StorageSet { Directory = DataDirectory.Open(options.Directory) };
        set._opened.Add(set.Directory);
        try
        {
            set.Journal = set.Keep(Journal.Open(
                set.Directory.JournalPath, options.Journal, time, options.Fail, () => new WalletReplay(options.Terms), options.Log, out var replay));
            set.Wallets = set.Keep(new JournaledWalletAuthority(set.Journal, replay, options.Terms, zones, time));
            set.Stream = new JournalUsageStream(set.Journal, set.Directory.JournalPath, options.Journal, time);
            set.Usage = set.Keep(new SqliteUsageStore(set.Directory.UsagePath));
            set.Documents = set.Keep(new SqliteDocumentStore(set.Directory.ConfigPath));
            set.Cache = set.Keep(new SqliteCacheStore(set.Directory.CachePath, time, options.Log));
            set.Vectors = set.Keep(new SqliteVectorIndex(set.Directory.VectorsPath, options.MaxVectors, options.Log));
            set.Blobs = new DirectoryBlobStore(set.Directory.BlobsPath);
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>Closes in the opposite order: the journal last, written out, and then the directory's lock.</summary>
    public void Dispose()
    {
        for (var i = _opened.Count - 1; i >= 0; i--)
        {
            _opened[i].Dispose();
        }

        _opened.Clear();
    }

    private T Keep<T>(T opened)
        where T : IDisposable
    {
        _opened.Add(opened);
        return opened;
    }
}
