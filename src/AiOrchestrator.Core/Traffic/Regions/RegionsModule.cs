using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Regions;

/// <summary>Where organisations' data may be processed.</summary>
internal static class RegionsModule
{
    /// <summary>Registers it.</summary>
    public static IServiceCollection AddRegions(this IServiceCollection services)
    {
        services.AddJson(RegionsJson.Default);
        return services.AddParts(static _ => new PartKind<StoredRegionPolicy, RegionPolicy>(
            "region-policy",
            RegionsJson.Default.StoredRegionPolicy,
            static _ => StoredRegionPolicy.Id,
            static (_, stored) => stored.Count == 0 ? RegionPolicy.None : new RegionPolicy(stored[0]),
            static () => new RegionPolicyNotFound()));
    }
}
