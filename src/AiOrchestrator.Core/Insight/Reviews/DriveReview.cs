using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Insight.Reviews;

/// <summary>
/// Brings a review as far as it can go: the amount into suspense on every wallet of the call's path, and out of it again once it is decided. Wallets
/// know the call: whatever is said to them twice, after a crash or by two at once, changes nothing.
/// </summary>
internal sealed class DriveReview(
    ReviewBook reviews, ReviewCharges charges, IWalletAuthority authority, LeaseBook leases, ILogger<DriveReview> log)
{
    private const string Actor = "usage-review";

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
                case { State: ReviewState.Open }:
                    return review;
                default:
                    var next = await StepAsync(review, cancellation);
                    if (await reviews.TryReplaceAsync(next, etag!, cancellation) is not null && next.State is ReviewState.Closed or ReviewState.Open)
                    {
                        return next;
                    }

                    // Somebody was faster: what they made of it is read again.
                    break;
            }
        }
    }

    private async Task<Review> StepAsync(Review review, CancellationToken cancellation)
    {
        if (review.State == ReviewState.Suspending)
        {
            var note = new CommandNote(review.OrganisationId, Actor, $"{review.Provider}: {review.Anomaly}");
            foreach (var share in review.Wallets)
            {
                await ApplyAsync(review, share, new WalletCommand.Suspend(review.Id, share.Period, review.SuspendedNanoUsd), note, cancellation);
            }

            return review with { State = ReviewState.Open };
        }

        var decision = review.Decision!;
        foreach (var share in review.Wallets)
        {
            var settle = new WalletCommand.SettleDispute(review.Id, share.Period, review.SuspendedNanoUsd, decision.ChargeNanoUsd);
            await ApplyAsync(review, share, settle, new CommandNote(review.OrganisationId, decision.Actor, decision.Note), cancellation);
        }

        // Before it is closed: whatever dies in between goes on here, and wallets have nothing that reports do not show.
        await charges.NoteAsync(review, cancellation);
        return review with { State = ReviewState.Closed };
    }

    private async Task ApplyAsync(Review review, ReviewShare share, WalletCommand command, CommandNote note, CancellationToken cancellation)
    {
        var outcome = await authority.ApplyAsync(share.WalletId, command, note, cancellation);
        if (outcome is not (WalletCommandOutcome.Applied or WalletCommandOutcome.AlreadyApplied))
        {
            // Safe: sums beyond their bounds, or a wallet that is not known: asking again does not help, and the review shows what it is about.
            log.LogError("{Command} for {ExchangeId} was refused by wallet {WalletId}: {Outcome}", command.GetType().Name, review.Id, share.WalletId, outcome);
            return;
        }

        try
        {
            await leases.ChangedAsync(share.WalletId, cancellation);
        }
        catch (Exception silent) when (silent is IOException or TimeoutException)
        {
            // Safe: the wallet knows; this instance's lease on it learns of it when it next reports.
            log.LogWarning(silent, "the lease on wallet {WalletId} could not be told of a change", share.WalletId);
        }
    }
}
