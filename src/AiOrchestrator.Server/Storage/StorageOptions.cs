namespace AiOrchestrator.Server.Storage;

/// <summary>Where and how the Server head stores what must last.</summary>
internal sealed record StorageOptions
{
    /// <summary>The data directory; created if need be.</summary>
    public required string Directory { get; init; }

    /// <summary>What wallets grant leases on.</summary>
    public required AiOrchestrator.Ledger.Wallets.LeaseTerms Terms { get; init; }

    /// <summary>How long a call whose end nobody reported stays in suspense before it is charged by rule, hours; default 24.</summary>
    public int SuspenseHours { get; init; } = 24;

    /// <summary>Most vectors the cache searches, of all organisations; over it the one goes that was put longest ago. Default 100000: 300 MB of memory at 512 dimensions.</summary>
    public int MaxVectors { get; init; } = 100_000;

    /// <summary>The journal's bounds.</summary>
    public JournalOptions Journal { get; init; } = new();

    /// <summary>Told what is remarkable and harmless, one line each.</summary>
    public ILogger Log { get; init; } = Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    /// <summary>
    /// Stops the process at once, because nobody can know what is on the disk. The default does not unwind: an orderly shutdown
    /// would wait for the writer that calls this.
    /// </summary>
    public Action<string> Fail { get; init; } = static message => Environment.FailFast(message);
}
