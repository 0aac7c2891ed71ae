using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>Wallets as callers see them: with their place in the tree and fresh figures.</summary>
internal sealed class DescribeWallets(WalletDirectory wallets, WalletSight sight, ReadWallet amounts, TimeProvider time)
{
    /// <summary>A wallet whose figures have been read.</summary>
    public WalletView View(WalletInfo info, WalletState state) => WalletView.Of(info, wallets.PathOf(info.Id), state, NowUnixMs());

    /// <summary>One wallet the caller may know of.</summary>
    public async Task<Result<WalletReading>> ReadAsync(Caller caller, string walletId, CancellationToken cancellation)
    {
        if (sight.Find(caller, walletId) is not { } entry)
        {
            return new WalletNotFound();
        }

        var state = await amounts.ExecuteAsync(walletId, cancellation);
        return state.Failed ? state.Failure : new WalletReading(entry, state.Value);
    }

    /// <summary>A page of the wallets the caller may know of.</summary>
    public async Task<Result<Page<WalletView>>> ListAsync(Caller caller, QueryReader query, CancellationToken cancellation)
    {
        var count = query.Limit();
        var afterId = query.Text("after");
        if (query.Finish() is { } invalid)
        {
            return invalid;
        }

        var found = sight.List(caller, afterId, count + 1);
        var views = new List<WalletView>(found.Count);
        foreach (var info in found.Take(count))
        {
            var state = await amounts.ExecuteAsync(info.Id, cancellation);
            if (state.Failed)
            {
                return state.Failure;
            }

            views.Add(View(info, state.Value));
        }

        return new Page<WalletView>(views, found.Count > count ? found[count - 1].Id : null);
    }

    /// <summary>All wallets the caller may know of, each with those below it.</summary>
    public async Task<Result<WalletTreeView>> TreeAsync(Caller caller, CancellationToken cancellation)
    {
        var roots = await NodesAsync(sight.Roots(caller), cancellation);
        return roots.Failed ? roots.Failure : new WalletTreeView(roots.Value);
    }

    /// <summary>The figures of a wallet and of all above it, itself first.</summary>
    public async Task<Result<List<WalletState>>> PathAsync(string walletId, CancellationToken cancellation)
    {
        var states = new List<WalletState>();
        foreach (var id in wallets.PathOf(walletId))
        {
            var state = await amounts.ExecuteAsync(id, cancellation);
            if (state.Failed)
            {
                return state.Failure;
            }

            states.Add(state.Value);
        }

        return states;
    }

    /// <summary>What a key's wallet has, and what bounds it.</summary>
    public async Task<Result<BalanceView>> BalanceAsync(string organisationId, string walletId, CancellationToken cancellation)
    {
        var path = await PathAsync(walletId, cancellation);
        if (path.Failed)
        {
            return path.Failure;
        }

        // Of two that have the same, the nearer one: its owner is nearer too.
        var tightest = path.Value.Where(static s => s is { AllowanceNanoUsd: not null, Settings.IsShadow: false }).MinBy(static s => s.AvailableNanoUsd);
        return BalanceView.Of(path.Value[0], tightest is null ? null : Tight(organisationId, tightest), NowUnixMs());
    }

    private TightestView Tight(string organisationId, WalletState state) => new(
        state.Id,
        wallets.Get(organisationId, state.Id)?.Name ?? state.Id,
        NanoUsd.FormatUsd(state.AvailableNanoUsd),
        Rfc3339.Format(state.ResetsUnixMs));

    private async Task<Result<List<WalletTreeNode>>> NodesAsync(IReadOnlyList<WalletInfo> level, CancellationToken cancellation)
    {
        var nodes = new List<WalletTreeNode>(level.Count);
        foreach (var info in level)
        {
            var state = await amounts.ExecuteAsync(info.Id, cancellation);
            if (state.Failed)
            {
                return state.Failure;
            }

            var below = await NodesAsync(wallets.ChildrenOf(info.OrganisationId, info.Id), cancellation);
            if (below.Failed)
            {
                return below.Failure;
            }

            nodes.Add(new WalletTreeNode(View(info, state.Value), below.Value));
        }

        return nodes;
    }

    private long NowUnixMs() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
