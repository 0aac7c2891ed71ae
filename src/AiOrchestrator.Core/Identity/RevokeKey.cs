using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Identity;

/// <summary>Ends an API key for good. It stays listed, so that usage can still be told whose it was. Revoking twice changes nothing.</summary>
internal sealed class RevokeKey(IDocumentStore documents, KeyDirectory keys, TimeProvider time)
{
    public Task<Result<KeyDirectory.KeyEntry>> ExecuteAsync(
        string organisationId, string keyId, Func<string, bool> allows, CancellationToken cancellation) =>
        StoredKeys.ReplaceAsync(
            documents,
            keys,
            organisationId,
            keyId,
            key => key with { RevokedUnixMs = key.RevokedUnixMs ?? time.GetUtcNow().ToUnixTimeMilliseconds() },
            allows,
            cancellation);
}
