using AiOrchestrator.Core.Traffic.Categories;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Classifying;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic;

/// <summary>Who serves a call, in which order, and why.</summary>
public static class TrafficModule
{
    /// <summary>Registers the module. Needs an <see cref="Platform.IDocumentStore"/> and the modules to its left.</summary>
    public static IServiceCollection AddTraffic(this IServiceCollection services) => services
        .AddChains()
        .AddCategories()
        .AddClassifying();

    /// <summary>Maps <c>/control/v1/chains</c>, <c>/control/v1/categories</c>, <c>/control/v1/classifier</c> and <c>/control/v1/classify</c>.</summary>
    public static void MapTraffic(this IEndpointRouteBuilder routes)
    {
        ChainEndpoints.Map(routes);
        CategoryEndpoints.Map(routes);
        ClassifyingEndpoints.Map(routes);
    }

    /// <summary>Reads what organisations have said of their traffic. Belongs to the start, before calls are served.</summary>
    public static async Task LoadTrafficAsync(this IServiceProvider services, CancellationToken cancellation)
    {
        foreach (var loader in services.GetServices<PartLoader>())
        {
            await loader.LoadAsync(cancellation);
        }
    }
}
