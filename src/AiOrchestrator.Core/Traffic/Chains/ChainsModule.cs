using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Chains;

/// <summary>Chains of models, as organisations make them.</summary>
internal static class ChainsModule
{
    /// <summary>Registers them, and the job that tells when their order by price changes.</summary>
    public static IServiceCollection AddChains(this IServiceCollection services)
    {
        services.AddJson(ChainsJson.Default);
        services.AddSingleton<WatchRankings>();
        services.AddSingleton(static s => WatchRankings.AsJob(s.GetRequiredService<WatchRankings>()));
        return services.AddParts(static _ => new PartKind<StoredChain, ChainSet>(
            "chains", ChainsJson.Default.StoredChain, static c => c.Id, static (_, chains) => new ChainSet(chains), static () => new ChainNotFound()));
    }
}
