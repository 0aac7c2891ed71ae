using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>Closes a wallet for good; it stays listed. Closing twice changes nothing.</summary>
internal sealed class CloseWallet(WalletDirectory wallets, KeyDirectory keys, ReadWallet amounts)
{
    private const int KeysNamed = 5;

    public async Task<Result<WalletReading>> ExecuteAsync(
        string organisationId, string walletId, Func<string, bool> allows, CancellationToken cancellation)
    {
        if (wallets.Entry(organisationId, walletId) is not { } entry)
        {
            return new WalletNotFound();
        }

        if (!allows(entry.ETag))
        {
            return new PreconditionFailed();
        }

        var state = await amounts.ExecuteAsync(walletId, cancellation);
        if (state.Failed)
        {
            return state.Failure;
        }

        if (!state.Value.Closed)
        {
            // A key that is pointed here between this check and the next line is refused by the wallet: a nuisance, not a loss.
            var live = keys.LiveOn(organisationId, walletId);
            if (live.Count > 0)
            {
                return new WalletInUse([.. live.Take(KeysNamed).Select(static k => k.Id)], live.Count);
            }

            state = await amounts.CommandAsync(walletId, new WalletCommand.Close(), cancellation);
        }

        return state.Failed ? state.Failure : new WalletReading(entry, state.Value);
    }
}
