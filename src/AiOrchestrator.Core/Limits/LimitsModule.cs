using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Limits;

/// <summary>Rate limits: how many requests and tokens, in which time, and for whom.</summary>
public static class LimitsModule
{
    /// <summary>The key of the <see cref="IDocumentStore"/> that shared gauges are in. Its documents may go two days after their last write.</summary>
    public const string RatesStore = "rates";

    /// <summary>
    /// Registers the module. Needs an <see cref="IDocumentStore"/>, and from the head the authority over rates: <see cref="AddInProcessRates"/>
    /// or <see cref="AddDocumentRates"/>.
    /// </summary>
    public static IServiceCollection AddLimits(this IServiceCollection services)
    {
        services.AddSingleton<RateClock>();
        services.AddSingleton<RatePools>();
        services.AddSingleton(static s => new LimitDirectory(s.GetRequiredService<IDocumentStore>(), s.GetRequiredService<RatePools>()));
        services.AddSingleton(static s => new ConfigurationPart("limits", LimitPartitions.AreLimits, s.GetRequiredService<LimitDirectory>().LoadAsync));
        services.AddHostedService<RateUpkeep>();
        services.AddSingleton<CreateLimit>();
        services.AddSingleton<ChangeLimit>();
        services.AddSingleton<DeleteLimit>();
        services.AddSingleton<ReadCounters>();
        services.AddSingleton<ResetLimit>();
        services.AddJson(LimitsJson.Default);
        return services;
    }

    /// <summary>For a head that is one process: gauges in memory, days' counters kept over restarts.</summary>
    public static IServiceCollection AddInProcessRates(this IServiceCollection services) => services
        .AddSingleton<InProcessRateAuthority>()
        .AddSingleton<IRateAuthority>(static s => s.GetRequiredService<InProcessRateAuthority>())
        .AddSingleton<DayCounters>();

    /// <summary>For a head of several instances: gauges are documents in the store with the key <see cref="RatesStore"/>.</summary>
    public static IServiceCollection AddDocumentRates(this IServiceCollection services) =>
        services.AddSingleton<IRateAuthority>(static s =>
        {
            var time = s.GetRequiredService<TimeProvider>();
            return new DocumentRateAuthority(
                s.GetRequiredKeyedService<IDocumentStore>(RatesStore),
                s.GetRequiredService<RateClock>(),
                s.GetRequiredService<IdSource>(),
                wait => Task.Delay(wait, time));
        });

    /// <summary>Maps <c>/control/v1/limits</c>.</summary>
    public static void MapLimits(this IEndpointRouteBuilder routes) => LimitsEndpoints.Map(routes);

    /// <summary>Reads the limits, and where gauges are in memory what was used of them today. Belongs to the start, before calls are served.</summary>
    public static async Task LoadLimitsAsync(this IServiceProvider services, CancellationToken cancellation)
    {
        await services.GetRequiredService<LimitDirectory>().LoadAsync(cancellation);
        await services.LoadDaysAsync(cancellation);
    }

    /// <summary>Reads, where gauges are in memory, what was used today of the limits that are known by then. Before calls are served.</summary>
    internal static Task LoadDaysAsync(this IServiceProvider services, CancellationToken cancellation) =>
        services.GetService<DayCounters>()?.LoadAsync(cancellation) ?? Task.CompletedTask;
}
