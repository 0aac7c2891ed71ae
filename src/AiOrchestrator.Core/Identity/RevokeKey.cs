using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Identity;

/// <summary>Ends an API key for good. It stays listed, so that usage can still be told whose it was. Revoking twice changes nothing.</summary>
internal sealed class RevokeKey(IDocumentStore documents, KeyDirectory keys, TimeProvider time)
{
    public Task<Result<KeyDirectory.KeyEntry>> ExecuteAsync(
        Caller caller, string keyId, Func<string, bool> allows, CancellationToken cancellation) =>
        StoredKeys.ReplaceAsync(
            documents,
            keys,
            caller.OrganisationId,
            keyId,
            key => KeyRules.CheckRole(caller, key.Role) is { } denied
                ? denied
                : key with { RevokedUnixMs = key.RevokedUnixMs ?? time.GetUtcNow().ToUnixTimeMilliseconds() },
            allows,
            cancellation);
}
