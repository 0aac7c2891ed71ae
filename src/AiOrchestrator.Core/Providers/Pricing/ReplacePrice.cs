using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Pricing;

/// <summary>
/// Replaces an own price that has not begun. Of one in force only its end and its note change, and what a body leaves out stays: the past is not
/// rewritten.
/// </summary>
internal sealed class ReplacePrice(IDocumentStore documents, PriceDirectory directory, PriceNames names, TimeProvider time)
{
    public async Task<Result<PriceRow>> ExecuteAsync(
        string organisationId, string id, MemberReader body, Func<string, bool> allows, CancellationToken cancellation)
    {
        return await directory.ChangeAsync<Result<PriceRow>>(
            async () =>
            {
                var (stored, etag) = await documents.FindAsync(
                    PricingPartitions.Prices(organisationId), id, PricingJson.Default.StoredPrice, cancellation);
                var row = stored is null ? null : new PriceRow(stored, etag!);
                var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
                var status = row?.StatusAt(time.GetUtcNow().ToUnixTimeMilliseconds());
                var read = PriceBody.Read(body, status is PriceStatus.InForce or PriceStatus.Ended ? stored : null);
                PriceDays.Check(
                    body, status == PriceStatus.Scheduled ? read.From : null, status == PriceStatus.Ended ? null : read.Until, today);
                if (read.Provider != stored?.Provider)
                {
                    names.Check(body, read.Provider);
                }

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
                    : await WriteAsync(organisationId, next, etag!, status == PriceStatus.Scheduled, cancellation);
            },
            cancellation);
    }

    private static ApiFailure? Refusal(PriceStatus status, StoredPrice stored, StoredPrice next) => status switch
    {
        PriceStatus.Ended => new PriceEnded(),
        PriceStatus.InForce when Fixed(stored, next) is { Count: > 0 } changed => new PriceInForce(PriceView.Day(stored.From), changed),
        _ => null,
    };

    /// <summary>The members that differ and may not.</summary>
    private static List<string> Fixed(StoredPrice stored, StoredPrice next)
    {
        (string Member, bool Same)[] members =
        [
            ("provider", next.Provider == stored.Provider),
            ("model", next.Model == stored.Model),
            ("kind", next.Kind == stored.Kind),
            ("from", next.From == stored.From),
            ("prices", JsonElement.DeepEquals(next.Prices, stored.Prices)),
        ];
        return [.. members.Where(static m => !m.Same).Select(static m => m.Member)];
    }

    private async Task<Result<PriceRow>> WriteAsync(
        string organisationId, StoredPrice next, string etag, bool mayMove, CancellationToken cancellation)
    {
        var prices = directory.Of(organisationId);
        if (mayMove && PriceDays.Same(prices, next) is { } other)
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
