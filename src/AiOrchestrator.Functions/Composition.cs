using AiOrchestrator.Core.Gateway;
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
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Functions;

/// <summary>What this head is made of: Core, the Azure adapters, and the Durable parts.</summary>
internal static class Composition
{
    public static IServiceCollection AddHead(this IServiceCollection services, HeadOptions options, EnvironmentProviders environment)
    {
        services.AddSingleton(options);
        services.AddSingleton(Options.Create(options.Gateway));
        services.AddSingleton(Options.Create(options.Insight));
        services.AddAiOrchestrator(environment);
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
        services.AddSingleton<IProposalScheduler, DurableProposalScheduler>();
        services.AddSingleton(static s => ExportOrchestration.JobOf(s.GetRequiredService<DurableClientHolder>()));
    }
}
