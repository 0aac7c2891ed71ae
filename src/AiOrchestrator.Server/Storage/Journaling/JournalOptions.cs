namespace AiOrchestrator.Server.Storage;

/// <summary>What of the journal's chain is verified before anything is served; all of it always is.</summary>
internal enum JournalVerify
{
    /// <summary>Every row.</summary>
    All,

    /// <summary>The rows after the snapshot. Those before it are verified while calls are served; a broken one stops the process.</summary>
    Recent,
}

/// <summary>What of the journal can be set; the defaults are what the product runs with.</summary>
internal sealed record JournalOptions
{
    /// <summary>How long a settlement nobody waits for may wait for company, milliseconds.</summary>
    public int LingerMs { get; init; } = 5;

    /// <summary>How often a write that failed for want of space is tried again, milliseconds.</summary>
    public int RetryMs { get; init; } = 250;

    /// <summary>The write-ahead log is copied into the database when it is this long, bytes.</summary>
    public long CheckpointBytes { get; init; } = 16L << 20;

    /// <summary>Beyond this length commits wait until the write-ahead log could be started afresh, bytes.</summary>
    public long MaxLogBytes { get; init; } = 256L << 20;

    /// <summary>While nothing can be written, events of calls that cost nothing are kept up to here and then dropped, bytes.</summary>
    public int MaxKeptBytes { get; init; } = 64 << 20;

    /// <summary>
    /// A snapshot is made when so many bytes of entries came since the last (or as many as the last one is long, if that is more), bytes.
    /// </summary>
    public long SnapshotBytes { get; init; } = 64L << 20;

    /// <summary>What is verified before anything is served.</summary>
    public JournalVerify Verify { get; init; }

    /// <summary>How long a caught-up reader lets commits gather before it reads again, milliseconds.</summary>
    public int ReadPauseMs { get; init; } = 10;

    /// <summary>Sees the writing connection when it is open; tests bound the database's size through it.</summary>
    public Action<SqliteDatabase>? Opened { get; init; }
}
