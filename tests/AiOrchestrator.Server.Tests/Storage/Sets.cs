using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Wallets;
using AiOrchestrator.Server.Storage;

namespace AiOrchestrator.Server.Tests.Storage;

/// <summary>Opens storage for tests; a fatal error is a test failure unless the test takes it.</summary>
internal static class Sets
{
    /// <summary>Time zones as the product has them.</summary>
    public static TzdbTimeZones Zones { get; } = new();

    /// <summary>The log is made as long as it will be when it is opened; a test needs little of it.</summary>
    public static JournalOptions Small { get; } = new() { CheckpointBytes = 1 << 20 };

    public static StorageSet Open(TempDirectory directory, JournalOptions? journal = null, TimeProvider? time = null, Action<string>? fail = null) =>
        StorageSet.Open(
            new StorageOptions
            {
                Directory = directory.FullPath,
                Terms = new LeaseTerms(CallMaxMs: 600_000),
                Journal = journal ?? Small,
                Fail = fail ?? (static message => throw new InvalidOperationException(message)),
            },
            Zones,
            time ?? TimeProvider.System);
}
