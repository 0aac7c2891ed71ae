using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Pricing;

/// <summary>Deletes an own price that has not begun, and ends one in force now: that stays for the record, for calls were charged by it.</summary>
internal sealed class DeletePrice(IDocumentStore documents, PriceDirectory directory, TimeProvider time)
{
    /// <summary>Null when it is gone or ended, or why not.</summary>
    public Task<ApiFailure?> ExecuteAsync(string organisationId, string id, Func<string, bool> allows, CancellationToken cancellation) =>
        directory.ChangeAsync(
            async () =>
            {
                var partition = PricingPartitions.Prices(organisationId);
                var (stored, etag) = await documents.FindAsync(partition, id, PricingJson.Default.StoredPrice, cancellation);
                if (stored is null)
                {
                    return new PriceNotFound();
                }

                if (!allows(etag!))
                {
                    return new PreconditionFailed();
                }

                var now = time.GetUtcNow().ToUnixTimeMilliseconds();
                return new PriceRow(stored, etag!).StatusAt(now) switch
                {
                    PriceStatus.Ended => new PriceEnded(),
                    PriceStatus.InForce => await EndAsync(organisationId, stored with { EndedUnixMs = now }, etag!, cancellation),
                    _ => await RemoveAsync(organisationId, id, etag!, cancellation),
                };
            },
            cancellation);

    private async Task<ApiFailure?> EndAsync(string organisationId, StoredPrice ended, string etag, CancellationToken cancellation)
    {
        var write = await documents.ReplaceAsync(
            PricingPartitions.Prices(organisationId), ended.Id, StoredDocuments.Bytes(ended, PricingJson.Default.StoredPrice), etag, cancellation);
        if (write.Outcome != DocumentOutcome.Done)
        {
            return write.Outcome == DocumentOutcome.NotFound ? new PriceNotFound() : new ConcurrentChange();
        }

        directory.Put(directory.Of(organisationId).With(new PriceRow(ended, write.ETag!)));
        return null;
    }

    private async Task<ApiFailure?> RemoveAsync(string organisationId, string id, string etag, CancellationToken cancellation)
    {
        var outcome = await documents.DeleteAsync(PricingPartitions.Prices(organisationId), id, etag, cancellation);
        if (outcome != DocumentOutcome.Done)
        {
            return outcome == DocumentOutcome.NotFound ? new PriceNotFound() : new ConcurrentChange();
        }

        directory.Put(directory.Of(organisationId).Without(id));
        return null;
    }
}
