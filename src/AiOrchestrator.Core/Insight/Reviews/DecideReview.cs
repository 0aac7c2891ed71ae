using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Insight.Reviews;

/// <summary>Accepts or rejects what is claimed for a call. Who repeats a decision gets the same answer; another decision is refused.</summary>
internal sealed class DecideReview(ReviewBook reviews, DriveReview drive, TimeProvider time, ILogger<DecideReview> log)
{
    /// <summary>Charges what is in suspense for the call, or a part of it, and releases the rest.</summary>
    public Task<Result<Review>> AcceptAsync(Caller caller, string id, MemberReader body, CancellationToken cancellation)
    {
        var amount = WalletMembers.Amount(body, "amount_usd", leastNanoUsd: 1);
        return DecideAsync(caller, id, body, review => amount ?? review.SuspendedNanoUsd, cancellation);
    }

    /// <summary>Releases it.</summary>
    public Task<Result<Review>> RejectAsync(Caller caller, string id, MemberReader body, CancellationToken cancellation) =>
        DecideAsync(caller, id, body, static _ => 0, cancellation);

    /// <summary>Decides what nobody decided.</summary>
    public async Task ByRuleAsync(string organisationId, string id, DisputeRule rule, CancellationToken cancellation)
    {
        _ = await StoreAsync(
            organisationId,
            id,
            r => new ReviewDecision(rule == DisputeRule.Charge ? r.SuspendedNanoUsd : 0, ReviewDecision.ByRule, "nobody decided within a day", NowUnixMs),
            cancellation);
        _ = await drive.ExecuteAsync(organisationId, id, cancellation);
    }

    private async Task<Result<Review>> DecideAsync(
        Caller caller, string id, MemberReader body, Func<Review, long> charge, CancellationToken cancellation)
    {
        var note = body.Text("note", WalletMembers.MaxNoteLength);
        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        try
        {
            // What is still on its way into suspense gets there first.
            if (await drive.ExecuteAsync(caller.OrganisationId, id, cancellation) is not { } review)
            {
                return new ReviewNotFound();
            }

            var chargeNanoUsd = charge(review);
            if (chargeNanoUsd > review.SuspendedNanoUsd)
            {
                return new InvalidRequest("amount_usd", "must be at most what is in suspense");
            }

            var stored = await StoreAsync(
                caller.OrganisationId, id, _ => new ReviewDecision(chargeNanoUsd, caller.PrincipalId, note, NowUnixMs), cancellation);
            if (stored.Decision?.ChargeNanoUsd != chargeNanoUsd)
            {
                return new ReviewDecided(stored.Verdict);
            }

            return await drive.ExecuteAsync(caller.OrganisationId, id, cancellation) ?? stored;
        }
        catch (Exception silent) when (silent is IOException or TimeoutException)
        {
            // Safe: what was decided is stored or not; if it is, the job tells the wallets.
            log.LogError(silent, "the decision on {ExchangeId} could not be carried out", id);
            return WalletUnavailable.Instance;
        }
    }

    /// <summary>Stores a decision, unless there is one or nothing to decide.</summary>
    private async Task<Review> StoreAsync(string organisationId, string id, Func<Review, ReviewDecision> decide, CancellationToken cancellation)
    {
        while (true)
        {
            var (review, etag) = await reviews.FindAsync(organisationId, id, cancellation);
            if (review is not { State: ReviewState.Open })
            {
                return review ?? throw new InvalidOperationException($"the review '{id}' was there a moment ago");
            }

            var next = review with { State = ReviewState.Deciding, Decision = decide(review) };
            if (await reviews.TryReplaceAsync(next, etag!, cancellation) is not null)
            {
                return next;
            }
        }
    }

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();
}
