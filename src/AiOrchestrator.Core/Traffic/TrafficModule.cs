using AiOrchestrator.Core.Traffic.Assignments;
using AiOrchestrator.Core.Traffic.Categories;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Classifying;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Experiments;
using AiOrchestrator.Core.Traffic.Preferences;
using AiOrchestrator.Core.Traffic.Queueing;
using AiOrchestrator.Core.Traffic.Regions;
using AiOrchestrator.Core.Traffic.Resilience;
using AiOrchestrator.Core.Traffic.Rules;
using AiOrchestrator.Core.Traffic.Utilisation;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic;

/// <summary>Who serves a call, in which order, and why.</summary>
public static class TrafficModule
{
    /// <summary>Registers the module. Needs an <see cref="Platform.IDocumentStore"/> and the modules to its left.</summary>
    public static IServiceCollection AddTraffic(this IServiceCollection services)
    {
        services.AddOptions<TrafficOptions>().Validate(
            static o => o.Validate().Count == 0, "a Traffic option is out of bounds: see TrafficOptions");
        return services
            .AddSingleton<RouteBook>()
            .AddSingleton<TrafficBook>()
            .AddSingleton<DecideRoute>()
            .AddChains()
            .AddExperiments()
            .AddRules()
            .AddPreferences()
            .AddAssignments()
            .AddRegions()
            .AddQueueing()
            .AddUtilisation()
            .AddCategories()
            .AddClassifying();
    }

    /// <summary>
    /// Maps <c>/control/v1/chains</c>, <c>/control/v1/experiments</c>, <c>/control/v1/routes</c>, <c>/control/v1/preferences</c>, <c>/control/v1/assignments</c>,
    /// <c>/control/v1/region-policy</c>, <c>/control/v1/queue</c>, <c>/control/v1/utilisation</c>,
    /// <c>/control/v1/categories</c>, <c>/control/v1/classifier</c>, <c>/control/v1/classify</c> and <c>/v1/queue</c>.
    /// </summary>
    public static void MapTraffic(this IEndpointRouteBuilder routes)
    {
        ChainEndpoints.Map(routes);
        ExperimentEndpoints.Map(routes);
        RuleEndpoints.Map(routes);
        PreferenceEndpoints.Map(routes);
        AssignmentEndpoints.Map(routes);
        RegionEndpoints.Map(routes);
        QueueEndpoints.Map(routes);
        UtilisationEndpoints.Map(routes);
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
