using AiOrchestrator.Core.Identity;

namespace AiOrchestrator.Core.Wallets.Approvals;

/// <summary>Which wallets a caller has to do with: all of the organisation, or its key's own and those below.</summary>
internal sealed class WalletReach(WalletDirectory wallets)
{
    /// <summary>Whether the caller may know of a wallet, and decide on it where its role decides.</summary>
    public bool Covers(Caller caller, string walletId) =>
        caller.SeesAll || wallets.PathOf(walletId).Contains(caller.Key!.WalletId, StringComparer.Ordinal);
}
