using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Insight.Refunds;
using AiOrchestrator.Core.Insight.Rerating;
using AiOrchestrator.Core.Insight.Reviews;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight;

/// <summary>A call, and what became of its charge afterwards.</summary>
/// <param name="Event">As it was recorded when it ended.</param>
/// <param name="ReratedNanoUsd">What it comes to after re-ratings; null where none corrected it.</param>
/// <param name="Review">Its review; null where it was never in doubt.</param>
/// <param name="RefundedNanoUsd">What of that was given back; null where nothing was.</param>
internal sealed record CallNow(UsageEvent Event, long? ReratedNanoUsd, CallReview? Review, long? RefundedNanoUsd)
{
    /// <summary>What it costs now. What a re-rating comes to holds what the review charged.</summary>
    public long TotalNanoUsd => (ReratedNanoUsd ?? Event.CostNanoUsd + (Review?.ChargedLaterNanoUsd ?? 0)) - (RefundedNanoUsd ?? 0);
}

/// <summary>Finds single calls for whoever may see them.</summary>
internal sealed class CallsNow(IUsageStore store, RerateLookup reratings, CallReviews reviews, RefundBook refunds)
{
    /// <summary>The call; null where there is none the caller may see: somebody else's does not exist.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="id">What they take for its id.</param>
    /// <param name="cancellation">They have gone.</param>
    public async Task<CallNow?> FindAsync(Caller caller, string id, CancellationToken cancellation)
    {
        var found = ExchangeId.TryParse(id, out var exchange) ? await store.GetAsync(caller.OrganisationId, exchange, cancellation) : null;
        if (found is null || (!caller.SeesAll && found.KeyId != caller.Key!.Id))
        {
            return null;
        }

        return await OfAsync(found, cancellation);
    }

    /// <summary>What became of a call's charge.</summary>
    public async Task<CallNow> OfAsync(UsageEvent call, CancellationToken cancellation)
    {
        var refund = call.OrganisationId is { } organisation ? (await refunds.FindAsync(organisation, call.Id, cancellation)).Refund : null;
        return new CallNow(
            call,
            await reratings.FindAsync(call, cancellation),
            await reviews.FindAsync(call, cancellation),
            refund is { AmountNanoUsd: > 0 } ? refund.AmountNanoUsd : null);
    }
}
