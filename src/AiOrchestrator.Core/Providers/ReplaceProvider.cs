using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers;

/// <summary>Replaces a stored row as a whole: its parts are only right or wrong together.</summary>
internal sealed class ReplaceProvider(IDocumentStore documents, ProviderDirectory directory)
{
    public async Task<Result<ProviderRow>> ExecuteAsync(
        string organisationId, string id, MemberReader body, Func<string, bool> allows, CancellationToken cancellation) =>
        await directory.ChangeAsync<Result<ProviderRow>>(
            async () =>
            {
                var stored = await StoredRow.FindAsync(documents, directory, organisationId, id, allows, cancellation);
                if (stored.Failed)
                {
                    return stored.Failure;
                }

                var valid = directory.Validator.Validate(body, id);
                if (valid.Failed)
                {
                    return valid.Failure;
                }

                var write = await documents.ReplaceAsync(
                    StoredProviders.Partition(organisationId), id, StoredProviders.Bytes(valid.Value.Config), stored.Value.ETag, cancellation);
                if (write.Outcome != DocumentOutcome.Done)
                {
                    return write.Outcome == DocumentOutcome.NotFound ? new ProviderNotFound() : new ConcurrentChange();
                }

                // After this point it is stored: a caller who goes away must not leave memory behind the store.
                await directory.ReloadAsync(organisationId, CancellationToken.None);
                return directory.Rows.First(r => r.Config.Id == id);
            },
            cancellation);
}

/// <summary>Finding a row that may be changed.</summary>
internal static class StoredRow
{
    public static async Task<Result<Document>> FindAsync(
        IDocumentStore documents,
        ProviderDirectory directory,
        string organisationId,
        string id,
        Func<string, bool> allows,
        CancellationToken cancellation)
    {
        if (await documents.GetAsync(StoredProviders.Partition(organisationId), id, cancellation) is { } document)
        {
            return allows(document.ETag) ? document : new PreconditionFailed();
        }

        return directory.Rows.FirstOrDefault(r => r.Config.Id == id) is { Source: not ProviderSource.Stored } other
            ? new ProviderNotStored(ProviderView.Word(other.Source))
            : new ProviderNotFound();
    }
}
