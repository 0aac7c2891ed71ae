using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Conformance;

/// <summary>What every <see cref="IWalletAuthority"/> does: hosts the wallet of Ledger, and nothing else.</summary>
public abstract class WalletAuthorityConformance
{
    private readonly LeaseHolder _holder;

    protected WalletAuthorityConformance() => _holder = new LeaseHolder(() => NowUnixMs);

    protected abstract IWalletAuthority Authority { get; }

    /// <summary>The time the authority was given.</summary>
    protected abstract long NowUnixMs { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wallet_is_opened_once()
    {
        Assert.True(await Authority.OpenAsync("wal_1", 1000, Cancel));
        Assert.False(await Authority.OpenAsync("wal_1", 5, Cancel));
        Assert.Equal(1000, (await Authority.ReadAsync("wal_1", Cancel))!.LimitNanoUsd);
    }

    [Fact]
    public async Task Of_many_that_open_at_once_one_succeeds()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Authority.OpenAsync("wal_1", i, Cancel).AsTask()));
        Assert.Single(opened, static o => o);
    }

    [Fact]
    public async Task An_unknown_wallet_answers_null()
    {
        Assert.Null(await Authority.ReadAsync("wal_1", Cancel));
        Assert.Null(await Authority.ExchangeAsync("wal_1", _holder.Next("wal_1", target: 10), Cancel));
        Assert.Equal(WalletCommandOutcome.WalletUnknown, await Authority.ApplyAsync("wal_1", new WalletCommand.Close(), Cancel));
    }

    [Fact]
    public async Task A_lease_is_granted_spent_and_closed()
    {
        _ = await Authority.OpenAsync("wal_1", 1000, Cancel);
        var reply = await Authority.ExchangeAsync("wal_1", _holder.Next("wal_1", target: 300, need: 100), Cancel);
        Assert.Equal(LeaseOutcome.Granted, reply!.Value.Outcome);
        Assert.Equal(300, reply.Value.GrantedNanoUsd);
        Assert.Equal(300, (await Authority.ReadAsync("wal_1", Cancel))!.LeasedNanoUsd);

        _holder.Spend("wal_1", 120);
        _ = await Authority.ExchangeAsync("wal_1", _holder.Next("wal_1", closing: true), Cancel);
        var state = await Authority.ReadAsync("wal_1", Cancel);
        Assert.Equal((120, 0, 880), (state!.SpentNanoUsd, state.LeasedNanoUsd, state.AvailableNanoUsd));
    }

    [Fact]
    public async Task What_does_not_fit_is_refused()
    {
        _ = await Authority.OpenAsync("wal_1", 100, Cancel);
        var reply = await Authority.ExchangeAsync("wal_1", _holder.Next("wal_1", need: 101), Cancel);
        Assert.Equal(LeaseOutcome.Exhausted, reply!.Value.Outcome);
    }

    [Fact]
    public async Task A_repeated_message_changes_nothing()
    {
        _ = await Authority.OpenAsync("wal_1", 1000, Cancel);
        var message = _holder.Next("wal_1", target: 300);
        var first = await Authority.ExchangeAsync("wal_1", message, Cancel);
        var again = await Authority.ExchangeAsync("wal_1", message, Cancel);

        // Where answers wait to be read, a copy finds the one its message got.
        Assert.True(again == first || again!.Value.Outcome == LeaseOutcome.Duplicate);
        Assert.Equal(300, (await Authority.ReadAsync("wal_1", Cancel))!.LeasedNanoUsd);
    }

    [Fact]
    public async Task Commands_are_applied_and_refused_as_the_wallet_says()
    {
        _ = await Authority.OpenAsync("wal_1", 1000, Cancel);
        Assert.Equal(WalletCommandOutcome.Applied, await Authority.ApplyAsync("wal_1", new WalletCommand.ChangeLimit(null), Cancel));
        Assert.Null((await Authority.ReadAsync("wal_1", Cancel))!.LimitNanoUsd);
        Assert.Equal(
            WalletCommandOutcome.AmountOutOfRange, await Authority.ApplyAsync("wal_1", new WalletCommand.ChangeLimit(-1), Cancel));
        Assert.Equal(
            WalletCommandOutcome.AmountOutOfRange, await Authority.ApplyAsync("wal_1", new WalletCommand.ResolveSuspense(1, 1, 1), Cancel));
        Assert.Equal(WalletCommandOutcome.Applied, await Authority.ApplyAsync("wal_1", new WalletCommand.Close(), Cancel));
        Assert.Equal(WalletCommandOutcome.WalletClosed, await Authority.ApplyAsync("wal_1", new WalletCommand.Close(), Cancel));
        Assert.True((await Authority.ReadAsync("wal_1", Cancel))!.Closed);
    }

    [Fact]
    public async Task A_wallet_with_open_holds_is_not_closed()
    {
        _ = await Authority.OpenAsync("wal_1", 1000, Cancel);
        _ = await Authority.ExchangeAsync("wal_1", _holder.Next("wal_1", target: 300, held: 100), Cancel);
        Assert.Equal(WalletCommandOutcome.CallsOutstanding, await Authority.ApplyAsync("wal_1", new WalletCommand.Close(), Cancel));
    }
}
