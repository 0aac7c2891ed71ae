using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Wallets;

/// <summary>Opens a wallet.</summary>
internal sealed class CreateWallet(IDocumentStore documents, WalletDirectory wallets, ReadWallet amounts, IdSource ids, TimeProvider time)
{
    public const int MaxNameLength = 200;

    public async Task<Result<WalletReading>> ExecuteAsync(string organisationId, MemberReader body, CancellationToken cancellation)
    {
        var name = body.Text("name", MaxNameLength, required: true);
        var limit = body.Usd("limit_usd");
        if (!body.Has("limit_usd"))
        {
            // "No limit" is too much to get by forgetting a member.
            body.Problem("limit_usd", "is required: an amount such as \"10.00\", or null for no limit");
        }

        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        // The amount first: a wallet without a name is invisible, a name without a wallet would be broken.
        var id = ids.NewId("wal");
        var opened = await amounts.OpenAsync(id, limit, cancellation);
        if (opened.Failed)
        {
            return opened.Failure;
        }

        var stored = new StoredWallet(id, name!, time.GetUtcNow().ToUnixTimeMilliseconds());
        var entry = await wallets.ChangeAsync(
            async () =>
            {
                var write = await documents.CreateAsync(
                    WalletPartitions.Wallets(organisationId), id, StoredDocuments.Bytes(stored, WalletsJson.Default.StoredWallet), cancellation);
                return write.ETag is { } etag
                    ? wallets.Put(organisationId, stored, etag)
                    : throw new InvalidOperationException($"the new wallet's id '{id}' is taken");
            },
            cancellation);
        return new WalletReading(entry, opened.Value);
    }
}

/// <summary>A wallet's settings and figures.</summary>
internal sealed record WalletReading(WalletDirectory.WalletEntry Entry, Ledger.Wallets.WalletState State);
