using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers;

/// <summary>Adds a row; it takes the place of one from the environment or the built-in one with the same id.</summary>
internal sealed class CreateProvider(IDocumentStore documents, ProviderDirectory directory)
{
    public async Task<Result<ProviderRow>> ExecuteAsync(string organisationId, MemberReader body, CancellationToken cancellation)
    {
        var valid = directory.Validator.Validate(body, pathId: null);
        if (valid.Failed)
        {
            return valid.Failure;
        }

        var config = valid.Value.Config;
        return await directory.ChangeAsync<Result<ProviderRow>>(
            async () =>
            {
                var write = await documents.CreateAsync(
                    StoredProviders.Partition(organisationId), config.Id, StoredProviders.Bytes(config), cancellation);
                if (write.Outcome != DocumentOutcome.Done)
                {
                    return new ProviderExists();
                }

                // After this point it is stored: a caller who goes away must not leave memory behind the store.
                await directory.ReloadAsync(organisationId, CancellationToken.None);
                return directory.Rows.First(r => r.Config.Id == config.Id);
            },
            cancellation);
    }
}
