using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Insight.Reviews;

/// <summary>What the review of one call came to.</summary>
/// <param name="Verdict"><c>open</c>, <c>accepted</c>, <c>rejected</c> or <c>noted</c>.</param>
/// <param name="IsOpen">Nothing is decided, or the wallets are still being told.</param>
/// <param name="ChargedLaterNanoUsd">What wallets were charged by it; null while it is open, or where there was nothing to decide.</param>
internal sealed record CallReview(string Verdict, bool IsOpen, long? ChargedLaterNanoUsd);

/// <summary>Finds what reviews of single calls came to, of forgotten ones as far as they charged something.</summary>
internal sealed class CallReviews(ReviewBook reviews, ReviewCharges charges)
{
    /// <summary>The call's; null where it was never in doubt, or its review charged nothing and is forgotten.</summary>
    public async Task<CallReview?> FindAsync(UsageEvent call, CancellationToken cancellation)
    {
        if (!TakeDisputes.IsDoubtful(call))
        {
            return null;
        }

        if ((await reviews.FindAsync(call.OrganisationId!, call.Id, cancellation)).Review is { } review)
        {
            return review.State == ReviewState.Closed
                ? new CallReview(review.Verdict, IsOpen: false, review.Decision?.ChargeNanoUsd)
                : new CallReview(review.Verdict, IsOpen: true, null);
        }

        return await charges.FindAsync(call.OrganisationId!, call.Id, cancellation) is { } chargedNanoUsd
            ? new CallReview("accepted", IsOpen: false, chargedNanoUsd)
            : null;
    }
}
