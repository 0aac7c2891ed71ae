using AiOrchestrator.Azure;
using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Insight.Exports;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Core.Wallets.Entities;
using AiOrchestrator.Functions.Configuration;
using AiOrchestrator.Functions.Exports;
using AiOrchestrator.Functions.Http;
using AiOrchestrator.Functions.Proposals;
using AiOrchestrator.Functions.Wallets;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Functions;

/// <summary>What this head is made of: Core, the Azure adapters, and the Durable parts.</summary>
internal static class Composition
{
    /// <summary>The longest a call may run, drain included; providers' total timeouts stay below it.</summary>
    private const long CallMaxMs = 3_600_000;

    public static IServiceCollection AddHead(this IServiceCollection services, HeadOptions options, EnvironmentProviders environment)
    {
        services.AddSingleton(options);
        services.AddSingleton(Options.Create(options.Gateway));
        services.AddSingleton(Options.Create(options.Insight));
        services.AddSingleton(Options.Create(options.Health));
        services.AddSingleton(Options.Create(options.Traffic));
        services.AddSingleton(Options.Create(options.Queue));
        services.AddSingleton(Options.Create(options.Cache));
        services.AddSingleton(Options.Create(options.Outbound));
        services.AddAiOrchestrator(environment);
        services.AddAzureStorage(options.Azure);
        services.AddConfigurationRefresh(options.Azure.RefreshMs);
        services.AddDocumentRates();
        services.AddHealthClock();
        services.AddOutboundUsageStream();
        services.AddUsageIngest();
        services.AddReratingJob();
        services.AddSingleton<Preparation>();
        services.AddSingleton<IReadinessCheck>(static s => s.GetRequiredService<Preparation>());
        services.AddSingleton<GatewayInvocation>();
        services.AddDurable();
        services.AddWalletJobs();
        return services;
    }

    private static void AddDurable(this IServiceCollection services)
    {
        services.AddSingleton<DurableClientHolder>();
        services.AddSingleton<IWalletEntities, DurableWalletEntities>();
        services.AddSingleton(new LeaseTerms(CallMaxMs));
        services.AddSingleton<WalletEntityHost>();
        services.AddSingleton<IWalletAuthority>(static s => new EntityWalletAuthority(
            s.GetRequiredService<IWalletEntities>(),
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<IdSource>(),
            s.GetRequiredService<ITimeZones>(),
            s.GetRequiredService<LeaseTerms>(),
            () => s.GetRequiredService<WalletDirectory>().All.Select(static w => w.Id)));
        services.AddSingleton<IProposalScheduler, DurableProposalScheduler>();
        services.AddSingleton(static s => ExportOrchestration.JobOf(s.GetRequiredService<DurableClientHolder>(), s.GetRequiredService<ScheduledExports>()));
    }
}
