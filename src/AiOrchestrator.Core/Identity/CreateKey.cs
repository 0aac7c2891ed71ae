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

    public async Task<Result<CreatedKey>> ExecuteAsync(string organisationId, MemberReader body, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var name = body.Text("name", KeyRules.MaxNameLength, required: true);
        var walletId = body.Text("wallet_id", KeyRules.MaxIdLength, required: true);
        var expires = KeyRules.Expiry(body, now);
        if (await KeyRules.CheckWalletAsync(body, organisationId, walletId, wallets, cancellation) is { } unknown)
        {
            return unknown;
        }

        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        var secret = ids.NewSecret(SecretPrefix);
        _ = KeyHash.TryCompute(secret, out var hash);
        var stored = new StoredKey(ids.NewId("key"), name!, walletId!, hash.ToHex(), now, expires, null);
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

/// <summary>What creating and changing a key check alike.</summary>
internal static class KeyRules
{
    public const int MaxNameLength = 200;

    public const int MaxIdLength = 64;

    public static long? Expiry(MemberReader body, long nowUnixMs)
    {
        var expires = body.Moment("expires_at");
        if (expires <= nowUnixMs)
        {
            body.Problem("expires_at", "must lie in the future; to end a key now, DELETE it");
        }

        return expires;
    }

    /// <summary>A member that may be left as it is, but not taken away.</summary>
    public static void RequireUnlessAbsent(MemberReader body, string member)
    {
        if (body.IsNull(member))
        {
            body.Problem(member, "cannot be removed");
        }
    }

    /// <summary>Notes a wallet that cannot pay; returns why nobody can tell.</summary>
    public static async ValueTask<ApiFailure?> CheckWalletAsync(
        MemberReader body, string organisationId, string? walletId, FindWalletStanding wallets, CancellationToken cancellation)
    {
        var (standing, failure) = walletId is null
            ? (WalletStanding.Open, null)
            : await wallets(organisationId, walletId, cancellation);
        if (failure is null && standing != WalletStanding.Open)
        {
            body.Problem("wallet_id", standing == WalletStanding.Closed ? "names a wallet that is closed" : "names no wallet of this organisation");
        }

        return failure;
    }
}
