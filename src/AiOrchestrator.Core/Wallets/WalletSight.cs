using AiOrchestrator.Core.Identity;

namespace AiOrchestrator.Core.Wallets;

/// <summary>Which wallets a caller may know of: all of the organisation, or its key's own and those below.</summary>
internal sealed class WalletSight(WalletDirectory wallets)
{
    /// <summary>Whether the caller may know of a wallet of its organisation.</summary>
    public bool Covers(Caller caller, string walletId) =>
        caller.SeesAll || wallets.PathOf(walletId).Contains(caller.Key!.WalletId, StringComparer.Ordinal);

    /// <summary>A wallet the caller may know of; null for every other, whether or not there is one.</summary>
    public WalletDirectory.WalletEntry? Find(Caller caller, string walletId) =>
        wallets.Entry(caller.OrganisationId, walletId) is { } entry && Covers(caller, walletId) ? entry : null;

    /// <summary>The tops of the trees the caller may know of.</summary>
    public IReadOnlyList<WalletInfo> Roots(Caller caller)
    {
        if (caller.SeesAll)
        {
            return wallets.ChildrenOf(caller.OrganisationId, parentId: null);
        }

        return wallets.Get(caller.OrganisationId, caller.Key!.WalletId) is { } own ? [own] : [];
    }

    /// <summary>Wallets the caller may know of, in order of id, after one (null: from the first), at most <paramref name="limit"/>.</summary>
    public IReadOnlyList<WalletInfo> List(Caller caller, string? afterId, int limit) =>
        wallets.List(caller.OrganisationId, afterId, limit, info => Covers(caller, info.Id));
}
