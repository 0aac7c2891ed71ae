using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets.Requests;
using AiOrchestrator.Core.Wallets.Transfers;
using AiOrchestrator.Ledger.Approvals;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Requests;
using AiOrchestrator.Ledger.Transfers;

namespace AiOrchestrator.Core.Wallets.Approvals;

/// <summary>The body of approving, rejecting and cancelling; may be left out.</summary>
/// <param name="Note">For the history; 1 to 500 characters.</param>
public sealed record DecisionRequest(string? Note = null);

/// <summary>One person's agreement.</summary>
/// <param name="By">The principal: a user, a key, or <c>admin</c>.</param>
/// <param name="Role">The role it had then.</param>
/// <param name="At">RFC 3339.</param>
public sealed record ApprovalView(string By, string Role, string At);

/// <summary>Who must agree.</summary>
/// <param name="Roles">One of these.</param>
/// <param name="Approvals">How many different people.</param>
public sealed record RequiredView(IReadOnlyList<string> Roles, int Approvals);

/// <summary>One line of what happened.</summary>
/// <param name="At">RFC 3339.</param>
/// <param name="Actor">The principal, or <c>system</c>.</param>
/// <param name="Action"><c>requested</c>, <c>approved</c>, <c>rejected</c>, <c>cancelled</c>, <c>expired</c>, <c>committed</c>, <c>applied</c>, <c>failed</c>, <c>undone</c>.</param>
/// <param name="Note">What the actor said, or why; or null.</param>
public sealed record HistoryView(string At, string Actor, string Action, string? Note);

/// <summary>Why something failed.</summary>
/// <param name="Reason"><c>exhausted</c>, <c>contended</c>, <c>wallet_closed</c>, <c>wallet_frozen</c>, <c>wallet_unknown</c>, <c>amount_out_of_range</c>, <c>transfer_finished</c>, <c>unconfirmed</c>.</param>
/// <param name="Wallet">The wallet that refused.</param>
public sealed record FailureView(string Reason, string Wallet);

/// <summary>One level of approval.</summary>
/// <param name="UpToUsd">The largest amount it decides on; null on the last: any.</param>
/// <param name="Roles">Who may agree or refuse: team_lead, finops, admin, owner.</param>
/// <param name="Approvals">How many different people must agree, 1 to 3; 1 when absent.</param>
public sealed record ApprovalLevelView(string? UpToUsd, IReadOnlyList<string> Roles, int? Approvals = 1);

/// <summary>The answer and the body of <c>/control/v1/approvals</c>.</summary>
/// <param name="Levels">Ascending by amount, 1 to 10.</param>
public sealed record ApprovalsView(IReadOnlyList<ApprovalLevelView> Levels)
{
    internal static ApprovalsView Of(ApprovalPolicy policy) =>
        new([.. policy.Levels.Select(static l => new ApprovalLevelView(WalletView.Usd(l.UpToNanoUsd), l.Roles, l.Approvals))]);
}

/// <summary>The parts all proposals show alike.</summary>
internal static class ProposalParts
{
    public static string Amount(Proposal proposal) => NanoUsd.FormatUsd(proposal.AmountNanoUsd);

    public static RequiredView Required(Proposal proposal) => new(proposal.Level.Roles, proposal.Level.Approvals);

    public static IReadOnlyList<ApprovalView> Approvals(Proposal proposal) =>
        [.. proposal.Approvals.Select(static a => new ApprovalView(a.By, a.Role, Rfc3339.Format(a.AtUnixMs)))];

    public static IReadOnlyList<HistoryView> History(Proposal proposal) =>
        [.. proposal.History.Select(static h => new HistoryView(Rfc3339.Format(h.AtUnixMs), h.Actor, h.Action, h.Note))];

    public static FailureView? Failure(Proposal proposal) => proposal.Failure is { } f ? new FailureView(f.Reason, f.WalletId) : null;
}

/// <summary>The written form of proposals, as documents and as answers.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(Transfer))]
[JsonSerializable(typeof(BudgetRequest))]
[JsonSerializable(typeof(OpenProposal))]
[JsonSerializable(typeof(ApprovalPolicy))]
[JsonSerializable(typeof(TransferView))]
[JsonSerializable(typeof(Page<TransferView>))]
[JsonSerializable(typeof(CreateTransferRequest))]
[JsonSerializable(typeof(BudgetRequestView))]
[JsonSerializable(typeof(Page<BudgetRequestView>))]
[JsonSerializable(typeof(CreateBudgetRequest))]
[JsonSerializable(typeof(DecisionRequest))]
[JsonSerializable(typeof(ApprovalsView))]
internal sealed partial class ProposalsJson : JsonSerializerContext;
