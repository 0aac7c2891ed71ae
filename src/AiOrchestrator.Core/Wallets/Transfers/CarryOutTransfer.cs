using System.Collections.Concurrent;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Ledger.Approvals;
using AiOrchestrator.Ledger.Transfers;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets.Transfers;

/// <summary>Carries approved transfers out: all wallets promise, the decision is written, all wallets are told (design §3.8).</summary>
internal sealed class CarryOutTransfer(
    ProposalStore<Transfer> store, IWalletAuthority authority, LeaseBook leases, WalletDirectory wallets, ProposalNotices notices, TimeProvider time)
    : ProposalWork<Transfer>(store, notices, time)
{
    /// <summary>How long money that is out in leases is waited for, milliseconds.</summary>
    public const long MaxContendedMs = 60_000;

    // Since when a transfer waits. A restart forgets it, and waits anew: the proposal's own expiry bounds that.
    private readonly ConcurrentDictionary<string, long> _contendedSince = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override IReadOnlyList<string> WalletsOf(Transfer proposal) => [proposal.From, proposal.To];

    /// <inheritdoc/>
    public override Transfer Settle(Transfer approved) => approved with
    {
        Legs = TransferRoute.Between(wallets.PathOf(approved.From), wallets.PathOf(approved.To), approved.AmountNanoUsd),
    };

    /// <inheritdoc/>
    public override ApiFailure NotFound() => new TransferNotFound();

    /// <inheritdoc/>
    public override ApiFailure NotOpen(Transfer proposal) => new TransferNotOpen(ProposalWords.Of(proposal.State));

    /// <inheritdoc/>
    protected override async Task<ProposalCommand?> WorkAsync(string organisationId, Transfer proposal, CancellationToken cancellation)
    {
        if (proposal.State == ProposalState.Approved)
        {
            return await PrepareAsync(organisationId, proposal, cancellation);
        }

        _contendedSince.TryRemove(proposal.Id, out _);
        var isCommitted = proposal.State == ProposalState.Committed;
        foreach (var leg in proposal.Legs)
        {
            WalletCommand command = isCommitted ? new WalletCommand.CommitTransfer(proposal.Id) : new WalletCommand.CancelTransfer(proposal.Id);
            var outcome = await authority.ApplyAsync(leg.WalletId, command, Note(organisationId, proposal), cancellation);

            // A wallet forgets a transfer some time after it was finished, and never while it is prepared: unknown here means finished.
            var isDone = outcome is WalletCommandOutcome.Applied or WalletCommandOutcome.AlreadyApplied
                || outcome == (isCommitted ? WalletCommandOutcome.TransferUnknown : WalletCommandOutcome.WalletUnknown);
            if (!isDone)
            {
                throw new InvalidOperationException($"wallet '{leg.WalletId}' answered {command.GetType().Name} of '{proposal.Id}' with {outcome}");
            }

            await leases.ChangedAsync(leg.WalletId, cancellation);
        }

        return isCommitted ? new ProposalCommand.MarkApplied() : new ProposalCommand.MarkUndone();
    }

    private async Task<ProposalCommand?> PrepareAsync(string organisationId, Transfer transfer, CancellationToken cancellation)
    {
        foreach (var leg in transfer.Legs)
        {
            var outcome = await PrepareAsync(organisationId, transfer, leg, cancellation);
            if (outcome == WalletCommandOutcome.Contended)
            {
                // This instance learns of the pressure the wallet has raised and gives back what no call holds; others do so by themselves.
                await leases.ReportAsync(leg.WalletId, cancellation);
                await leases.ChangedAsync(leg.WalletId, cancellation);
                outcome = await PrepareAsync(organisationId, transfer, leg, cancellation);
            }

            if (outcome == WalletCommandOutcome.Contended && NowUnixMs - _contendedSince.GetOrAdd(transfer.Id, NowUnixMs) < MaxContendedMs)
            {
                return null;
            }

            if (outcome is not (WalletCommandOutcome.Applied or WalletCommandOutcome.AlreadyApplied))
            {
                return new ProposalCommand.MarkFailed(WalletRefusals.Word(outcome), leg.WalletId);
            }
        }

        return new ProposalCommand.MarkCommitted();
    }

    private ValueTask<WalletCommandOutcome> PrepareAsync(
        string organisationId, Transfer transfer, TransferLeg leg, CancellationToken cancellation) => authority.ApplyAsync(
            leg.WalletId, new WalletCommand.PrepareTransfer(transfer.Id, leg.AmountNanoUsd), Note(organisationId, transfer), cancellation);

    private static CommandNote Note(string organisationId, Transfer transfer) =>
        new(organisationId, transfer.RequestedBy, transfer.History[0].Note);
}
