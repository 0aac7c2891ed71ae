using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Limits;

/// <summary>Changes a limit's figures; holds for the next request. What was used stays used. Whom it counts cannot be changed.</summary>
internal sealed class ChangeLimit(IDocumentStore documents, LimitDirectory limits, TimeProvider time)
{
    public Task<Result<LimitDirectory.LimitEntry>> ExecuteAsync(
        string organisationId, string limitId, MemberReader body, Func<string, bool> allows, CancellationToken cancellation)
    {
        var figures = LimitFigures.Read(body);
        return limits.ChangeAsync<Result<LimitDirectory.LimitEntry>>(
            async () =>
            {
                var partition = LimitPartitions.Limits(organisationId);
                var (stored, etag) = await documents.FindAsync(partition, limitId, LimitsJson.Default.StoredLimit, cancellation);
                var changed = stored is null ? null : figures.On(stored);
                if (changed is not null)
                {
                    LimitFigures.Check(body, changed);
                }

                if (body.Finish() is { } invalid)
                {
                    return invalid;
                }

                if (stored is null || changed is null)
                {
                    return new LimitNotFound();
                }

                if (!allows(etag!))
                {
                    return new PreconditionFailed();
                }

                // Grows even if the clock does not: the authority takes the higher one as the later.
                changed = changed with { Version = Math.Max(stored.Version + 1, time.GetUtcNow().ToUnixTimeMilliseconds()) };
                var write = await documents.ReplaceAsync(
                    partition, limitId, StoredDocuments.Bytes(changed, LimitsJson.Default.StoredLimit), etag, cancellation);
                return write.Outcome switch
                {
                    DocumentOutcome.Done => limits.Put(organisationId, changed, write.ETag!),
                    DocumentOutcome.NotFound => new LimitNotFound(),
                    _ => new ConcurrentChange(),
                };
            },
            cancellation);
    }
}
