using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets.Requests;
using AiOrchestrator.Core.Wallets.Transfers;
using AiOrchestrator.Ledger.Requests;
using AiOrchestrator.Ledger.Transfers;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Wallets.Approvals;

/// <summary>What transfers, budget requests and their approval need; registered by <see cref="WalletsModule"/>.</summary>
internal static class ProposalServices
{
    public static void AddProposals(this IServiceCollection services)
    {
        services.AddSingleton<ApprovalPolicies>();
        services.AddSingleton<ProposalRunner>();
        services.AddSingleton<ProposalNotices>();
        services.AddSingleton(static s => new ProposalDriver(s.GetServices<IProposalWork>()));

        services.AddSingleton(static s => new ProposalStore<Transfer>(
            s.GetRequiredService<IDocumentStore>(), ProposalsJson.Default.Transfer, "transfers", s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<CarryOutTransfer>();
        services.AddSingleton<ProposalWork<Transfer>>(static s => s.GetRequiredService<CarryOutTransfer>());
        services.AddSingleton<IProposalWork>(static s => s.GetRequiredService<CarryOutTransfer>());
        services.AddSingleton<ProposalCreation<Transfer>>();
        services.AddSingleton<DecideProposal<Transfer>>();
        services.AddSingleton<CreateTransfer>();

        services.AddSingleton(static s => new ProposalStore<BudgetRequest>(
            s.GetRequiredService<IDocumentStore>(), ProposalsJson.Default.BudgetRequest, "budget-requests", s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<CarryOutRequest>();
        services.AddSingleton<ProposalWork<BudgetRequest>>(static s => s.GetRequiredService<CarryOutRequest>());
        services.AddSingleton<IProposalWork>(static s => s.GetRequiredService<CarryOutRequest>());
        services.AddSingleton<ProposalCreation<BudgetRequest>>();
        services.AddSingleton<DecideProposal<BudgetRequest>>();
        services.AddSingleton<CreateRequest>();

        services.AddJson(ProposalsJson.Default);
    }
}
