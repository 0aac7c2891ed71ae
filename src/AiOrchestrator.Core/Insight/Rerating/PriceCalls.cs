using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Insight.Refunds;
using AiOrchestrator.Core.Insight.Reviews;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>Some calls, newest first, priced again.</summary>
/// <param name="Figures">All that was found, what was found before them included.</param>
/// <param name="Corrected">Those that come to something else now.</param>
/// <param name="Last">The oldest call that was looked at; null where there was none.</param>
internal sealed record PricedCalls(ReratingFigures Figures, IReadOnlyList<CorrectedCall> Corrected, ExchangeId? Last);

/// <summary>Prices calls again, from the tokens their events say were charged.</summary>
internal sealed class PriceCalls(
    IUsageStore usage, ReratingStore store, ReratingBlobs blobs, ReratingPrices prices, CallReviews reviews, RefundBook refunds)
{
    private const int PageSize = 1000;

    /// <summary>
    /// From the newest on that was not looked at yet, chunk by chunk: about so many calls that come to something else, and no more than
    /// <paramref name="mostCalls"/> calls.
    /// </summary>
    public async IAsyncEnumerable<PricedCalls> ExecuteAsync(
        StoredRerating rerating, int mostCalls, int mostCorrected, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ExchangeId? before = rerating.Before is { } text ? EarlierCorrections.IdOf(text) : null;
        var ended = (await store.AllAsync(rerating.OrganisationId, cancellation))
            .Where(r => r.Counts && r.Meets(rerating)).OrderBy(static r => r.Sequence);
        await using var earlier = EarlierCorrections.Begin(blobs, ended, before, cancellation);
        var counting = new Counting(rerating.Figures, prices.Of(rerating));
        var (corrected, looked) = (new List<CorrectedCall>(), 0);
        while (true)
        {
            var page = await usage.ChargedAsync(
                new UsageQuery(rerating.OrganisationId)
                {
                    Provider = rerating.Provider,
                    Model = rerating.Model,
                    FromUnixMs = rerating.FromUnixMs,
                    UntilUnixMs = rerating.UntilUnixMs,
                    Before = before,
                    Limit = PageSize,
                },
                cancellation);
            foreach (var call in page)
            {
                before = EarlierCorrections.IdOf(call.Usage.Id);
                var review = call.Usage.SuspendedNanoUsd > 0 ? await reviews.FindAsync(call.Usage, cancellation) : null;
                var isRefunded = call.Usage.Endpoint is { } endpoint && endpoint.StartsWith("videos", StringComparison.Ordinal)
                    && (await refunds.FindAsync(rerating.OrganisationId, call.Usage.Id, cancellation)).Refund is not null;
                if (counting.Price(call, review, isRefunded, await earlier.FindAsync(before.Value)) is { } line)
                {
                    corrected.Add(line);
                }
            }

            looked += page.Count;
            if (page.Count < PageSize || looked >= mostCalls || corrected.Count >= mostCorrected)
            {
                yield return new PricedCalls(counting.Figures(), corrected, before);
                (corrected, looked) = ([], 0);
            }

            if (page.Count < PageSize)
            {
                yield break;
            }
        }
    }

    /// <summary>Why a call is not priced again; null where it is.</summary>
    private static string? Skip(UsageEvent call, CallReview? review) => call switch
    {
        { Status: UsageStatus.Refused } => "refused",
        { UsageSource: null } => "nothing_used",

        // Its tokens are those of many calls, each of which was priced for itself.
        { Endpoint: "batches.results" } => "batch",
        { UsageSource: "rule" } => "usage_unknown",

        // A part of what another call cost: that one is priced again.
        { UsageSource: "cache" } => "cache",
        { SuspendedNanoUsd: > 0 } when review is { IsOpen: true } => "under_review",

        // The tokens stand for what was claimed: priced again, what was released would be charged after all.
        { SuspendedNanoUsd: > 0 } when (review?.ChargedLaterNanoUsd ?? 0) < call.SuspendedNanoUsd => "review_rejected",
        _ => null,
    };

    private sealed class Counting(ReratingFigures before, Func<UsageEvent, ModelPrice?> priceOf)
    {
        private readonly Dictionary<string, long> _skipped = new(before.Skipped);
        private readonly Dictionary<(string Provider, string Model), StoredModel> _models = before.Models.ToDictionary(static m => (m.Provider, m.Model));
        private readonly CallCost _cost = new();
        private long _calls = before.Calls;
        private long _priced = before.Priced;
        private long _corrected = before.Corrected;

        public ReratingFigures Figures() => new()
        {
            Calls = _calls,
            Priced = _priced,
            Corrected = _corrected,
            Skipped = new Dictionary<string, long>(_skipped),
            Models = [.. _models.Values.OrderBy(static m => m.Provider, StringComparer.Ordinal).ThenBy(static m => m.Model, StringComparer.Ordinal)],
        };

        /// <summary>The call's correction; null where it comes to the same, or is left as it is.</summary>
        public CorrectedCall? Price(ChargedCall call, CallReview? review, bool isRefunded, long? correctedNanoUsd)
        {
            _calls++;
            var why = isRefunded ? "refunded" : Skip(call.Usage, review);
            if (why is not null || priceOf(call.Usage) is not { } price || _cost.NanoUsd(price, call.Usage) is not { } nowNanoUsd)
            {
                why ??= "price_unknown";
                _skipped[why] = _skipped.GetValueOrDefault(why) + 1;
                return null;
            }

            var beforeNanoUsd = correctedNanoUsd ?? call.Usage.CostNanoUsd + (review?.ChargedLaterNanoUsd ?? 0);
            var of = (call.Usage.Provider ?? "", call.Usage.Model ?? "");
            var model = _models.GetValueOrDefault(of) ?? new StoredModel(of.Item1, of.Item2, 0, 0, 0);
            _models[of] = model with
            {
                Calls = model.Calls + 1,
                BeforeNanoUsd = model.BeforeNanoUsd + beforeNanoUsd,
                NowNanoUsd = model.NowNanoUsd + nowNanoUsd,
            };
            _priced++;
            if (beforeNanoUsd == nowNanoUsd)
            {
                return null;
            }

            _corrected++;
            return CorrectedCall.Of(call, beforeNanoUsd, nowNanoUsd);
        }
    }
}
