using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>Closes a wallet for good; it stays listed. Closing twice changes nothing.</summary>
internal sealed class CloseWallet(WalletDirectory wallets, KeyDirectory keys, ReadWallet amounts)
{
    private const int MostNamed = 5;

    public async Task<Result<WalletReading>> ExecuteAsync(
        Caller caller, string walletId, Func<string, bool> allows, CancellationToken cancellation) =>
        await wallets.ChangeAsync(() => CloseAsync(caller, walletId, allows, cancellation), cancellation);

    private async Task<Result<WalletReading>> CloseAsync(
        Caller caller, string walletId, Func<string, bool> allows, CancellationToken cancellation)
    {
        if (wallets.Entry(caller.OrganisationId, walletId) is not { } entry)
        {
            return new WalletNotFound();
        }

        if (!allows(entry.ETag))
        {
            return new PreconditionFailed();
        }

        var state = await amounts.ExecuteAsync(walletId, cancellation);
        if (state.Failed || state.Value.Closed)
        {
            return state.Failed ? state.Failure : new WalletReading(entry, state.Value);
        }

        var open = await OpenChildrenAsync(entry.Info, cancellation);
        if (open.Failed || open.Value.Count > 0)
        {
            return open.Failed ? open.Failure : new WalletHasChildren(open.Value);
        }

        // A key that is pointed here between this check and the next line is refused by the wallet: a nuisance, not a loss.
        var live = keys.LiveOn(caller.OrganisationId, walletId);
        if (live.Count > 0)
        {
            return new WalletInUse([.. live.Take(MostNamed).Select(static k => k.Id)], live.Count);
        }

        var closed = await amounts.CommandAsync(
            walletId, new WalletCommand.Close(), new CommandNote(caller.OrganisationId, caller.PrincipalId), cancellation);
        return closed.Failed ? closed.Failure : new WalletReading(entry, closed.Value.State);
    }

    /// <summary>Some of them, where there are any.</summary>
    private async Task<Result<List<string>>> OpenChildrenAsync(WalletInfo wallet, CancellationToken cancellation)
    {
        var open = new List<string>();
        foreach (var child in wallets.ChildrenOf(wallet.OrganisationId, wallet.Id))
        {
            var state = await amounts.ExecuteAsync(child.Id, cancellation);
            if (state.Failed)
            {
                return state.Failure;
            }

            if (!state.Value.Closed)
            {
                open.Add(child.Id);
            }

            if (open.Count == MostNamed)
            {
                break;
            }
        }

        return open;
    }
}
