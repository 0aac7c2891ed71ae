using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Insight.Reviews;

/// <summary>The body of <c>POST /control/v1/reviews/{id}/accept</c>; may be left out.</summary>
/// <param name="AmountUsd">What of the suspended amount is charged, above 0; all of it when absent.</param>
/// <param name="Note">Stands on the statement; 1 to 500 characters.</param>
public sealed record AcceptReviewRequest(string? AmountUsd = null, string? Note = null);

/// <summary>The body of <c>POST /control/v1/reviews/{id}/reject</c>; may be left out.</summary>
/// <param name="Note">Stands on the statement; 1 to 500 characters.</param>
public sealed record RejectReviewRequest(string? Note = null);

/// <summary>A call whose reported usage is in doubt. Amounts are decimal strings of US dollars.</summary>
/// <param name="Id">The call, <c>ex_…</c>.</param>
/// <param name="State"><c>suspending</c>, <c>open</c>, <c>deciding</c>, <c>queued</c> or <c>closed</c>.</param>
/// <param name="Verdict"><c>open</c>, <c>accepted</c>, <c>rejected</c>, or <c>noted</c> where there was nothing to decide.</param>
/// <param name="Anomaly">What is wrong with what was reported.</param>
/// <param name="Provider">Who served it.</param>
/// <param name="Model">The model.</param>
/// <param name="KeyId">The key it was made with.</param>
/// <param name="Wallets">The wallets it is charged to, leaf to root.</param>
/// <param name="ClaimedUsage">What the provider wrote, its first 500 characters; null where it wrote nothing.</param>
/// <param name="UsageSource">By whose count it was charged: <c>reported</c>, <c>counted</c> or <c>larger</c>.</param>
/// <param name="PromptTokens">What charged and suspended amount stand for.</param>
/// <param name="CompletionTokens">Likewise.</param>
/// <param name="CountedCompletionTokens">What the gateway counted.</param>
/// <param name="HoldUsd">What was held.</param>
/// <param name="ChargedUsd">What was charged at once.</param>
/// <param name="SuspendedUsd">What is claimed beyond.</param>
/// <param name="ChargedLaterUsd">What of it was charged by the decision; null while there is none.</param>
/// <param name="DecidedBy">Who decided, or <c>rule</c>; or null.</param>
/// <param name="Note">What they wrote; or null.</param>
/// <param name="CreatedAt">When the call was made, RFC 3339.</param>
/// <param name="DecidedAt">RFC 3339, or null.</param>
/// <param name="Refusals">Wallets that have not taken what they were told; they are told again every minute.</param>
/// <param name="Batch">Where it was charged together with others: what statements name instead of the call; or null.</param>
public sealed record ReviewView(
    string Id,
    ReviewState State,
    string Verdict,
    string Anomaly,
    string? Provider,
    string? Model,
    string? KeyId,
    IReadOnlyList<string> Wallets,
    string? ClaimedUsage,
    string? UsageSource,
    long PromptTokens,
    long CompletionTokens,
    long CountedCompletionTokens,
    string HoldUsd,
    string ChargedUsd,
    string SuspendedUsd,
    string? ChargedLaterUsd,
    string? DecidedBy,
    string? Note,
    string CreatedAt,
    string? DecidedAt,
    IReadOnlyList<ReviewRefusalView> Refusals,
    string? Batch)
{
    internal static ReviewView Of(Review review) => new(
        review.Id,
        review.State,
        review.Verdict,
        review.Anomaly,
        review.Provider,
        review.Model,
        review.KeyId,
        [.. review.Wallets.Select(static w => w.WalletId)],
        review.ClaimedUsage,
        review.UsageSource,
        review.PromptTokens,
        review.CompletionTokens,
        review.CountedCompletionTokens,
        NanoUsd.FormatUsd(review.HoldNanoUsd),
        NanoUsd.FormatUsd(review.ChargedNanoUsd),
        NanoUsd.FormatUsd(review.SuspendedNanoUsd),
        review.Decision is { } decided ? NanoUsd.FormatUsd(decided.ChargeNanoUsd) : null,
        review.Decision?.Actor,
        review.Decision?.Note,
        Rfc3339.Format(review.CreatedUnixMs),
        Rfc3339.Format(review.Decision?.AtUnixMs),
        [.. review.Refusals.Select(static r => new ReviewRefusalView(r.WalletId, r.IsSuspended, r.Code))],
        review.Batch);
}

/// <summary>A wallet that has not taken what it was told.</summary>
/// <param name="Wallet">The wallet.</param>
/// <param name="IsSuspended">Whether the amount is in suspense there.</param>
/// <param name="Code">Why: the code of an error.</param>
public sealed record ReviewRefusalView(string Wallet, bool IsSuspended, string Code);
