namespace AiOrchestrator.Server.Storage;

/// <summary>Sees every entry of the journal once, in order, when it is opened; its state can be kept and taken up again.</summary>
internal interface IJournalReplay
{
    /// <summary>The next entry; its spans are valid during the call only.</summary>
    void Apply(in JournalEntry entry);

    /// <summary>Writes the state after the last entry, for <see cref="Load"/>.</summary>
    void Save(Ledger.Wallets.ImageWriter image);

    /// <summary>Takes up a state in the place of all entries before it; false, and then to be thrown away, when it is of another form.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It ends too early.</exception>
    bool Load(ref Ledger.Wallets.ImageReader image);
}

/// <summary>Verifies rows of the journal and replays them, or some of them.</summary>
internal static class JournalRecovery
{
    /// <summary>What is done with the rows after a point.</summary>
    /// <param name="Path">The database.</param>
    /// <param name="LastFlatRow">Rows up to it are hashed as format 1 did.</param>
    /// <param name="After">Verified already, or known.</param>
    /// <param name="Until">The last row that must be there.</param>
    public sealed record Plan(string Path, long LastFlatRow, ChainPoint After, long Until)
    {
        /// <summary>Rows up to this one are verified and not replayed.</summary>
        public long ReplayAfter { get; init; }

        /// <summary>Threads that read and hash beside the one that replays.</summary>
        public int Threads { get; init; } = Environment.ProcessorCount;
    }

    /// <summary>Verifies all rows of a plan in order and hands the entries of those to be replayed on.</summary>
    /// <param name="plan">Which.</param>
    /// <param name="replay">Who is told; null to verify only.</param>
    /// <param name="cancellation">Stops it between two chunks.</param>
    /// <returns>The last row, and the bytes of entries that were replayed.</returns>
    /// <exception cref="StorageException">A row is missing, is not what was written, or cannot be read; it is named.</exception>
    public static (ChainPoint Last, long ReplayedBytes) Run(Plan plan, IJournalReplay? replay, CancellationToken cancellation)
    {
        if (plan.Until <= plan.After.Seq)
        {
            return (plan.After, 0);
        }

        using var chunks = new ChunkPipeline(plan.Path, plan.After.Seq, plan.Until, plan.LastFlatRow, plan.Threads);
        var texts = new RowTexts();
        var hash = plan.After.Hash.ToArray();
        var seq = plan.After.Seq;
        long replayed = 0;
        while (chunks.Next() is { } chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            var end = Math.Min(plan.Until, seq + RowChunk.Rows);
            for (var row = 0; row < chunk.Count; row++)
            {
                Verify(chunk, row, ++seq, plan.LastFlatRow, hash);
                if (seq > plan.ReplayAfter && replay is not null)
                {
                    Replay(seq, chunk.Entries(row), texts, replay);
                    replayed += chunk.Entries(row).Length;
                }
            }

            if (seq < end)
            {
                throw Missing(seq + 1);
            }
        }

        return (new ChainPoint(seq, hash), replayed);
    }

    private static void Verify(RowChunk chunk, int row, long seq, long lastFlatRow, byte[] hash)
    {
        if (chunk.Seq(row) != seq)
        {
            throw Missing(seq);
        }

        if (seq <= lastFlatRow)
        {
            JournalChain.NextFlat(hash, seq, chunk.Entries(row), hash);
        }
        else
        {
            JournalChain.Next(hash, seq, chunk.Computed(row), hash);
        }

        if (!hash.AsSpan().SequenceEqual(chunk.Stored(row)))
        {
            throw new StorageException(
                $"journal.db: row {seq} is not what was written (its hash differs). Nothing can be trusted from there on; restore the file from a backup.");
        }
    }

    private static StorageException Missing(long seq) =>
        new($"journal.db: row {seq} is missing. Nothing can be trusted from there on; restore the file from a backup.");

    private static void Replay(long seq, ReadOnlySpan<byte> entries, RowTexts texts, IJournalReplay replay)
    {
        var reader = new EntryReader(entries, texts);
        while (true)
        {
            switch (reader.Read(out var entry))
            {
                case EntryRead.Entry:
                    replay.Apply(entry);
                    break;
                case EntryRead.End:
                    return;
                case EntryRead.UnknownKind:
                    throw new StorageException(
                        $"journal.db: row {seq} has an entry of kind {(int)entry.Kind}, which this program does not know: start the newer program it was written by.");
                default:
                    throw new StorageException(
                        $"journal.db: row {seq} has an entry that cannot be read. Nothing was started; restore the file from a backup.");
            }
        }
    }
}
