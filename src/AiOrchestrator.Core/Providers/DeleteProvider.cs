using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers;

/// <summary>Deletes a stored row. A row from the environment or the built-in one whose place it took serves again. Calls under way finish.</summary>
internal sealed class DeleteProvider(IDocumentStore documents, ProviderDirectory directory)
{
    /// <summary>The deleted row's document, or why it could not be deleted.</summary>
    public Task<Result<Document>> ExecuteAsync(
        string organisationId, string id, Func<string, bool> allows, CancellationToken cancellation) => directory.ChangeAsync(
            async () =>
            {
                var stored = await StoredRow.FindAsync(documents, directory, organisationId, id, allows, cancellation);
                if (stored.Failed)
                {
                    return stored;
                }

                var outcome = await documents.DeleteAsync(StoredProviders.Partition(organisationId), id, stored.Value.ETag, cancellation);
                if (outcome != DocumentOutcome.Done)
                {
                    return outcome == DocumentOutcome.NotFound ? new ProviderNotFound() : new ConcurrentChange();
                }

                // After this point it is gone: a caller who goes away must not leave memory behind the store.
                await directory.ReloadAsync(organisationId, CancellationToken.None);
                return stored;
            },
            cancellation);
}
