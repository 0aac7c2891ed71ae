using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;
using AiOrchestrator.Server.Storage;

namespace AiOrchestrator.Server.Tests.Storage;

public sealed class WalletRecoveryTests : IDisposable
{
    private static readonly string[] Path = ["wal_leaf", "wal_root"];
    private readonly TempDirectory _directory = new();
    private readonly ManualTime _time = new();
    private StorageSet _set;

    public WalletRecoveryTests() => _set = Sets.Open(_directory, time: _time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _set.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Wallets_and_commands_survive_a_restart()
    {
        _ = await _set.Wallets.OpenAsync("wal_leaf", 1000, Cancel);
        _ = await _set.Wallets.OpenAsync("wal_root", limitNanoUsd: null, Cancel);
        _ = await _set.Wallets.ApplyAsync("wal_leaf", new WalletCommand.ChangeLimit(700), Cancel);
        _ = await _set.Wallets.ApplyAsync("wal_root", new WalletCommand.Close(), Cancel);
        Restart();
        Assert.Equal(700, (await _set.Wallets.ReadAsync("wal_leaf", Cancel))!.LimitNanoUsd);
        var root = await _set.Wallets.ReadAsync("wal_root", Cancel);
        Assert.Equal((null, true), (root!.LimitNanoUsd, root.Closed));
        Assert.False(await _set.Wallets.OpenAsync("wal_leaf", 1, Cancel));
    }

    [Fact]
    public async Task A_relaxed_start_is_not_waited_for_and_is_in_the_journal_in_front_of_whatever_is_durable_after_it()
    {
        await OpenPathAsync();
        var relaxed = _set.Stream.AppendStartAsync(Start(1, 300) with { IsRelaxed = true });
        Assert.True(relaxed.IsCompletedSuccessfully);
        Assert.True(await relaxed);
        Assert.True(await _set.Stream.AppendStartAsync(Start(2, 200)));
        Restart();
        Assert.Equal(500, (await _set.Wallets.ReadAsync("wal_leaf", Cancel))!.SuspenseNanoUsd);
    }

    [Fact]
    public async Task An_unfinished_start_is_suspense_after_a_restart_and_after_the_next()
    {
        await OpenPathAsync();
        Assert.True(await _set.Stream.AppendStartAsync(Start(1, 300)));
        Assert.True(await _set.Stream.AppendStartAsync(Start(2, 200)));
        _set.Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon, 2), 200, 50, Path));
        for (var restart = 0; restart < 3; restart++)
        {
            Restart();
            foreach (var walletId in Path)
            {
                var state = await _set.Wallets.ReadAsync(walletId, Cancel);
                Assert.Equal((50, 300), (state!.SpentNanoUsd, state.SuspenseNanoUsd));
            }

            Assert.Equal(Usage.Id(Usage.Noon, 1), Assert.Single(_set.Wallets.Unfinished).Id);
        }
    }

    [Fact]
    public async Task An_unfinished_call_is_charged_by_rule_once_and_shows_in_usage()
    {
        await OpenPathAsync();
        Assert.True(await _set.Stream.AppendStartAsync(Start(1, 300) with { OrganisationId = "org_1", KeyId = "key_1" }));
        Restart();
        Assert.Equal(0, await _set.Wallets.ResolveUnfinishedAsync(Usage.Noon, Cancel));
        Assert.Equal(1, await _set.Wallets.ResolveUnfinishedAsync(Usage.Noon + 1, Cancel));
        Assert.Equal(0, await _set.Wallets.ResolveUnfinishedAsync(Usage.Noon + 1, Cancel));
        for (var restart = 0; restart < 2; restart++)
        {
            var state = await _set.Wallets.ReadAsync("wal_leaf", Cancel);
            Assert.Equal((300, 0), (state!.SpentNanoUsd, state.SuspenseNanoUsd));
            Assert.Empty(_set.Wallets.Unfinished);
            Restart();
        }

        var usage = await FirstEventAsync();
        Assert.Equal(
            (Usage.Id(Usage.Noon, 1).ToString(), UsageStatus.Cut, "unsettled", "rule", "org_1", "key_1", 300, 300),
            (usage.Id, usage.Status, usage.ErrorCode, usage.UsageSource, usage.OrganisationId, usage.KeyId, usage.HoldNanoUsd, usage.CostNanoUsd));
    }

    [Fact]
    public async Task A_wallet_closed_while_a_call_ran_is_still_charged_for_it()
    {
        await OpenPathAsync();
        Assert.True(await _set.Stream.AppendStartAsync(Start(1, 300)));
        Assert.Equal(WalletCommandOutcome.Applied, await _set.Wallets.ApplyAsync("wal_leaf", new WalletCommand.Close(), Cancel));
        Restart();
        Assert.Equal(1, await _set.Wallets.ResolveUnfinishedAsync(Usage.Noon + 1, Cancel));
        var state = await _set.Wallets.ReadAsync("wal_leaf", Cancel);
        Assert.Equal((300, 0, true), (state!.SpentNanoUsd, state.SuspenseNanoUsd, state.Closed));
    }

    [Fact]
    public async Task Resolving_suspense_by_command_survives_a_restart()
    {
        await OpenPathAsync();
        Assert.True(await _set.Stream.AppendStartAsync(Start(1, 300)));
        Restart();
        Assert.Equal(
            WalletCommandOutcome.Applied, await _set.Wallets.ApplyAsync("wal_leaf", new WalletCommand.ResolveSuspense(1, 300, 100), Cancel));
        Restart();
        var state = await _set.Wallets.ReadAsync("wal_leaf", Cancel);
        Assert.Equal((100, 0), (state!.SpentNanoUsd, state.SuspenseNanoUsd));
    }

    [Fact]
    public async Task What_is_disputed_survives_a_restart_and_so_does_how_it_was_settled()
    {
        await OpenPathAsync();
        Assert.True(await _set.Stream.AppendStartAsync(Start(1, 300)));
        Assert.Equal(WalletCommandOutcome.Applied, await _set.Wallets.ApplyAsync("wal_leaf", new WalletCommand.Suspend("ex_2", 1, 400), Cancel));
        Restart();
        Assert.Equal(WalletCommandOutcome.AlreadyApplied, await _set.Wallets.ApplyAsync("wal_leaf", new WalletCommand.Suspend("ex_2", 1, 400), Cancel));
        Assert.Equal(700, (await _set.Wallets.ReadAsync("wal_leaf", Cancel))!.SuspenseNanoUsd);
        Assert.Equal(WalletCommandOutcome.Applied, await _set.Wallets.ApplyAsync("wal_leaf", new WalletCommand.SettleDispute("ex_2", 1, 400, 100), Cancel));
        Restart();
        Assert.Equal(WalletCommandOutcome.AlreadyApplied, await _set.Wallets.ApplyAsync("wal_leaf", new WalletCommand.SettleDispute("ex_2", 1, 400, 100), Cancel));
        var state = await _set.Wallets.ReadAsync("wal_leaf", Cancel);
        Assert.Equal((100, 300), (state!.SpentNanoUsd, state.SuspenseNanoUsd));
    }

    [Fact]
    public async Task A_refused_call_without_start_books_its_cost_which_is_nothing()
    {
        await OpenPathAsync();
        _set.Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon), 0, 0, "wal_leaf", "wal_unknown"));
        Restart();
        var state = await _set.Wallets.ReadAsync("wal_leaf", Cancel);
        Assert.Equal((0, 0), (state!.SpentNanoUsd, state.SuspenseNanoUsd));
        Assert.Null(await _set.Wallets.ReadAsync("wal_unknown", Cancel));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Replay_gives_the_live_state_once_all_leases_are_closed(int seed, bool snapshots)
    {
        var random = new Random(seed);
        var holder = new LeaseHolder(() => _time.GetUtcNow().ToUnixTimeMilliseconds());
        var open = new List<(ExchangeId Id, string[] Path, long Hold)>();
        var wallets = new List<string>();
        for (var step = 0; step < 120; step++)
        {
            await StepAsync(random, step, holder, open, wallets);
            if (snapshots && random.Next(20) == 0)
            {
                Assert.NotNull(_set.Journal.WriteSnapshot(static () => new WalletReplay(new LeaseTerms(600_000)), Cancel));
            }
        }

        foreach (var call in open)
        {
            Settle(random, holder, call);
        }

        foreach (var walletId in holder.Wallets.ToArray())
        {
            _ = await _set.Wallets.ExchangeAsync(walletId, holder.Next(walletId, closing: true), Cancel);
        }

        var live = await ReadAllAsync(wallets);
        Restart();
        Assert.Equal(live, await ReadAllAsync(wallets));
    }

    public static TheoryData<int, bool> Seeds()
    {
        var seeds = new TheoryData<int, bool>();
        for (var seed = 1; seed <= 25; seed++)
        {
            seeds.Add(seed, seed % 2 == 0);
        }

        return seeds;
    }

    private async Task StepAsync(
        Random random, int step, LeaseHolder holder, List<(ExchangeId Id, string[] Path, long Hold)> open, List<string> wallets)
    {
        _time.Advance(TimeSpan.FromMilliseconds(random.Next(100)));
        var walletId = "wal_" + random.Next(4);
        switch (random.Next(8))
        {
            case 0:
                if (await _set.Wallets.OpenAsync(walletId, random.Next(3) == 0 ? null : random.Next(5000), Cancel))
                {
                    wallets.Add(walletId);
                }

                break;
            case 1:
                _ = await _set.Wallets.ApplyAsync(walletId, new WalletCommand.ChangeLimit(random.Next(5000) - 10), Cancel);
                break;
            case 2 when random.Next(10) == 0:
                _ = await _set.Wallets.ApplyAsync(walletId, new WalletCommand.Close(), Cancel);
                break;
            case 3:
                holder.Learn(
                    walletId, await _set.Wallets.ExchangeAsync(walletId, holder.Next(walletId, random.Next(500), random.Next(50)), Cancel));
                break;
            case 4 or 5 or 6 when wallets.Count > 0:
                string[] path = [.. wallets.OrderBy(_ => random.Next()).Take(random.Next(1, 4))];
                if (await HaveLeasesAsync(holder, path))
                {
                    var call = (Usage.Id(Usage.Noon, step), path, (long)random.Next(100));
                    Assert.True(await _set.Stream.AppendStartAsync(new ExchangeStart(call.Item1, Usage.Shares(path), call.Item3)));
                    open.Add(call);
                }

                break;
            default:
                if (open.Count > 0)
                {
                    var at = random.Next(open.Count);
                    Settle(random, holder, open[at]);
                    open.RemoveAt(at);
                }

                break;
        }
    }

    /// <summary>Nobody spends on a lease the wallet has not heard of.</summary>
    private async Task<bool> HaveLeasesAsync(LeaseHolder holder, string[] path)
    {
        foreach (var walletId in path)
        {
            var reply = await _set.Wallets.ExchangeAsync(walletId, holder.Next(walletId, target: 50), Cancel);
            holder.Learn(walletId, reply);
            if (reply is null or { AppliedSeq: 0 } or { Outcome: LeaseOutcome.WalletClosed })
            {
                return false;
            }
        }

        return true;
    }

    private void Settle(Random random, LeaseHolder holder, (ExchangeId Id, string[] Path, long Hold) call)
    {
        var cost = random.Next((int)call.Hold + 1);
        _set.Stream.AppendSettlement(Usage.Settlement(call.Id, call.Hold, cost, call.Path));
        foreach (var walletId in call.Path)
        {
            holder.Spend(walletId, cost);
        }
    }

    private async Task<List<WalletState?>> ReadAllAsync(List<string> wallets)
    {
        var states = new List<WalletState?>();
        foreach (var walletId in wallets)
        {
            states.Add(await _set.Wallets.ReadAsync(walletId, Cancel));
        }

        return states;
    }

    private static ExchangeStart Start(int n, long hold) => new(Usage.Id(Usage.Noon, n), Usage.Shares(Path), hold);

    private async Task OpenPathAsync()
    {
        foreach (var walletId in Path)
        {
            Assert.True(await _set.Wallets.OpenAsync(walletId, 1000, Cancel));
        }
    }

    private void Restart()
    {
        _set.Dispose();
        _set = Sets.Open(_directory, time: _time);
    }

    private async Task<UsageEvent> FirstEventAsync()
    {
        await foreach (var batch in _set.Stream.ReadAsync(0, Cancel))
        {
            if (batch.Entries.FirstOrDefault(static e => e.Usage is not null).Usage is { } usage)
            {
                return usage;
            }
        }

        throw new InvalidOperationException("The stream ended.");
    }
}
