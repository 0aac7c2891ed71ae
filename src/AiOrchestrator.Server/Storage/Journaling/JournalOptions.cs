namespace AiOrchestrator.Server.Storage;

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

    /// <summary>How long a caught-up reader lets commits gather before it reads again, milliseconds.</summary>
    public int ReadPauseMs { get; init; } = 10;

    /// <summary>Sees the writing connection when it is open; tests bound the database's size through it.</summary>
    public Action<SqliteDatabase>? Opened { get; init; }
}
