using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Pricing;

/// <summary>Replaces an own price that has not begun. Of one in force only its end and its note change: the past is not rewritten.</summary>
internal sealed class ReplacePrice(IDocumentStore documents, PriceDirectory directory, TimeProvider time)
{
    public async Task<Result<PriceRow>> ExecuteAsync(
        string organisationId, string id, MemberReader body, Func<string, bool> allows, CancellationToken cancellation)
    {
        var read = PriceBody.Read(body);
        return await directory.ChangeAsync<Result<PriceRow>>(
            async () =>
            {
                var (stored, etag) = await documents.FindAsync(
                    PricingPartitions.Prices(organisationId), id, PricingJson.Default.StoredPrice, cancellation);
                var row = stored is null ? null : new PriceRow(stored, etag!);
                var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
                var status = row?.StatusAt(time.GetUtcNow().ToUnixTimeMilliseconds());
                PriceDays.Check(body, status == PriceStatus.Scheduled ? read.From : null, read.Until, today);
                if (body.Finish() is { } invalid)
                {
                    return invalid;
                }

                if (stored is null)
                {
                    return new PriceNotFound();
                }

                if (!allows(etag!))
                {
                    return new PreconditionFailed();
                }

                var next = stored with
                {
                    Provider = read.Provider,
                    Model = read.Model,
                    Kind = read.Kind,
                    From = read.From ?? stored.From,
                    Until = read.Until,
                    Prices = read.Prices,
                    Note = read.Note,
                };
                return Refusal(status!.Value, stored, next) is { } refusal
                    ? refusal
                    : await WriteAsync(organisationId, next, etag!, today, cancellation);
            },
            cancellation);
    }

    private static ApiFailure? Refusal(PriceStatus status, StoredPrice stored, StoredPrice next) => status switch
    {
        PriceStatus.Ended => new PriceEnded(),
        PriceStatus.InForce when next.From != stored.From || next.Provider != stored.Provider || next.Model != stored.Model
            || next.Kind != stored.Kind || !JsonElement.DeepEquals(next.Prices, stored.Prices) => new PriceInForce(PriceView.Day(stored.From)),
        _ => null,
    };

    private async Task<Result<PriceRow>> WriteAsync(
        string organisationId, StoredPrice next, string etag, DateOnly today, CancellationToken cancellation)
    {
        var prices = directory.Of(organisationId);
        if (PriceDays.Same(prices, next, today) is { } other)
        {
            return new PriceExists(other);
        }

        var write = await documents.ReplaceAsync(
            PricingPartitions.Prices(organisationId), next.Id, StoredDocuments.Bytes(next, PricingJson.Default.StoredPrice), etag, cancellation);
        if (write.Outcome != DocumentOutcome.Done)
        {
            return write.Outcome == DocumentOutcome.NotFound ? new PriceNotFound() : new ConcurrentChange();
        }

        var row = new PriceRow(next, write.ETag!);
        directory.Put(prices.With(row));
        return row;
    }
}
