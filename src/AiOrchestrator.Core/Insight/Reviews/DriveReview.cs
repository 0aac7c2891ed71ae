using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Insight.Reviews;

/// <summary>
/// Brings a review as far as it can go: the amount into suspense on every wallet of the call's path, and out of it again once it is decided. Wallets
/// know the call: whatever is said to them twice, after a crash or by two at once, changes nothing.
/// </summary>
internal sealed class DriveReview(ReviewBook reviews, ReviewCharges charges, TellWallet wallets)
{
    /// <summary>Goes on with a review.</summary>
    /// <returns>As it stands now; null when there is none.</returns>
    /// <exception cref="IOException">A wallet or the store does not answer: go on later.</exception>
    public async Task<Review?> ExecuteAsync(string organisationId, string id, CancellationToken cancellation)
    {
        while (true)
        {
            var (review, etag) = await reviews.FindAsync(organisationId, id, cancellation);
            switch (review)
            {
                case null or { State: ReviewState.Closed }:
                    // The note may be left of one that died between the two.
                    await reviews.ForgetOpenAsync(organisationId, id, cancellation);
                    return review;
                case { State: ReviewState.Queued } or { State: ReviewState.Open, Refusals.Count: 0 }:
                    return review;
                default:
                    var next = await StepAsync(review, cancellation);
                    foreach (var refusal in next.Refusals)
                    {
                        await wallets.AlertAsync(next.OrganisationId, next.Id, refusal.WalletId, refusal.Code, cancellation);
                    }

                    if (next == review)
                    {
                        // Whoever refused refuses still.
                        return review;
                    }

                    if (await reviews.TryReplaceAsync(next, etag!, cancellation) is not null && !MayGoOn(review, next))
                    {
                        return next;
                    }

                    // Somebody was faster, or the next step waits: it is read again.
                    break;
            }
        }
    }

    /// <summary>Only what all wallets were told, and those that had refused before have taken, is followed by another step at once.</summary>
    private static bool MayGoOn(Review before, Review after) => after.State == ReviewState.Deciding
        && (before.State == ReviewState.Suspending || Missing(before).Any()) && !Missing(after).Any();

    private static IEnumerable<ReviewRefusal> Missing(Review review) => review.Refusals.Where(static r => !r.IsSuspended);

    private async Task<Review> StepAsync(Review review, CancellationToken cancellation)
    {
        // Written down before the amount is taken out of suspense anywhere: who is told to suspend it after that could be told twice.
        if (review.State is ReviewState.Suspending or ReviewState.Open || (review.Decision!.ChargeNanoUsd > 0 && Missing(review).Any()))
        {
            var next = await SuspendAsync(review, cancellation);
            if (review.State != ReviewState.Deciding || next != review)
            {
                return next;
            }
        }

        return await SettleAsync(review, cancellation);
    }

    private async Task<Review> SuspendAsync(Review review, CancellationToken cancellation)
    {
        var note = new CommandNote(review.OrganisationId, TellWallet.Actor, $"{review.Provider}: {review.Anomaly}");
        var refusals = new List<ReviewRefusal>();
        foreach (var share in review.Wallets)
        {
            if ((review.State == ReviewState.Suspending || Missing(review).Any(r => r.WalletId == share.WalletId))
                && await wallets.ExecuteAsync(review.Id, share, new WalletCommand.Suspend(review.Id, share.Period, review.SuspendedNanoUsd), note, cancellation) is { } code)
            {
                refusals.Add(new ReviewRefusal(share.WalletId, IsSuspended: false, code));
            }
        }

        // Those that refused to take it out of suspense are told when it goes on.
        refusals.AddRange(review.Refusals.Where(static r => r.IsSuspended));
        var state = review.State switch
        {
            ReviewState.Suspending when review.Decision is not null => ReviewState.Deciding,
            ReviewState.Suspending => ReviewState.Open,
            var same => same,
        };
        return With(review, state, refusals);
    }

    private async Task<Review> SettleAsync(Review review, CancellationToken cancellation)
    {
        var decision = review.Decision!;
        var missing = Missing(review).ToList();
        var note = new CommandNote(review.OrganisationId, decision.Actor, decision.Note);

        // Where nothing is in suspense there is nothing to release either.
        List<ReviewRefusal> refusals = decision.ChargeNanoUsd > 0 ? [.. missing] : [];
        foreach (var share in review.Wallets.Where(s => !missing.Exists(r => r.WalletId == s.WalletId)))
        {
            var settle = new WalletCommand.SettleDispute(review.Id, share.Period, review.SuspendedNanoUsd, decision.ChargeNanoUsd);
            if (await wallets.ExecuteAsync(review.Id, share, settle, note, cancellation) is { } code)
            {
                refusals.Add(new ReviewRefusal(share.WalletId, IsSuspended: true, code));
            }
        }

        // Before it is closed: whatever dies in between goes on here, and wallets have nothing that reports do not show.
        await charges.NoteAsync(review, cancellation);
        return With(review, refusals.Count == 0 ? ReviewState.Closed : ReviewState.Deciding, refusals);
    }

    /// <summary>The same review where nothing has changed.</summary>
    private static Review With(Review review, ReviewState state, List<ReviewRefusal> refusals) =>
        review.State == state && review.Refusals.SequenceEqual(refusals) ? review : review with { State = state, Refusals = refusals };
}
