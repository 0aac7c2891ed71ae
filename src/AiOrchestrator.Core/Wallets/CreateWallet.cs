using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Core.Wallets;

/// <summary>Opens a wallet.</summary>
internal sealed class CreateWallet(
    IDocumentStore documents, WalletDirectory wallets, WalletParents parents, ReadWallet amounts, ITimeZones zones, IdSource ids, TimeProvider time)
{
    public async Task<Result<WalletReading>> ExecuteAsync(Caller caller, MemberReader body, CancellationToken cancellation)
    {
        var members = WalletMembers.Read(body, zones);
        if (!body.Has("name") || body.IsNull("name"))
        {
            body.Problem("name", "is required");
        }

        if (!members.SaysLimit)
        {
            // "No limit" is too much to get by forgetting a member.
            body.Problem("limit_usd", "is required: an amount such as \"10.00\", or null for no limit");
        }

        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        var organisationId = caller.OrganisationId;
        var id = ids.NewId("wal");
        var stored = new StoredWallet(
            id, members.Name!, time.GetUtcNow().ToUnixTimeMilliseconds(), members.ParentId, members.Kind, members.CostCentre);

        // From the look at the parent to the new child nothing else changes the tree.
        return await wallets.ChangeAsync<Result<WalletReading>>(
            async () =>
            {
                if (await parents.RefuseAsync(organisationId, id, members.ParentId, cancellation) is { } failure)
                {
                    return failure;
                }

                // The amount first: a wallet without a name is invisible, a name without a wallet would be broken.
                var opened = await amounts.OpenAsync(
                    id, members.ToSettings(), new CommandNote(organisationId, caller.PrincipalId, members.Note), cancellation);
                if (opened.Failed)
                {
                    return opened.Failure;
                }

                var write = await documents.CreateAsync(
                    WalletPartitions.Wallets(organisationId), id, StoredDocuments.Bytes(stored, WalletsJson.Default.StoredWallet), cancellation);
                return write.ETag is { } etag
                    ? new WalletReading(wallets.Put(organisationId, stored, etag), opened.Value)
                    : throw new InvalidOperationException($"the new wallet's id '{id}' is taken");
            },
            cancellation);
    }
}

/// <summary>A wallet's settings and figures.</summary>
internal sealed record WalletReading(WalletDirectory.WalletEntry Entry, Ledger.Wallets.WalletState State);
