using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Gemini;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Core.Providers.Listing;
using AiOrchestrator.Core.Providers.Pricing;
using AiOrchestrator.Core.Providers.Registry;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Providers;

/// <summary>Who answers calls: providers and the models they serve.</summary>
public static class ProvidersModule
{
    /// <summary>How long a provider's secret may have been rotated before calls use the new one: a vault tells nobody.</summary>
    private static readonly TimeSpan SecretsEvery = TimeSpan.FromMinutes(5);

    /// <summary>How often it is seen whether a secret is about to end: more often than every five minutes, since that is all some are good for when they can first be had anew.</summary>
    private static readonly TimeSpan EndingEvery = TimeSpan.FromMinutes(1);

    /// <summary>Registers the module. Needs an <see cref="IDocumentStore"/>, an <see cref="ISecretStore"/>, a <see cref="ModelRegistry"/> and Metering's price table.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="environment">Rows from the environment; its errors have been reported.</param>
    public static IServiceCollection AddProviders(this IServiceCollection services, EnvironmentProviders environment)
    {
        services.AddSingleton(environment);
        services.AddSingleton<GoogleTokens>();
        services.AddSingleton(static s => new ProviderDirectory(
            s.GetRequiredService<IDocumentStore>(),
            s.GetRequiredService<ISecretStore>(),
            s.GetRequiredService<EnvironmentProviders>(),
            s.GetRequiredService<PriceTable>(),
            s.GetRequiredService<GoogleTokens>(),
            s.GetRequiredService<ModelRegistry>(),
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<ProviderDirectory>>()));
        services.AddSingleton<TokenRenewal>();
        services.AddHostedService(static s => s.GetRequiredService<TokenRenewal>());
        services.AddSingleton<IReadinessCheck>(static s => s.GetRequiredService<ProviderDirectory>());
        services.AddSingleton(static s => new ConfigurationPart(
            "providers", static p => StoredProviders.AreProviders(p) || StoredModels.AreModels(p), s.GetRequiredService<ProviderDirectory>().RefreshAsync, SecretsEvery));
        services.AddSingleton(static s => new ConfigurationPart("expiring secrets", static _ => false, RenewEnding(s), EndingEvery));
        services.AddSingleton<PriceLookup>(static s => Lookup(s.GetRequiredService<ProviderDirectory>(), s.GetRequiredService<PriceBooks>()));
        services.AddSingleton<CreateProvider>();
        services.AddSingleton<ReplaceProvider>();
        services.AddSingleton<DeleteProvider>();
        services.AddSingleton<ShowProvider>();
        services.AddSingleton<ProviderTalk>();
        services.AddSingleton<AskModels>();
        services.AddSingleton<TestProvider>();
        services.AddJson(ProvidersJson.Default);
        services.AddSingleton<SetModel>();
        services.AddSingleton<DeleteModel>();
        services.AddSingleton<SetModelPolicy>();
        services.AddSingleton<RetirementLookup>(static s => Retirements(s.GetRequiredService<ProviderDirectory>()));
        services.AddJson(RegistryJson.Default);
        return services.AddListing().AddHealth().AddPricing();
    }

    /// <summary>Reads what organisations have said about prices. Belongs to the start, before calls are served.</summary>
    public static Task LoadPricesAsync(this IServiceProvider services, CancellationToken cancellation) =>
        services.GetRequiredService<PriceDirectory>().LoadAsync(cancellation);

    /// <summary>Maps <c>/control/v1/providers</c>, their health and lists of models, <c>/control/v1/models</c>, <c>/v1/models</c>, and what is said about prices.</summary>
    public static void MapProviders(this IEndpointRouteBuilder routes)
    {
        ProvidersEndpoints.Map(routes);
        PricesEndpoints.Map(routes);
        PlanEndpoints.Map(routes);
        ListingEndpoints.Map(routes);
        HealthEndpoints.Map(routes);
        RegistryEndpoints.Map(routes);
    }

    /// <summary>Registers what watches the providers in the background of this process, in whichever head: health is each instance's own.</summary>
    public static IServiceCollection AddHealthClock(this IServiceCollection services) => services.AddHostedService<HealthClock>();

    /// <summary>List prices: whoever looks them up knows the multiplier a call was charged with.</summary>
    private static PriceLookup Lookup(ProviderDirectory providers, PriceBooks books) => (organisationId, provider, model, at) =>
        providers.SubjectOf(organisationId, provider, model) is { } subject ? books.For(organisationId).Find(subject, at)?.ListPrice : null;

    /// <summary>Models that end between two times, and what is to take their place.</summary>
    private static RetirementLookup Retirements(ProviderDirectory providers) => (organisationId, from, until) =>
    {
        var models = providers.ModelsOf(organisationId);
        return
        [
            .. models.Models.Where(m => m.Routes.Count > 0 && m.Life.RetiredUnixMs >= from && m.Life.RetiredUnixMs < until)
                .Select(m => new ModelRetirement(m.Id, m.Life.RetiredUnixMs, models.ReplacementAt(m, Math.Max(from, m.Life.RetiredUnixMs))?.Id)),
        ];
    };

    private static Func<CancellationToken, Task> RenewEnding(IServiceProvider services)
    {
        var stores = services.GetServices<IExpiringSecrets>().ToList();
        var directory = services.GetRequiredService<ProviderDirectory>();
        return cancellation => stores.Exists(static s => s.AreEnding) ? directory.RefreshAsync(cancellation) : Task.CompletedTask;
    }

    private static IServiceCollection AddListing(this IServiceCollection services)
    {
        services.AddSingleton<SyncModels>();
        services.AddSingleton(static s => SyncModels.AsJob(s.GetRequiredService<SyncModels>()));
        services.AddSingleton(static s => new ConfigurationPart(
            "lists of models", StoredModelLists.AreLists, s.GetRequiredService<ProviderDirectory>().RefreshAsync));
        services.AddJson(ListingJson.Default);
        return services;
    }

    private static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddOptions<HealthOptions>().Validate(
            static o => o.Validate().Count == 0, "a Health option is out of bounds: see HealthOptions");
        services.AddSingleton<HealthBook>();
        services.AddSingleton<HealthLog>();
        services.AddSingleton<ProbeProvider>();
        services.AddSingleton<ProbeTurns>();
        services.AddSingleton<HealthMonitor>();
        services.AddSingleton<ShowHealth>();
        services.AddSingleton<IReadinessCheck>(static s => s.GetRequiredService<HealthMonitor>());
        services.AddSingleton(static s => HealthLog.AsJob(s.GetRequiredService<HealthLog>(), s.GetRequiredService<ProviderDirectory>()));
        services.AddJson(HealthJson.Default);
        return services;
    }

    private static IServiceCollection AddPricing(this IServiceCollection services)
    {
        services.AddSingleton(static s => new PriceDirectory(
            s.GetRequiredService<IDocumentStore>(), s.GetRequiredService<PriceBooks>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IReadinessCheck>(static s => s.GetRequiredService<PriceDirectory>());
        services.AddSingleton(static s => new ConfigurationPart(
            "prices", PricingPartitions.ArePrices, s.GetRequiredService<PriceDirectory>().LoadAsync));
        services.AddSingleton<TermsStore>();
        services.AddSingleton<PriceNames>();
        services.AddSingleton<CreatePrice>();
        services.AddSingleton<ReplacePrice>();
        services.AddSingleton<DeletePrice>();
        services.AddSingleton<SetPricePolicy>();
        services.AddSingleton<SetPlan>();
        services.AddJson(PricingJson.Default);
        return services;
    }
}
