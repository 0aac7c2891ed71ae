using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Wallets;

/// <summary>Wallets: who pays.</summary>
public static class WalletsModule
{
    /// <summary>Registers the module. Needs an <see cref="IDocumentStore"/> and an <see cref="IWalletAuthority"/>.</summary>
    public static IServiceCollection AddWallets(this IServiceCollection services)
    {
        services.AddSingleton<WalletDirectory>();
        services.AddSingleton<LeaseBook>();
        services.AddHostedService<LeaseRenewal>();
        services.AddSingleton<ReadWallet>();
        services.AddSingleton<CreateWallet>();
        services.AddSingleton<ChangeWallet>();
        services.AddSingleton<CloseWallet>();
        services.AddSingleton<Bootstrap>();
        services.AddSingleton<FindWalletStanding>(static provider =>
        {
            var wallets = provider.GetRequiredService<WalletDirectory>();
            var authority = provider.GetRequiredService<IWalletAuthority>();
            return async (organisationId, walletId, cancellation) =>
                wallets.Get(organisationId, walletId) is null ? WalletStanding.Unknown
                : await authority.ReadAsync(walletId, cancellation) is { Closed: false } ? WalletStanding.Open
                : WalletStanding.Closed;
        });
        services.AddJson(WalletsJson.Default);
        return services;
    }

    /// <summary>Maps <c>/control/v1/wallets</c> and <c>/v1/wallet/balance</c>.</summary>
    public static void MapWallets(this IEndpointRouteBuilder routes) => WalletsEndpoints.Map(routes);
}
