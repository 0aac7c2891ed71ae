using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Limits;

/// <summary>Rate limits: how many requests and tokens, in which time, and for whom.</summary>
public static class LimitsModule
{
    /// <summary>Registers the module. Needs an <see cref="IDocumentStore"/>.</summary>
    public static IServiceCollection AddLimits(this IServiceCollection services)
    {
        services.AddSingleton<RateClock>();
        services.AddSingleton<InProcessRateAuthority>();
        services.AddSingleton<IRateAuthority>(static s => s.GetRequiredService<InProcessRateAuthority>());
        services.AddSingleton<RatePools>();
        services.AddSingleton(static s => new LimitDirectory(s.GetRequiredService<IDocumentStore>(), s.GetRequiredService<RatePools>()));
        services.AddSingleton<DayCounters>();
        services.AddHostedService<RateUpkeep>();
        services.AddSingleton<CreateLimit>();
        services.AddSingleton<ChangeLimit>();
        services.AddSingleton<DeleteLimit>();
        services.AddSingleton<ReadCounters>();
        services.AddSingleton<ResetLimit>();
        services.AddJson(LimitsJson.Default);
        return services;
    }

    /// <summary>Maps <c>/control/v1/limits</c>.</summary>
    public static void MapLimits(this IEndpointRouteBuilder routes) => LimitsEndpoints.Map(routes);

    /// <summary>Reads the limits, and what was used of them today. Belongs to the start, before calls are served.</summary>
    public static async Task LoadLimitsAsync(this IServiceProvider services, CancellationToken cancellation)
    {
        await services.GetRequiredService<LimitDirectory>().LoadAsync(cancellation);
        await services.GetRequiredService<DayCounters>().LoadAsync(cancellation);
    }
}
