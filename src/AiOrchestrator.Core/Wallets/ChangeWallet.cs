using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>Changes a wallet's name or limit. Gateway instances learn a new limit when they next report (design §3.9).</summary>
internal sealed class ChangeWallet(IDocumentStore documents, WalletDirectory wallets, ReadWallet amounts)
{
    public async Task<Result<WalletReading>> ExecuteAsync(
        string organisationId, string walletId, MemberReader body, Func<string, bool> allows, CancellationToken cancellation)
    {
        var name = body.Text("name", CreateWallet.MaxNameLength);
        var limit = body.Usd("limit_usd");
        var limitGiven = body.Has("limit_usd");
        if (body.IsNull("name"))
        {
            body.Problem("name", "cannot be removed");
        }

        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        return await wallets.ChangeAsync<Result<WalletReading>>(
            async () =>
            {
                var partition = WalletPartitions.Wallets(organisationId);
                var (stored, etag) = await documents.FindAsync(partition, walletId, WalletsJson.Default.StoredWallet, cancellation);
                if (stored is null)
                {
                    return new WalletNotFound();
                }

                if (!allows(etag!))
                {
                    return new PreconditionFailed();
                }

                var state = await amounts.ExecuteAsync(walletId, cancellation);
                if (state is { Failed: false, Value.Closed: true })
                {
                    return new WalletIsClosed();
                }

                // The name first: when it cannot be written nothing has happened, while a limit takes effect at once.
                var changed = stored with { Name = name ?? stored.Name };
                var write = await documents.ReplaceAsync(
                    partition, walletId, StoredDocuments.Bytes(changed, WalletsJson.Default.StoredWallet), etag, cancellation);
                if (write.Outcome != DocumentOutcome.Done)
                {
                    return write.Outcome == DocumentOutcome.NotFound ? new WalletNotFound() : new ConcurrentChange();
                }

                var entry = wallets.Put(organisationId, changed, write.ETag!);
                if (limitGiven && !state.Failed)
                {
                    state = await amounts.CommandAsync(walletId, new WalletCommand.ChangeLimit(limit), cancellation);
                }

                return state.Failed ? state.Failure : new WalletReading(entry, state.Value);
            },
            cancellation);
    }
}
