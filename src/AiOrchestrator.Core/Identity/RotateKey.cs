using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Identity;

/// <summary>
/// Gives a key a new secret. The one it replaces stays valid for the time asked for; one replaced earlier ends at once, so that never more
/// than two open the same door.
/// </summary>
internal sealed class RotateKey(IDocumentStore documents, KeyDirectory keys, IdSource ids, TimeProvider time)
{
    /// <summary>Longest time the old secret may stay valid, in seconds: a week.</summary>
    public const long MaxGraceSeconds = 604_800;

    public async Task<Result<CreatedKey>> ExecuteAsync(
        Caller caller, string keyId, MemberReader body, Func<string, bool> allows, CancellationToken cancellation)
    {
        var graceSeconds = body.Whole("grace_s", 0, MaxGraceSeconds) ?? 0;
        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        var secret = ids.NewSecret(CreateKey.SecretPrefix);
        _ = KeyHash.TryCompute(secret, out var hash);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var rotated = await StoredKeys.ReplaceAsync(
            documents,
            keys,
            caller.OrganisationId,
            keyId,
            key => key.RevokedUnixMs is not null ? new KeyRevoked()
                : KeyRules.CheckRole(caller, key.Role) is { } denied ? denied
                : key with
                {
                    SecretSha256 = hash.ToHex(),
                    PreviousSecretSha256 = key.SecretSha256,
                    PreviousUntilUnixMs = now + graceSeconds * 1000,
                },
            allows,
            cancellation);
        return rotated.Failed ? rotated.Failure : new CreatedKey(rotated.Value, secret);
    }
}
