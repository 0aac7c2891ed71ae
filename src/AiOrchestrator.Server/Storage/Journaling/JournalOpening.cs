namespace AiOrchestrator.Server.Storage;

/// <summary>A journal that was opened: verified, and replayed from its snapshot on or from the beginning.</summary>
/// <param name="Store">Its table.</param>
/// <param name="Unverified">Rows up to this one are yet to be verified; the beginning when there are none.</param>
/// <param name="BytesSinceSnapshot">Bytes of entries that came after the snapshot.</param>
/// <param name="SnapshotBytes">Its length; 0 without one.</param>
internal sealed record OpenedJournal(JournalStore Store, ChainPoint Unverified, long BytesSinceSnapshot, long SnapshotBytes);

/// <summary>Opens a journal: what a start does before anything is served.</summary>
internal static partial class JournalOpening
{
    /// <summary>Opens, verifies and replays.</summary>
    /// <exception cref="StorageException">It cannot be opened, or is not what was written.</exception>
    public static OpenedJournal Open<TReplay>(string path, JournalOptions options, Func<TReplay> create, ILogger log, out TReplay replay)
        where TReplay : class, IJournalReplay
    {
        var store = JournalStore.Open(path, options);
        try
        {
            var loaded = JournalSnapshot.Load(path, store.HashOf, create, reason => Ignored(log, JournalSnapshot.PathOf(path), reason));
            replay = loaded?.Replay ?? create();
            var snapshot = loaded?.At ?? ChainPoint.Beginning;
            var after = options.Verify == JournalVerify.Recent ? snapshot : ChainPoint.Beginning;
            var plan = new JournalRecovery.Plan(path, store.LastFlatRow, after, store.LastSeq) { ReplayAfter = snapshot.Seq };
            var (last, bytes) = JournalRecovery.Run(plan, replay, CancellationToken.None);
            var snapshotBytes = loaded?.Bytes ?? 0;
            if (IsDue(options, bytes, snapshotBytes) && Write(path, last, replay, log) is { } written)
            {
                (bytes, snapshotBytes) = (0, written);
            }

            return new OpenedJournal(store, after, bytes, snapshotBytes);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Whether a new snapshot is worth its making.</summary>
    public static bool IsDue(JournalOptions options, long bytesSince, long snapshotBytes) =>
        bytesSince >= Math.Max(options.SnapshotBytes, snapshotBytes);

    /// <summary>Writes a snapshot; null when that failed, which is logged.</summary>
    public static long? Write(string path, ChainPoint at, IJournalReplay replay, ILogger log)
    {
        try
        {
            return JournalSnapshot.Write(path, at, replay);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Safe: the next start replays more.
            NotWritten(log, JournalSnapshot.PathOf(path), e.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Snapshot} is not used, all of the journal is replayed: {Reason}")]
    private static partial void Ignored(ILogger log, string snapshot, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Snapshot} could not be written: {Reason}")]
    private static partial void NotWritten(ILogger log, string snapshot, string reason);
}
