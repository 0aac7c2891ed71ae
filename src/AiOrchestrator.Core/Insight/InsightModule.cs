using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AiOrchestrator.Core.Insight;

/// <summary>Usage: what was called, what it cost, who is charged.</summary>
public static class InsightModule
{
    /// <summary>Registers the module. Needs an <see cref="IUsageStore"/>.</summary>
    public static IServiceCollection AddInsight(this IServiceCollection services)
    {
        services.AddSingleton<QueryStatement>();
        services.AddSingleton<Chargeback>();
        services.AddJson(InsightJson.Default);
        return services;
    }

    /// <summary>
    /// Registers the background service that copies the usage stream into the usage store, and its readiness check. For a head whose
    /// stream is read in process; where triggers deliver the events it is left out. Needs an <see cref="Metering.IUsageStream"/>.
    /// </summary>
    public static IServiceCollection AddUsageProjection(this IServiceCollection services)
    {
        services.AddOptions<InsightOptions>().Validate(
            static o => o.Validate().Count == 0, "an Insight option is out of bounds: see InsightOptions");
        services.AddSingleton<UsageProjection>();
        services.AddSingleton<IHostedService>(static s => s.GetRequiredService<UsageProjection>());
        services.AddSingleton<IReadinessCheck>(static s => s.GetRequiredService<UsageProjection>());
        return services;
    }

    /// <summary>Maps <c>/v1/usage</c>, wallets' statements and thresholds, and the chargeback report.</summary>
    public static void MapInsight(this IEndpointRouteBuilder routes)
    {
        InsightEndpoints.Map(routes);
        StatementEndpoints.Map(routes);
        ChargebackEndpoints.Map(routes);
    }
}
