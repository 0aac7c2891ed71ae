using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Identity;

/// <summary>Changes an API key's name, wallet or expiry; holds for the next request.</summary>
internal sealed class ChangeKey(IDocumentStore documents, KeyDirectory keys, FindWalletStanding wallets, TimeProvider time)
{
    public async Task<Result<KeyDirectory.KeyEntry>> ExecuteAsync(
        string organisationId, string keyId, MemberReader body, Func<string, bool> allows, CancellationToken cancellation)
    {
        var name = body.Text("name", KeyRules.MaxNameLength);
        var walletId = body.Text("wallet_id", KeyRules.MaxIdLength);
        var expires = KeyRules.Expiry(body, time.GetUtcNow().ToUnixTimeMilliseconds());
        KeyRules.RequireUnlessAbsent(body, "name");
        KeyRules.RequireUnlessAbsent(body, "wallet_id");
        if (await KeyRules.CheckWalletAsync(body, organisationId, walletId, wallets, cancellation) is { } unknown)
        {
            return unknown;
        }

        var expiryGiven = body.Has("expires_at");
        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        return await StoredKeys.ReplaceAsync(
            documents,
            keys,
            organisationId,
            keyId,
            key => key.RevokedUnixMs is not null
                ? new KeyRevoked()
                : key with
                {
                    Name = name ?? key.Name,
                    WalletId = walletId ?? key.WalletId,
                    ExpiresUnixMs = expiryGiven ? expires : key.ExpiresUnixMs,
                },
            allows,
            cancellation);
    }
}
