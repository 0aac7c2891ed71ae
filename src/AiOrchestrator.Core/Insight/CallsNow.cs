using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Insight.Rerating;
using AiOrchestrator.Core.Insight.Reviews;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight;

/// <summary>A call, and what became of its charge afterwards.</summary>
/// <param name="Event">As it was recorded when it ended.</param>
/// <param name="ReratedNanoUsd">What it comes to after re-ratings; null where none corrected it.</param>
/// <param name="Review">Its review; null where it was never in doubt.</param>
internal sealed record CallNow(UsageEvent Event, long? ReratedNanoUsd, CallReview? Review)
{
    /// <summary>What it costs now. What a re-rating comes to holds what the review charged.</summary>
    public long TotalNanoUsd => ReratedNanoUsd ?? Event.CostNanoUsd + (Review?.ChargedLaterNanoUsd ?? 0);
}

/// <summary>Finds single calls for whoever may see them.</summary>
internal sealed class CallsNow(IUsageStore store, RerateLookup reratings, CallReviews reviews)
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

        return new CallNow(found, await reratings.FindAsync(found, cancellation), await reviews.FindAsync(found, cancellation));
    }
}
