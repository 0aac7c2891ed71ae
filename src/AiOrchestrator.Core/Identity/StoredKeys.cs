using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Identity;

/// <summary>Changing a stored key and the directory together.</summary>
internal static class StoredKeys
{
    /// <summary>Reads, changes and writes a key under its tag, then takes it into the directory.</summary>
    /// <param name="documents">Where it lies.</param>
    /// <param name="keys">The directory.</param>
    /// <param name="organisationId">Whose it is.</param>
    /// <param name="keyId">Which.</param>
    /// <param name="change">The change, or why it cannot be made.</param>
    /// <param name="allows">Whether the caller allows changing a document with this tag.</param>
    /// <param name="cancellation">Gives up.</param>
    public static Task<Result<KeyDirectory.KeyEntry>> ReplaceAsync(
        IDocumentStore documents,
        KeyDirectory keys,
        string organisationId,
        string keyId,
        Func<StoredKey, Result<StoredKey>> change,
        Func<string, bool> allows,
        CancellationToken cancellation) => keys.ChangeAsync<Result<KeyDirectory.KeyEntry>>(
            async () =>
            {
                var partition = IdentityPartitions.Keys(organisationId);

                // Read from the store, not from memory: another instance may have changed it.
                var (stored, etag) = await documents.FindAsync(partition, keyId, IdentityJson.Default.StoredKey, cancellation);
                if (stored is null)
                {
                    return new KeyNotFound();
                }

                if (!allows(etag!))
                {
                    return new PreconditionFailed();
                }

                var changed = change(stored);
                if (changed.Failed)
                {
                    return changed.Failure;
                }

                var write = await documents.ReplaceAsync(
                    partition, keyId, StoredDocuments.Bytes(changed.Value, IdentityJson.Default.StoredKey), etag, cancellation);
                return write.Outcome switch
                {
                    DocumentOutcome.Done => keys.Put(organisationId, changed.Value, write.ETag!),
                    DocumentOutcome.NotFound => new KeyNotFound(),
                    _ => new ConcurrentChange(),
                };
            },
            cancellation);
}
