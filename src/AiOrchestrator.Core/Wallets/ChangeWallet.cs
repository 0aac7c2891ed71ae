using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>
/// Changes a wallet's name, place or settings; every changed setting is one command. They hold at once in this instance; others learn of
/// them when they next report.
/// </summary>
internal sealed class ChangeWallet(IDocumentStore documents, WalletDirectory wallets, WalletParents parents, ReadWallet amounts, ITimeZones zones)
{
    public async Task<Result<WalletReading>> ExecuteAsync(
        Caller caller, string walletId, MemberReader body, Func<string, bool> allows, CancellationToken cancellation)
    {
        var members = WalletMembers.Read(body, zones);
        if (body.IsNull("name"))
        {
            body.Problem("name", "cannot be removed");
        }

        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        return await wallets.ChangeAsync(() => ChangeAsync(caller, walletId, members, allows, cancellation), cancellation);
    }

    private async Task<Result<WalletReading>> ChangeAsync(
        Caller caller, string walletId, WalletMembers members, Func<string, bool> allows, CancellationToken cancellation)
    {
        var partition = WalletPartitions.Wallets(caller.OrganisationId);
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

        if (members.SaysParent && members.ParentId != stored.ParentId
            && await parents.RefuseAsync(caller.OrganisationId, walletId, members.ParentId, cancellation) is { } refused)
        {
            return refused;
        }

        // Name and place first: when they cannot be written nothing has happened, while a command takes effect at once.
        var changed = Changed(stored, members);
        var write = await documents.ReplaceAsync(
            partition, walletId, StoredDocuments.Bytes(changed, WalletsJson.Default.StoredWallet), etag, cancellation);
        if (write.Outcome != DocumentOutcome.Done)
        {
            return write.Outcome == DocumentOutcome.NotFound ? new WalletNotFound() : new ConcurrentChange();
        }

        var entry = wallets.Put(caller.OrganisationId, changed, write.ETag!);
        return state.Failed
            ? state.Failure
            : await CommandAsync(entry, state.Value, members, new CommandNote(caller.OrganisationId, caller.PrincipalId, members.Note), cancellation);
    }

    private static StoredWallet Changed(StoredWallet stored, WalletMembers members) => stored with
    {
        Name = members.Name ?? stored.Name,
        ParentId = members.SaysParent ? members.ParentId : stored.ParentId,
        Kind = members.SaysKind ? members.Kind : stored.Kind,
        CostCentre = members.SaysCostCentre ? members.CostCentre : stored.CostCentre,
    };

    private async Task<Result<WalletReading>> CommandAsync(
        WalletDirectory.WalletEntry entry, WalletState state, WalletMembers members, CommandNote note, CancellationToken cancellation)
    {
        foreach (var command in members.Commands(state.Settings))
        {
            var commanded = await amounts.CommandAsync(entry.Info.Id, command, note, cancellation);
            if (commanded.Failed)
            {
                // What was applied stays: whoever repeats the request does the rest.
                return commanded.Failure;
            }

            state = commanded.Value.State;
        }

        return new WalletReading(entry, state);
    }
}
