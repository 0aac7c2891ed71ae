using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Ledger.Approvals;
using AiOrchestrator.Ledger.Requests;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets.Requests;

/// <summary>Carries approved budget requests out: the decision is written, then the wallet is told until it answers.</summary>
internal sealed class CarryOutRequest(
    ProposalStore<BudgetRequest> store, IWalletAuthority authority, LeaseBook leases, ProposalNotices notices, TimeProvider time)
    : ProposalWork<BudgetRequest>(store, notices, time)
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> WalletsOf(BudgetRequest proposal) => [proposal.WalletId];

    /// <inheritdoc/>
    public override ApiFailure NotFound() => new BudgetRequestNotFound();

    /// <inheritdoc/>
    public override ApiFailure NotOpen(BudgetRequest proposal) => new BudgetRequestNotOpen(ProposalWords.Of(proposal.State));

    /// <inheritdoc/>
    protected override async Task<ProposalCommand?> WorkAsync(
        string organisationId, BudgetRequest proposal, CancellationToken cancellation)
    {
        if (proposal.State == ProposalState.Approved)
        {
            return new ProposalCommand.MarkCommitted();
        }

        if (NowUnixMs - proposal.CommittedUnixMs >= BudgetRequest.MaxRetryMs)
        {
            // The wallet may have been told before everything stood still for two days; its statement says.
            return new ProposalCommand.MarkFailed("unconfirmed", proposal.WalletId);
        }

        // Other commands' ids are callers' as well: the prefix keeps them apart.
        var commandId = $"request:{proposal.Id}";
        WalletCommand command = proposal.Kind == BudgetKind.Limit
            ? new WalletCommand.RaiseLimit(commandId, proposal.AmountNanoUsd)
            : new WalletCommand.TopUp(commandId, proposal.AmountNanoUsd);
        var outcome = await authority.ApplyAsync(
            proposal.WalletId, command, new CommandNote(organisationId, proposal.RequestedBy, proposal.History[0].Note), cancellation);
        await leases.ChangedAsync(proposal.WalletId, cancellation);
        return outcome is WalletCommandOutcome.Applied or WalletCommandOutcome.AlreadyApplied
            ? new ProposalCommand.MarkApplied()
            : new ProposalCommand.MarkFailed(WalletRefusals.Word(outcome), proposal.WalletId);
    }
}
