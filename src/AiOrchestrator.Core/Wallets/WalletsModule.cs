using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Core.Wallets.Requests;
using AiOrchestrator.Core.Wallets.Transfers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AiOrchestrator.Core.Wallets;

/// <summary>Wallets: who pays.</summary>
public static class WalletsModule
{
    /// <summary>Registers the module. Needs an <see cref="IDocumentStore"/> and an <see cref="IWalletAuthority"/>.</summary>
    public static IServiceCollection AddWallets(this IServiceCollection services)
    {
        services.AddSingleton<WalletDirectory>();
        services.AddSingleton(static s => new ConfigurationPart("wallets", WalletPartitions.AreWallets, s.GetRequiredService<WalletDirectory>().LoadAsync));
        services.AddSingleton<LeaseBook>();
        services.AddHostedService<LeaseRenewal>();
        services.AddHostedService<WalletClock>();
        services.AddSingleton<ReadWallet>();
        services.AddSingleton<WalletSight>();
        services.AddSingleton<ThresholdEvents>();
        services.AddSingleton<WalletParents>();
        services.AddSingleton<DescribeWallets>();
        services.AddSingleton<SimulateCall>();
        services.AddSingleton<MoveMoney>();
        services.AddSingleton<CreateWallet>();
        services.AddSingleton<ChangeWallet>();
        services.AddSingleton<CloseWallet>();
        services.AddSingleton<Bootstrap>();
        services.AddSingleton<FindWalletStanding>(static provider =>
        {
            var wallets = provider.GetRequiredService<WalletDirectory>();
            var amounts = provider.GetRequiredService<ReadWallet>();
            return async (organisationId, walletId, cancellation) =>
            {
                if (wallets.Get(organisationId, walletId) is null)
                {
                    return (WalletStanding.Unknown, null);
                }

                var state = await amounts.ExecuteAsync(walletId, cancellation);
                return (state.Value is { Closed: false } ? WalletStanding.Open : WalletStanding.Closed, state.Failure);
            };
        });
        services.AddProposals();
        services.AddJson(WalletsJson.Default);
        return services;
    }

    /// <summary>
    /// Registers what watches over open proposals in the background of this process. A head whose orchestrations do registers an
    /// <see cref="IProposalScheduler"/> of its own instead.
    /// </summary>
    public static IServiceCollection AddProposalClock(this IServiceCollection services)
    {
        services.AddSingleton<IProposalScheduler>(static s => s.GetRequiredService<ProposalRunner>());
        services.AddSingleton<IHostedService>(static s => s.GetRequiredService<ProposalRunner>());
        return services;
    }

    /// <summary>
    /// Registers the jobs of a head that does nothing in the background: time passes for wallets nobody touches, and open proposals are
    /// looked at, in case whoever schedules them missed one.
    /// </summary>
    public static IServiceCollection AddWalletJobs(this IServiceCollection services)
    {
        services.AddSingleton(static s =>
        {
            var authority = s.GetRequiredService<IWalletAuthority>();
            return new Job("wallet-clock", TimeSpan.FromMinutes(15), async (_, cancellation) => await authority.TickAsync(cancellation));
        });
        services.AddSingleton(static s =>
        {
            var proposals = s.GetRequiredService<ProposalRunner>();
            return new Job("proposals", TimeSpan.FromMinutes(5), (_, cancellation) => proposals.PassAsync(cancellation));
        });
        return services;
    }

    /// <summary>Maps <c>/control/v1/wallets</c>, <c>/v1/wallets</c>, <c>/control/v1/approvals</c> and <c>/v1/wallet/…</c>.</summary>
    public static void MapWallets(this IEndpointRouteBuilder routes)
    {
        WalletsEndpoints.Map(routes);
        ReadWalletsEndpoints.Map(routes);
        ApprovalsEndpoints.Map(routes);
        TransfersEndpoints.Map(routes);
        RequestsEndpoints.Map(routes);
    }
}
