using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Providers;

/// <summary>Who answers calls: providers and the models they serve.</summary>
public static class ProvidersModule
{
    /// <summary>How long a provider's secret may have been rotated before calls use the new one: a vault tells nobody.</summary>
    private static readonly TimeSpan SecretsEvery = TimeSpan.FromMinutes(5);

    /// <summary>Registers the module. Needs an <see cref="IDocumentStore"/>, an <see cref="ISecretStore"/> and Metering's price table.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="environment">Rows from the environment; its errors have been reported.</param>
    public static IServiceCollection AddProviders(this IServiceCollection services, EnvironmentProviders environment)
    {
        services.AddSingleton(environment);
        services.AddSingleton<ProviderDirectory>();
        services.AddSingleton<IReadinessCheck>(static s => s.GetRequiredService<ProviderDirectory>());
        services.AddSingleton(static s => new ConfigurationPart(
            "providers", StoredProviders.AreProviders, s.GetRequiredService<ProviderDirectory>().RefreshAsync, SecretsEvery));
        services.AddSingleton<PriceLookup>(static s => s.GetRequiredService<ProviderDirectory>().PriceOf);
        services.AddSingleton<CreateProvider>();
        services.AddSingleton<ReplaceProvider>();
        services.AddSingleton<DeleteProvider>();
        services.AddJson(ProvidersJson.Default);
        return services;
    }

    /// <summary>Maps <c>/control/v1/providers</c> and <c>/v1/models</c>.</summary>
    public static void MapProviders(this IEndpointRouteBuilder routes) => ProvidersEndpoints.Map(routes);
}
