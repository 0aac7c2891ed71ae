using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Chains;

/// <summary>Chains of models, as organisations make them.</summary>
internal static class ChainsModule
{
    /// <summary>Registers them.</summary>
    public static IServiceCollection AddChains(this IServiceCollection services)
    {
        services.AddJson(ChainsJson.Default);
        return services.AddParts(static _ => new PartKind<StoredChain, ChainSet>(
            "chains", ChainsJson.Default.StoredChain, static c => c.Id, static (_, chains) => new ChainSet(chains), static () => new ChainNotFound()));
    }
}
