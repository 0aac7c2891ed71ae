using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Ledger.Requests;

namespace AiOrchestrator.Core.Wallets.Requests;

/// <summary>The body of <c>POST /v1/wallet/requests</c>.</summary>
/// <param name="Wallet">The wallet whose budget is to be raised.</param>
/// <param name="AmountUsd">By how much: decimal US dollars, more than 0.</param>
/// <param name="Kind"><c>top_up</c> (this period; when absent) or <c>limit</c> (from now on).</param>
/// <param name="Note">For whoever decides; 1 to 500 characters.</param>
/// <param name="Id">Makes the request safe to repeat; 1 to 64 letters, digits, '_', '-' and '.'. One is made when absent.</param>
public sealed record CreateBudgetRequest(string Wallet, string AmountUsd, string? Kind = null, string? Note = null, string? Id = null);

/// <summary>A budget request. Amounts are decimal strings of US dollars.</summary>
/// <param name="Id">The caller's, or <c>br_…</c>.</param>
/// <param name="State"><c>requested</c>, <c>approved</c>, <c>committed</c>, <c>applied</c>, <c>rejected</c>, <c>cancelled</c>, <c>expired</c> or <c>failed</c>.</param>
/// <param name="Wallet">The wallet.</param>
/// <param name="Kind"><c>top_up</c> or <c>limit</c>.</param>
/// <param name="AmountUsd">By how much.</param>
/// <param name="RequestedBy">The principal who asked.</param>
/// <param name="RequestedAt">RFC 3339.</param>
/// <param name="ExpiresAt">From then on nobody can decide on it; RFC 3339.</param>
/// <param name="Required">Who must agree.</param>
/// <param name="Approvals">Who has agreed.</param>
/// <param name="History">What happened, oldest first.</param>
/// <param name="Failure">Why it failed, or null.</param>
public sealed record BudgetRequestView(
    string Id,
    string State,
    string Wallet,
    string Kind,
    string AmountUsd,
    string RequestedBy,
    string RequestedAt,
    string ExpiresAt,
    RequiredView Required,
    IReadOnlyList<ApprovalView> Approvals,
    IReadOnlyList<HistoryView> History,
    FailureView? Failure)
{
    internal static BudgetRequestView Of(BudgetRequest request) => new(
        request.Id,
        ProposalWords.Of(request.State),
        request.WalletId,
        request.Kind == BudgetKind.Limit ? "limit" : "top_up",
        ProposalParts.Amount(request),
        request.RequestedBy,
        Rfc3339.Format(request.RequestedUnixMs),
        Rfc3339.Format(request.ExpiresUnixMs),
        ProposalParts.Required(request),
        ProposalParts.Approvals(request),
        ProposalParts.History(request),
        ProposalParts.Failure(request));
}
