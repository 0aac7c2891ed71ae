using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Identity;

/// <summary>A stored key and, this once, its secret.</summary>
internal sealed class CreatedKey(KeyDirectory.KeyEntry entry, string secret)
{
    public KeyDirectory.KeyEntry Entry => entry;

    public string Secret => secret;
}

/// <summary>Creates an API key.</summary>
internal sealed class CreateKey(IDocumentStore documents, KeyDirectory keys, FindWalletStanding wallets, IdSource ids, TimeProvider time)
{
    /// <summary>What every generated key begins with, so that secret scanners find it.</summary>
    public const string SecretPrefix = "sk-ao-";

    public async Task<Result<CreatedKey>> ExecuteAsync(Caller caller, MemberReader body, CancellationToken cancellation)
    {
        var organisationId = caller.OrganisationId;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var name = body.Text("name", KeyRules.MaxNameLength, required: true);
        var walletId = body.Text("wallet_id", KeyRules.MaxIdLength, required: true);
        var expires = KeyRules.Expiry(body, now);
        var terms = KeyTerms.Read(body);
        if (await KeyRules.CheckWalletAsync(body, organisationId, walletId, wallets, cancellation) is { } unknown)
        {
            return unknown;
        }

        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        if (KeyRules.CheckRole(caller, terms.Role ?? Role.Member) is { } denied)
        {
            return denied;
        }

        var secret = ids.NewSecret(SecretPrefix);
        _ = KeyHash.TryCompute(secret, out var hash);
        var stored = terms.On(new StoredKey(ids.NewId("key"), name!, walletId!, hash.ToHex(), now, expires, null));
        return await keys.ChangeAsync<Result<CreatedKey>>(
            async () =>
            {
                var write = await documents.CreateAsync(
                    IdentityPartitions.Keys(organisationId),
                    stored.Id,
                    StoredDocuments.Bytes(stored, IdentityJson.Default.StoredKey),
                    cancellation);

                // 80 random bits: a taken id is a broken random source, not a case to handle.
                return write.ETag is { } etag
                    ? new CreatedKey(keys.Put(organisationId, stored, etag), secret)
                    : throw new InvalidOperationException($"the new key's id '{stored.Id}' is taken");
            },
            cancellation);
    }
}
