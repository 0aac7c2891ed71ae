using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Ledger.Transfers;

namespace AiOrchestrator.Core.Wallets.Transfers;

/// <summary>The body of <c>POST /v1/wallet/transfers</c>.</summary>
/// <param name="From">The wallet whose allowance of this period shrinks.</param>
/// <param name="To">The wallet whose allowance of this period grows.</param>
/// <param name="AmountUsd">Decimal US dollars, more than 0.</param>
/// <param name="Note">For whoever decides; 1 to 500 characters.</param>
/// <param name="Id">Makes the request safe to repeat; 1 to 64 letters, digits, '_', '-' and '.'. One is made when absent.</param>
public sealed record CreateTransferRequest(string From, string To, string AmountUsd, string? Note = null, string? Id = null);

/// <summary>A transfer. Amounts are decimal strings of US dollars.</summary>
/// <param name="Id">The caller's, or <c>tr_…</c>.</param>
/// <param name="State"><c>requested</c>, <c>approved</c>, <c>committed</c>, <c>applied</c>, <c>rejected</c>, <c>cancelled</c>, <c>expired</c> or <c>failed</c>.</param>
/// <param name="From">The wallet whose allowance shrinks.</param>
/// <param name="To">The wallet whose allowance grows.</param>
/// <param name="AmountUsd">How much.</param>
/// <param name="RequestedBy">The principal who asked.</param>
/// <param name="RequestedAt">RFC 3339.</param>
/// <param name="ExpiresAt">From then on nobody can decide on it; RFC 3339.</param>
/// <param name="Required">Who must agree.</param>
/// <param name="Approvals">Who has agreed.</param>
/// <param name="History">What happened, oldest first.</param>
/// <param name="Failure">Why it failed, or null.</param>
public sealed record TransferView(
    string Id,
    string State,
    string From,
    string To,
    string AmountUsd,
    string RequestedBy,
    string RequestedAt,
    string ExpiresAt,
    RequiredView Required,
    IReadOnlyList<ApprovalView> Approvals,
    IReadOnlyList<HistoryView> History,
    FailureView? Failure)
{
    internal static TransferView Of(Transfer transfer) => new(
        transfer.Id,
        ProposalWords.Of(transfer.State),
        transfer.From,
        transfer.To,
        ProposalParts.Amount(transfer),
        transfer.RequestedBy,
        Rfc3339.Format(transfer.RequestedUnixMs),
        Rfc3339.Format(transfer.ExpiresUnixMs),
        ProposalParts.Required(transfer),
        ProposalParts.Approvals(transfer),
        ProposalParts.History(transfer),
        ProposalParts.Failure(transfer));
}
