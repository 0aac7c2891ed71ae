using AiOrchestrator.Core.Caching.Flushes;
using AiOrchestrator.Core.Caching.Policies;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Caching;

/// <summary>Answers kept to be given again.</summary>
public static class CachingModule
{
    /// <summary>Registers the module.</summary>
    public static IServiceCollection AddCaching(this IServiceCollection services)
    {
        services.AddSingleton<CacheBook>();
        services.AddSingleton<FlushBook>();
        services.AddSingleton<Vectors.IVectorIndex, Vectors.NoIndex>();
        services.AddSingleton<Embedding.IEmbedding, Embedding.HashedEmbedding>();
        services.AddSingleton<Metering.Caching.FindCacheSizes>(static _ => static _ => []);
        services.AddSingleton<CacheNamespaces>();
        services.AddJson(CachePoliciesJson.Default);
        return services.AddParts(static s => new PartKind<StoredCachePolicy, CachePolicySet>(
            "cache_policies",
            CachePoliciesJson.Default.StoredCachePolicy,
            static p => p.Id,
            static (organisationId, stored) => new CachePolicySet(organisationId, stored, CacheMode.Exact),
            static () => new CachePolicyNotFound()));
    }

    /// <summary>Maps <c>/control/v1/cache/policies</c>.</summary>
    public static void MapCaching(this IEndpointRouteBuilder routes) => CachePolicyEndpoints.Map(routes);
}
