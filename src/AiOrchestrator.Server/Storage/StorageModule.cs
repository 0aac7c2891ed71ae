using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Caching.Vectors;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Server.Storage;

/// <summary>The Server head's storage behind the ports.</summary>
internal static class StorageModule
{
    /// <summary>
    /// Registers the storage. It is opened when <see cref="StorageSet"/> or the first port is resolved; <c>Program</c> resolves
    /// it right after building the host, where it can print a <see cref="StorageException"/> as one line. The container closes
    /// it after everything that uses it.
    /// </summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, StorageOptions options)
    {
        services.AddSingleton(s => options with { Log = s.GetRequiredService<ILogger<StorageSet>>() });
        services.AddSingleton(static s => StorageSet.Open(
            s.GetRequiredService<StorageOptions>(), s.GetRequiredService<ITimeZones>(), s.GetRequiredService<TimeProvider>()));

        // The container closes these too, before the set does: closing twice is harmless.
        services.AddSingleton(static s => s.GetRequiredService<StorageSet>().Wallets);
        services.AddSingleton<IWalletAuthority>(static s => s.GetRequiredService<JournaledWalletAuthority>());
        services.AddSingleton<IUsageStream>(static s => s.GetRequiredService<StorageSet>().Stream);
        services.AddSingleton<IUsageFeed>(static s => s.GetRequiredService<StorageSet>().Stream);
        services.AddSingleton<IUsageStore>(static s => s.GetRequiredService<StorageSet>().Usage);
        services.AddSingleton<IDocumentStore>(static s => s.GetRequiredService<StorageSet>().Documents);
        services.AddSingleton<ICacheStore>(static s => s.GetRequiredService<StorageSet>().Cache);
        services.AddSingleton<IVectorIndex>(static s => s.GetRequiredService<StorageSet>().Vectors);
        services.AddSingleton<IBlobStore>(static s => s.GetRequiredService<StorageSet>().Blobs);
        services.AddSingleton<ISecretStore>(static s => new LocalSecretStore(
            Environment.GetEnvironmentVariable, s.GetRequiredService<ILogger<LocalSecretStore>>()));
        services.AddSingleton<IReadinessCheck>(static s => new JournalReadiness(s.GetRequiredService<StorageSet>().Journal));
        services.AddHostedService<UnfinishedCalls>();
        services.AddHostedService<JournalSnapshots>();
        return services;
    }
}
