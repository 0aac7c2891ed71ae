namespace AiOrchestrator.Server.Storage;

/// <summary>What happens to rows that are durable already: they become snapshots, and the oldest may still be verified.</summary>
internal sealed partial class Journal
{
    private readonly CancellationTokenSource _closing = new();
    private readonly Thread? _verifier;
    private long _bytesSinceSnapshot;
    private long _snapshotBytes;

    /// <summary>Whether enough came since the last snapshot. Any thread.</summary>
    public bool IsSnapshotDue => JournalOpening.IsDue(_options, Interlocked.Read(ref _bytesSinceSnapshot), Interlocked.Read(ref _snapshotBytes));

    /// <summary>
    /// Makes a snapshot from the last one and the rows since: what is in memory lags behind the journal and is not used. One caller at a
    /// time, on a thread that may take long.
    /// </summary>
    /// <param name="create">Makes a replay that has seen nothing.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>The row it was made after; null when it could not be written, which is logged.</returns>
    /// <exception cref="StorageException">A row is missing, is not what was written, or cannot be read; it is named.</exception>
    public long? WriteSnapshot<TReplay>(Func<TReplay> create, CancellationToken cancellation)
        where TReplay : class, IJournalReplay
    {
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
        var bytes = Interlocked.Read(ref _bytesSinceSnapshot);
        var loaded = JournalSnapshot.Load(_path, HashOf, create, static _ =>
        {
            // Safe: one that cannot be used is replaced by this one.
        });
        var replay = loaded?.Replay ?? create();
        var after = loaded?.At ?? ChainPoint.Beginning;
        var plan = new JournalRecovery.Plan(_path, _store.LastFlatRow, after, _committed.DurableSeq) { ReplayAfter = after.Seq, Threads = 1 };
        var (last, _) = JournalRecovery.Run(plan, replay, closing.Token);
        if (JournalOpening.Write(_path, last, replay, _log) is not { } written)
        {
            return null;
        }

        // What was committed meanwhile is counted twice at most, and then the next one is made a little early.
        _ = Interlocked.Add(ref _bytesSinceSnapshot, -bytes);
        Interlocked.Exchange(ref _snapshotBytes, written);
        return last.Seq;
    }

    private byte[] HashOf(long seq)
    {
        using var database = SqliteDatabase.Open(_path, readOnly: true);
        var select = RowChunk.Prepare(database);
        var chunk = new RowChunk();
        chunk.Fill(database, select, seq - 1, seq, long.MaxValue);
        return chunk.Count == 0 ? [] : chunk.Stored(0).ToArray();
    }

    /// <summary>Verifies rows that were served on trust in the snapshot; a broken one stops the process.</summary>
    private void VerifyOlder(ChainPoint until)
    {
        try
        {
            var plan = new JournalRecovery.Plan(_path, _store.LastFlatRow, ChainPoint.Beginning, until.Seq) { Threads = 1 };
            _ = JournalRecovery.Run(plan, replay: null, _closing.Token);
        }
        catch (OperationCanceledException)
        {
            // Safe: it closes, and the next start begins again.
        }
        catch (StorageException e)
        {
            _fail(e.Message);
        }
    }
}
