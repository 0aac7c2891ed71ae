using AiOrchestrator.Core.Insight.Rerating;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Insight.Reviews;

/// <summary>
/// What reviews charged for calls after they had ended, by the ids of the calls. Reviews are forgotten; this is kept, for wallets spent it: a report of
/// then must come to the same in a year.
/// </summary>
internal sealed class ReviewCharges(IDocumentStore documents)
{
    private const int PageSize = 200;

    /// <summary>Notes what a decided review charged; a review that is noted already, or charged nothing, changes nothing.</summary>
    public async Task NoteAsync(Review review, CancellationToken cancellation)
    {
        if (review.Decision is not { ChargeNanoUsd: > 0 } decision)
        {
            return;
        }

        var charge = new CorrectedGroup(
            ChargebackQuery.HourOf(review.CreatedUnixMs),
            string.Join('/', review.Wallets.Select(static w => w.WalletId)),
            review.CostCentre,
            review.KeyId,
            review.Model,
            review.Provider,
            NanoUsd.FormatUsd(decision.ChargeNanoUsd));
        _ = await documents.CreateAsync(
            Partition(review.OrganisationId), review.Id, StoredDocuments.Bytes(charge, ReviewsJson.Default.CorrectedGroup), cancellation);
    }

    /// <summary>What was charged for a call later, nano-dollars; null where nothing was.</summary>
    public async Task<long?> FindAsync(string organisationId, string id, CancellationToken cancellation) =>
        (await documents.FindAsync(Partition(organisationId), id, ReviewsJson.Default.CorrectedGroup, cancellation)).Value is { } charge
            ? CorrectedCall.Nano(charge.AmountUsd)
            : null;

    /// <summary>Adds what was charged later for the calls of a report, a page at a time.</summary>
    public async Task AddAsync(ChargebackAdjustments adjustments, CancellationToken cancellation)
    {
        var query = adjustments.Query;
        var partition = Partition(query.OrganisationId);
        var after = query.FromHour is { } from ? ExchangeId.FirstAt((from * ChargebackQuery.HourMs) - 1).ToString() : null;
        var end = query.UntilHour is { } until ? ExchangeId.FirstAt(until * ChargebackQuery.HourMs).ToString() : null;
        while (true)
        {
            var page = await documents.ListAsync(partition, after, PageSize, cancellation);
            foreach (var document in page)
            {
                var charge = StoredDocuments.Read(partition, document, ReviewsJson.Default.CorrectedGroup);
                adjustments.Add(charge, CorrectedCall.Nano(charge.AmountUsd));
            }

            if (page.Count < PageSize || (end is not null && string.CompareOrdinal(page[^1].Id, end) >= 0))
            {
                return;
            }

            after = page[^1].Id;
        }
    }

    private static string Partition(string organisationId) => $"review-charges:{organisationId}";
}
