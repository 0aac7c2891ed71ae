using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Identity;

/// <summary>Changes an API key's name, wallet, expiry or terms; holds for the next request.</summary>
internal sealed class ChangeKey(IDocumentStore documents, KeyDirectory keys, FindWalletStanding wallets, TimeProvider time)
{
    public async Task<Result<KeyDirectory.KeyEntry>> ExecuteAsync(
        Caller caller, string keyId, MemberReader body, Func<string, bool> allows, CancellationToken cancellation)
    {
        var organisationId = caller.OrganisationId;
        var name = body.Text("name", KeyRules.MaxNameLength);
        var walletId = body.Text("wallet_id", KeyRules.MaxIdLength);
        var expires = KeyRules.Expiry(body, time.GetUtcNow().ToUnixTimeMilliseconds());
        var terms = KeyTerms.Read(body);
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
            key => key.RevokedUnixMs is not null ? new KeyRevoked()
                : (KeyRules.CheckRole(caller, key.Role) ?? KeyRules.CheckRole(caller, terms.Role ?? key.Role)) is { } denied ? denied
                : terms.On(key) with
                {
                    Name = name ?? key.Name,
                    WalletId = walletId ?? key.WalletId,
                    ExpiresUnixMs = expiryGiven ? expires : key.ExpiresUnixMs,
                },
            allows,
            cancellation);
    }
}
