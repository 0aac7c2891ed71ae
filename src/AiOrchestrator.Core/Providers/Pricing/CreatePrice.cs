using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Pricing;

/// <summary>Adds an own price; from its first day on it holds for the next call. One of today holds at once.</summary>
internal sealed class CreatePrice(IDocumentStore documents, PriceDirectory directory, PriceNames names, IdSource ids, TimeProvider time)
{
    public async Task<Result<PriceRow>> ExecuteAsync(string organisationId, MemberReader body, CancellationToken cancellation)
    {
        var read = PriceBody.Read(body);
        var now = time.GetUtcNow();
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        PriceDays.Check(body, read.From, read.Until, today);
        names.Check(body, read.Provider);
        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        var stored = new StoredPrice(
            ids.NewId("price"), read.Provider, read.Model, read.Kind, read.From ?? today, read.Until, read.Prices, read.Note, now.ToUnixTimeMilliseconds(), null);
        return await directory.ChangeAsync<Result<PriceRow>>(
            async () =>
            {
                var prices = directory.Of(organisationId);
                if (PriceDays.Same(prices, stored) is { } other)
                {
                    return new PriceExists(other);
                }

                var write = await documents.CreateAsync(
                    PricingPartitions.Prices(organisationId), stored.Id, StoredDocuments.Bytes(stored, PricingJson.Default.StoredPrice), cancellation);

                // 80 random bits: a taken id is a broken random source, not a case to handle.
                var row = new PriceRow(stored, write.ETag ?? throw new InvalidOperationException($"the new price's id '{stored.Id}' is taken"));
                directory.Put(prices.With(row));
                return row;
            },
            cancellation);
    }
}

/// <summary>What a price's days may be: the past is charged already.</summary>
internal static class PriceDays
{
    /// <summary>Notes days that lie in the past.</summary>
    public static void Check(MemberReader body, DateOnly? from, DateOnly? until, DateOnly today)
    {
        if (from < today)
        {
            body.Problem("from", $"lies in the past (today is {today:yyyy-MM-dd}, UTC): what calls were charged then is changed by re-rating alone, POST /control/v1/reratings");
        }

        if (until <= today)
        {
            body.Problem("until", $"must lie after today ({today:yyyy-MM-dd}, UTC); DELETE ends a price at once");
        }
    }

    /// <summary>
    /// The id of another price for the same that begins on the same day: which of two would hold is a matter of chance to whoever reads the list. One
    /// that was ended stands in nobody's way.
    /// </summary>
    public static string? Same(OrganisationPrices prices, StoredPrice price) => prices.Rows.Select(static r => r.Stored).FirstOrDefault(
        s => s.Id != price.Id && s.Model == price.Model && s.Provider == price.Provider && s.Kind == price.Kind && s.From == price.From
            && s.EndedUnixMs is null)?.Id;
}
