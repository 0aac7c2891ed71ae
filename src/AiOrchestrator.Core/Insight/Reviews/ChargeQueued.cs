using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Insight.Reviews;

/// <summary>Calls that are charged together, as it is stored; an organisation has at most one.</summary>
/// <param name="Id">What wallets know it by.</param>
/// <param name="OrganisationId">Whose calls they are.</param>
/// <param name="Reviews">The calls; null until they are chosen.</param>
/// <param name="Shares">What their wallets are charged.</param>
internal sealed record ReviewBatch(string Id, string OrganisationId, IReadOnlyList<string>? Reviews, IReadOnlyList<BatchShare> Shares);

/// <summary>What a wallet is charged in one of its periods.</summary>
/// <param name="WalletId">The wallet.</param>
/// <param name="Period">The number of its period.</param>
/// <param name="AmountNanoUsd">The amount.</param>
internal sealed record BatchShare(string WalletId, int Period, long AmountNanoUsd);

/// <summary>
/// Charges what the rule decided at once, many calls together: wallets remember what they are told for three days, so a provider that never reports well must
/// not have them told of each call. First calls are chosen and written down, then wallets are told, then the reviews are closed; whoever dies in between, or
/// is overtaken, changes nothing twice.
/// </summary>
internal sealed class ChargeQueued(ReviewBook reviews, ReviewCharges charges, TellWallet wallets, IdSource ids, TimeProvider time)
{
    /// <summary>Most calls charged together.</summary>
    public const int MostTogether = 1000;

    /// <summary>So long the first of them waits for others.</summary>
    private const long PatienceMs = 600_000;

    /// <summary>Goes on with what is begun, or begins.</summary>
    /// <exception cref="IOException">A wallet or the store does not answer: go on later.</exception>
    public async Task ExecuteAsync(string organisationId, CancellationToken cancellation)
    {
        var (batch, etag) = await reviews.BatchAsync(organisationId, cancellation);
        if (batch is null && await IsDueAsync(organisationId, cancellation))
        {
            await reviews.BeginBatchAsync(new ReviewBatch(ids.NewId("rb"), organisationId, null, []), cancellation);
            (batch, etag) = await reviews.BatchAsync(organisationId, cancellation);
        }

        if (batch is { Reviews: null })
        {
            batch = await ChooseAsync(batch, cancellation);
            etag = await reviews.TryReplaceBatchAsync(batch, etag!, cancellation);
        }

        // Without a tag somebody else was faster: they go on with it, or the next round does.
        if (batch is null || etag is null || !await TellAsync(batch, cancellation))
        {
            return;
        }

        foreach (var id in batch.Reviews!)
        {
            await CloseAsync(batch, id, cancellation);
        }

        await reviews.EndBatchAsync(organisationId, etag, cancellation);
    }

    private async Task<bool> IsDueAsync(string organisationId, CancellationToken cancellation)
    {
        var queued = await reviews.QueuedAsync(organisationId, MostTogether, cancellation);
        return queued.Count == MostTogether
            || (queued is [var first, ..] && (await reviews.FindAsync(organisationId, first, cancellation)).Review is { } review
                && NowUnixMs - review.SeenUnixMs >= PatienceMs);
    }

    /// <summary>Only while the batch is noted, and none before it is: what one before it charged is closed by then.</summary>
    private async Task<ReviewBatch> ChooseAsync(ReviewBatch batch, CancellationToken cancellation)
    {
        var chosen = new List<string>();
        var shares = new Dictionary<string, BatchShare>(StringComparer.Ordinal);
        foreach (var id in await reviews.QueuedAsync(batch.OrganisationId, MostTogether, cancellation))
        {
            var (review, _) = await reviews.FindAsync(batch.OrganisationId, id, cancellation);
            if (review is { State: not ReviewState.Queued })
            {
                // Somebody died between closing it and taking the note away.
                await reviews.ForgetQueuedAsync(batch.OrganisationId, id, cancellation);
            }

            if (review is not { State: ReviewState.Queued, Decision: { } decision })
            {
                continue;
            }

            // A wallet knows the batch by its id alone: what belongs to another of its periods, or is too much, waits for the next.
            if (review.Wallets.Any(s => shares.TryGetValue(s.WalletId, out var share)
                && (share.Period != s.Period || share.AmountNanoUsd > NanoUsd.MaxAmount - decision.ChargeNanoUsd)))
            {
                continue;
            }

            chosen.Add(id);
            foreach (var (walletId, period) in review.Wallets)
            {
                var share = shares.GetValueOrDefault(walletId) ?? new BatchShare(walletId, period, 0);
                shares[walletId] = share with { AmountNanoUsd = share.AmountNanoUsd + decision.ChargeNanoUsd };
            }
        }

        return batch with { Reviews = chosen, Shares = [.. shares.Values] };
    }

    /// <returns>Whether every wallet has taken it.</returns>
    private async Task<bool> TellAsync(ReviewBatch batch, CancellationToken cancellation)
    {
        var isTaken = true;
        var note = new CommandNote(batch.OrganisationId, ReviewDecision.ByRule, $"{batch.Reviews!.Count} calls in doubt beyond the reviews that may be open");
        foreach (var share in batch.Shares)
        {
            var to = new ReviewShare(share.WalletId, share.Period);
            var refused = await wallets.ExecuteAsync(batch.Id, to, new WalletCommand.Suspend(batch.Id, share.Period, share.AmountNanoUsd), note, cancellation)
                ?? await wallets.ExecuteAsync(
                    batch.Id, to, new WalletCommand.SettleDispute(batch.Id, share.Period, share.AmountNanoUsd, share.AmountNanoUsd), note, cancellation);
            if (refused is not null)
            {
                isTaken = false;
                await wallets.AlertAsync(batch.OrganisationId, batch.Id, share.WalletId, refused, cancellation);
            }
        }

        return isTaken;
    }

    private async Task CloseAsync(ReviewBatch batch, string id, CancellationToken cancellation)
    {
        while (await reviews.FindAsync(batch.OrganisationId, id, cancellation) is { Review: { State: ReviewState.Queued } review, ETag: { } etag })
        {
            await charges.NoteAsync(review, cancellation);
            if (await reviews.TryReplaceAsync(review with { State = ReviewState.Closed, Batch = batch.Id }, etag, cancellation) is not null)
            {
                break;
            }
        }

        await reviews.ForgetQueuedAsync(batch.OrganisationId, id, cancellation);
    }

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();
}
