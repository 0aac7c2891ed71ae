using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Wallets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Traffic.Preferences;

/// <summary>What organisations, teams and users want of whoever serves their calls, and what may not serve them.</summary>
internal static class PreferencesModule
{
    /// <summary>Registers them.</summary>
    public static IServiceCollection AddPreferences(this IServiceCollection services)
    {
        services.AddJson(PreferencesJson.Default);
        services.AddSingleton(static s => InstallationBlocks.Of(s.GetRequiredService<IOptions<TrafficOptions>>().Value));
        services.AddSingleton<MayUseRoute>(static s => Sight(s.GetRequiredService<PartDirectory<StoredPreference, PreferenceSet>>(), s.GetRequiredService<LeaseBook>()));
        services.AddParts(static s =>
        {
            var (installation, prices, limits) = (s.GetRequiredService<InstallationBlocks>(), s.GetRequiredService<PriceBooks>(), s.GetRequiredService<LimitDirectory>());
            return new PartKind<StoredPreference, PreferenceSet>(
                "preferences",
                PreferencesJson.Default.StoredPreference,
                static p => p.Id,
                (organisationId, stored) => new PreferenceSet(organisationId, stored, installation, prices),
                static () => new PreferenceNotFound())
            {
                PutInForce = (organisationId, set) => limits.UseMaxima(organisationId, set.Maxima()),
            };
        });

        // What was used of maxima can be read once it is known which there are.
        return services.AddSingleton(static s => new PartLoader(s.LoadDaysAsync));
    }

    private static MayUseRoute Sight(PartDirectory<StoredPreference, PreferenceSet> preferences, LeaseBook leases) => (caller, route, unixMs) =>
        caller.Key is not { } key
        || preferences.For(caller.OrganisationId).For(caller.PrincipalId, leases.PathOf(key.WalletId).WalletIds).Allows(route, unixMs, out _);
}
