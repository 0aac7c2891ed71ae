using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Limits;

/// <summary>Deletes a limit and what it counted; holds for the next request.</summary>
internal sealed class DeleteLimit(IDocumentStore documents, LimitDirectory limits, RatePools pools, IRateAuthority authority)
{
    /// <summary>Null when it is deleted, or why not.</summary>
    public Task<ApiFailure?> ExecuteAsync(string organisationId, string limitId, Func<string, bool> allows, CancellationToken cancellation) =>
        limits.ChangeAsync<ApiFailure?>(
            async () =>
            {
                var partition = LimitPartitions.Limits(organisationId);
                if (await documents.GetAsync(partition, limitId, cancellation) is not { } stored)
                {
                    return new LimitNotFound();
                }

                if (!allows(stored.ETag))
                {
                    return new PreconditionFailed();
                }

                var outcome = await documents.DeleteAsync(partition, limitId, stored.ETag, cancellation);
                if (outcome != DocumentOutcome.Done)
                {
                    return outcome == DocumentOutcome.NotFound ? new LimitNotFound() : new ConcurrentChange();
                }

                // After this point it is gone: a caller who goes away must not leave memory behind the store.
                limits.Remove(limitId);
                pools.Forget(limitId);
                await authority.ForgetAsync(limitId);
                await documents.DeleteAsync(LimitPartitions.Days, limitId, null, CancellationToken.None);
                return null;
            },
            cancellation);
}
