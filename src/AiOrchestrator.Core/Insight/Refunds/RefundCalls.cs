using AiOrchestrator.Core.Insight.Rerating;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Ledger.Money;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Insight.Refunds;

/// <summary>
/// Gives back what calls were charged that came to nothing after they had ended. The call is never edited: what it comes to by then (re-ratings and its
/// review included) is read from its usage event, written down, and booked to each wallet of its path, which knows the call by its id and period.
/// </summary>
internal sealed class RefundCalls(
    RefundBook book, CallsNow calls, IUsageStore usage, PostCorrection post, TimeProvider time, ILogger<RefundCalls> log)
{
    private const string Actor = "refund";
    private const int PageSize = 200;

    /// <summary>A call whose end is not known after so long, or whose wallet is gone, is given up. What ended without a word is charged by rule after a day.</summary>
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(7);

    /// <summary>As a job: what could not be given back at once.</summary>
    public static Job AsJob(RefundCalls refunds) => new("refund-calls", TimeSpan.FromMinutes(1), (_, cancellation) => refunds.ExecuteAsync(cancellation));

    /// <summary>As <see cref="CallRefund"/> says.</summary>
    public async Task<bool> AskAsync(string organisationId, ExchangeId id, string reason, long keptNanoUsd, CancellationToken cancellation)
    {
        if ((await book.FindAsync(organisationId, id.ToString(), cancellation)).Refund is null)
        {
            await book.CreateAsync(new Refund(id.ToString(), organisationId, reason, NowUnixMs) { KeptNanoUsd = keptNanoUsd }, cancellation);
        }

        return await TryAsync(organisationId, id.ToString(), cancellation);
    }

    /// <summary>One round over what is not done.</summary>
    public async Task ExecuteAsync(CancellationToken cancellation)
    {
        string? after = null;
        while (await book.OpenAsync(after, PageSize, cancellation) is { Count: > 0 } page)
        {
            foreach (var (id, organisationId) in page)
            {
                _ = await TryAsync(organisationId, id, cancellation);
            }

            after = page[^1].Id;
        }
    }

    /// <returns>Whether it is done.</returns>
    private async Task<bool> TryAsync(string organisationId, string id, CancellationToken cancellation)
    {
        try
        {
            var (refund, etag) = await book.FindAsync(organisationId, id, cancellation);
            if (refund is { State: RefundState.Asked })
            {
                var read = await ReadAsync(refund, cancellation);
                if (read.State == RefundState.Asked)
                {
                    return false;
                }

                await book.TryReplaceAsync(read, etag!, cancellation);

                // Also where somebody was faster: what they wrote down is what is given.
                (refund, etag) = await book.FindAsync(organisationId, id, cancellation);
            }

            if (refund is { State: RefundState.Giving })
            {
                refund = await GiveAsync(refund, cancellation);
                await book.TryReplaceAsync(refund, etag!, cancellation);
            }
            else if (refund is null or { State: RefundState.Done })
            {
                // The note may be left of one that died between the two.
                await book.ForgetOpenAsync(id, cancellation);
            }

            return refund is { State: RefundState.Done };
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Safe: it stays noted as open, and the next round goes on with it.
            log.LogError(failure, "What {ExchangeId} was charged could not be given back yet", id);
            return false;
        }
    }

    /// <summary>What is to be given back; the refund as it is while that is not known.</summary>
    private async Task<Refund> ReadAsync(Refund refund, CancellationToken cancellation)
    {
        var call = await ChargedAsync(refund, cancellation);
        var now = call is null ? null : await calls.OfAsync(call.Usage, cancellation);
        if (now is null or { Review.IsOpen: true })
        {
            return MayGiveUp(refund) ? refund with { State = RefundState.Done } : refund;
        }

        var amountNanoUsd = Math.Max(0, now.TotalNanoUsd - refund.KeptNanoUsd);
        var amountUsd = NanoUsd.FormatUsd(-amountNanoUsd);
        var of = call!.Usage;
        return amountNanoUsd == 0 ? refund with { State = RefundState.Done } : refund with
        {
            State = RefundState.Giving,
            AmountNanoUsd = amountNanoUsd,
            Wallets = [.. call.Wallets.Select(w => new WalletCorrection(w.WalletId, w.Period, 1, amountUsd))],
            Group = new CorrectedGroup(
                ChargebackQuery.HourOf(of.CreatedUnixMs), of.WalletPath ?? "", of.CostCentre, of.KeyId, of.Model, of.Provider, amountUsd),
            GivingUnixMs = NowUnixMs,
        };
    }

    private async Task<Refund> GiveAsync(Refund refund, CancellationToken cancellation)
    {
        // Booked as the correction of one call: wallets, statements and the memory of what was booked are the same.
        var correction = new StoredRerating
        {
            Id = refund.Id,
            OrganisationId = refund.OrganisationId,
            Model = "",
            FromUnixMs = 0,
            UntilUnixMs = 0,
            Prices = "",
            Note = refund.Reason,
            RequestedBy = Actor,
            CreatedUnixMs = refund.AskedUnixMs,
            PostingUnixMs = refund.GivingUnixMs,
        };
        var isGiven = true;
        foreach (var wallet in refund.Wallets)
        {
            if (await post.ExecuteAsync(correction, wallet, cancellation) is { } refusal)
            {
                isGiven = false;
                log.LogError("{WalletId} did not take back what {ExchangeId} was charged: {Code}", wallet.Wallet, refund.Id, refusal.Code);
            }
        }

        return isGiven || MayGiveUp(refund) ? refund with { State = RefundState.Done } : refund;
    }

    private async Task<ChargedCall?> ChargedAsync(Refund refund, CancellationToken cancellation)
    {
        var id = EarlierCorrections.IdOf(refund.Id);
        var found = await usage.ChargedAsync(
            new UsageQuery(refund.OrganisationId) { Before = new ExchangeId(id.Value + 1), Limit = 1 }, cancellation);
        return found is [var call] && call.Usage.Id == refund.Id ? call : null;
    }

    private bool MayGiveUp(Refund refund) => NowUnixMs - refund.AskedUnixMs > (long)GiveUpAfter.TotalMilliseconds;

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();
}
