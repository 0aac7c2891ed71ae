using AiOrchestrator.Core.Caching.Embedding;
using AiOrchestrator.Core.Caching.Flushes;
using AiOrchestrator.Core.Caching.Policies;
using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Metering.Caching;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Caching;

/// <summary>Answers that are kept to be given again.</summary>
public static class CachingModule
{
    /// <summary>Registers the module. Needs an <see cref="IDocumentStore"/>, an <see cref="ISecretStore"/>, an <see cref="ICacheStore"/> and a <see cref="Vectors.IVectorIndex"/>.</summary>
    public static IServiceCollection AddCaching(this IServiceCollection services)
    {
        services.AddOptions<CachingOptions>().Validate(static o => o.Validate().Count == 0, "a Cache option is out of bounds: see CachingOptions");
        services.AddParts(static _ => FlushBook.Kind);
        services.AddSingleton<FlushBook>();
        services.AddSingleton<FlushCache>();
        services.AddSingleton(static s => new MemoryTier(s.GetRequiredService<IOptions<CachingOptions>>().Value.MemoryBytes));
        services.AddSingleton<CacheQueue>();
        services.AddSingleton<CacheSizes>();
        services.AddSingleton<FindCacheSizes>(static s => s.GetRequiredService<CacheSizes>().TellAsync);
        services.AddSingleton<DropEntry>();
        services.AddSingleton<EntrySeals>();
        services.AddSingleton<IReadinessCheck>(static s => s.GetRequiredService<EntrySeals>());
        services.AddSingleton<PruneCache>();
        services.AddSingleton(static s => PruneCache.AsJob(s.GetRequiredService<PruneCache>()));
        services.AddSingleton<CacheBook>();
        services.AddSingleton<CacheWorker>();
        services.AddHostedService(static s => s.GetRequiredService<CacheWorker>());
        services.AddSingleton<CacheNamespaces>();
        services.AddSingleton<IEmbedding, HashedEmbedding>();
        services.AddJson(CachePoliciesJson.Default);
        return services.AddParts(static s =>
        {
            var mode = s.GetRequiredService<IOptions<CachingOptions>>().Value.Mode;
            return new PartKind<StoredCachePolicy, CachePolicySet>(
                "cache_policies",
                CachePoliciesJson.Default.StoredCachePolicy,
                static p => p.Id,
                (organisationId, stored) => new CachePolicySet(organisationId, stored, mode),
                static () => new CachePolicyNotFound());
        });
    }

    /// <summary>Maps <c>/control/v1/cache/policies</c>.</summary>
    public static void MapCaching(this IEndpointRouteBuilder routes) => CachePolicyEndpoints.Map(routes);

    /// <summary>Reads what answers in the store are sealed with. Belongs to the start, before calls are served; the flushes are read with the traffic's configuration.</summary>
    public static Task LoadCachingAsync(this IServiceProvider services, CancellationToken cancellation) =>
        services.GetRequiredService<EntrySeals>().LoadAsync(cancellation);
}
