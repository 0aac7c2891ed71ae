using System.Collections.Concurrent;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Simulation;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Core.Wallets.Entities;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Core.Tests.Wallets.Entities;

/// <summary>Over a bus that does what it is told.</summary>
public sealed class EntityWalletAuthorityOnAGoodBusTests : WalletAuthorityConformance
{
    private readonly EntityWorld _world = new(1, new SimFaults());

    protected override IWalletAuthority Authority => _world;

    protected override long NowUnixMs => _world.World.NowMs;
}

/// <summary>Over a bus that loses, doubles, delays and reorders signals, loses operations, and reads old states.</summary>
public sealed class EntityWalletAuthorityOnABadBusTests : WalletAuthorityConformance
{
    private readonly EntityWorld _world = new(
        2, new SimFaults { DropPermille = 150, DuplicatePermille = 300, CrashPermille = 50, LatencyMs = 120, StaleMs = 300 });

    protected override IWalletAuthority Authority => _world;

    protected override long NowUnixMs => _world.World.NowMs;
}

/// <summary>What an authority over entities does beside answering.</summary>
public sealed class EntityWalletAuthorityTests
{
    private static readonly SimFaults Bad = new() { DropPermille = 150, DuplicatePermille = 300, CrashPermille = 50, LatencyMs = 120, StaleMs = 400 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Of_many_that_open_at_once_one_succeeds_on_a_bad_bus()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var world = new EntityWorld(seed, Bad);
            var opened = world.Run(() => Task.WhenAll(Enumerable.Range(0, 8).Select(i => world.Authority.OpenAsync("w", i, Cancel).AsTask())));
            Assert.Single(opened, static o => o);
        }
    }

    [Fact]
    public async Task Whoever_did_something_sees_it_however_old_the_states_are()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var world = new EntityWorld(seed, Bad);
            Assert.True(await world.OpenAsync("w", new WalletSettings { LimitNanoUsd = 0 }, CommandNote.None, Cancel));
            for (var limit = 1; limit <= 20; limit++)
            {
                Assert.Equal(WalletCommandOutcome.Applied, await world.ApplyAsync("w", new WalletCommand.ChangeLimit(limit), CommandNote.None, Cancel));
                Assert.Equal(limit, (await world.ReadAsync("w", Cancel))!.LimitNanoUsd);
            }
        }
    }

    [Fact]
    public void A_message_that_is_lost_is_sent_again_unchanged_and_given_up_in_time()
    {
        var lost = new Lost();
        var world = new EntityWorld(1, new SimFaults());
        var authority = AuthorityOn(lost, world);
        var since = world.World.NowMs;
        Assert.Throws<TimeoutException>(() => world.Run(() => authority.ExchangeAsync("w", Report(world), Cancel).AsTask()));
        Assert.Equal(1_500, world.World.NowMs - since);
        Assert.Single(lost.Sent.Distinct());
        Assert.Equal(3, lost.Sent.Count);

        lost.Sent.Clear();
        since = world.World.NowMs;
        Assert.Throws<TimeoutException>(() => world.Run(() => authority.ApplyAsync("w", new WalletCommand.Freeze(), Cancel).AsTask()));
        Assert.Equal(20_000, world.World.NowMs - since);
        Assert.Single(lost.Sent.Distinct());
        Assert.Throws<TimeoutException>(() => world.Run(() => authority.OpenAsync("w", 5, Cancel).AsTask()));
    }

    [Fact]
    public void Whoever_asks_may_leave()
    {
        var world = new EntityWorld(1, new SimFaults());
        var authority = AuthorityOn(new Lost(), world);
        using var gone = new CancellationTokenSource();
        world.World.After(700, null, gone.Cancel);
        Assert.ThrowsAny<OperationCanceledException>(() => world.Run(() => authority.ApplyAsync("w", new WalletCommand.Freeze(), gone.Token).AsTask()));
    }

    [Fact]
    public void Calls_are_refused_while_nobody_answers()
    {
        var world = new EntityWorld(1, new SimFaults());
        var directory = new WalletDirectory(new MemoryDocumentStore());
        directory.Put("org", new StoredWallet("w", "w", 0, null), "");
        var book = new LeaseBook(
            AuthorityOn(new Lost(), world), directory, new IdSource(world.Clock, new SimRandom(1).Fill), world.Clock, NullLogger<LeaseBook>.Instance);
        var since = world.World.NowMs;
        var result = world.Run(() => book.HoldAsync(book.PathOf("w"), 100, Cancel).AsTask());
        Assert.Equal(HoldOutcome.Unavailable, result.Outcome);
        Assert.InRange(world.World.NowMs - since, 1_500, 2_000);
    }

    [Fact]
    public async Task A_period_that_is_due_has_begun_for_whoever_reads()
    {
        var world = new EntityWorld(1, new SimFaults());
        var daily = new WalletSettings { LimitNanoUsd = 1_000, Rule = new PeriodRule(PeriodKind.Daily, 1, "UTC") };
        _ = await world.OpenAsync("w", daily, CommandNote.None, Cancel);
        _ = await world.ExchangeAsync("w", Report(world), Cancel);
        var version = world.Bus.StateOf("w")!.Version;
        world.Clock.OffsetMs = 24 * 3_600_000;
        var state = (await world.ReadAsync("w", Cancel))!;
        Assert.Equal((2, 0, 0, 300), (state.PeriodNumber, state.LeasedNanoUsd, state.EarlierLeasedNanoUsd, state.EarlierSuspenseNanoUsd));
        Assert.Equal(version, world.Bus.StateOf("w")!.Version);
    }

    [Fact]
    public async Task Who_sits_on_money_is_told_and_whose_money_is_in_suspense()
    {
        var world = new EntityWorld(1, new SimFaults());
        Assert.Null(await world.ReadOutstandingAsync("w", Cancel));
        _ = await world.OpenAsync("w", new WalletSettings { LimitNanoUsd = 1_000 }, CommandNote.None, Cancel);
        _ = await world.ExchangeAsync("w", Report(world), Cancel);
        var outstanding = (await world.ReadOutstandingAsync("w", Cancel))!;
        Assert.Equal(300, Assert.Single(outstanding.Leases).RemainderNanoUsd);
        Assert.Empty(outstanding.Reclaimed);

        world.World.RunUntil(world.World.NowMs + 3_600_000);
        outstanding = (await world.ReadOutstandingAsync("w", Cancel))!;
        Assert.Empty(outstanding.Leases);
        Assert.Equal(((UInt128)77, 1, 0, 300), Assert.Single(outstanding.Reclaimed) is var r ? (r.LeaseId, r.PeriodNumber, r.ReportedNanoUsd, r.SuspenseNanoUsd) : default);

        // Somebody explains it, in its holder's name.
        var reply = await world.ExchangeAsync("w", Report(world) with { Seq = world.World.NowMs, SpentCumulativeNanoUsd = 120, Closing = true }, Cancel);
        Assert.Equal(LeaseOutcome.LeaseEnded, reply!.Value.Outcome);
        Assert.Empty((await world.ReadOutstandingAsync("w", Cancel))!.Reclaimed);
        Assert.Equal(120, (await world.ReadAsync("w", Cancel))!.SpentNanoUsd);
    }

    [Fact]
    public async Task A_tick_reaches_those_it_is_due_for_and_fails_for_those_alone_that_do_not_answer()
    {
        var time = new ManualTime();
        var known = new Known();
        foreach (var i in Enumerable.Range(0, 100))
        {
            known.States[$"w{i}"] = new WalletEntityState { Version = 1, HasWallet = true, DueUnixMs = i % 2 == 0 ? time.UnixMs : time.UnixMs + 1, Body = [] };
        }

        known.States["never"] = new WalletEntityState { Version = 1, HasWallet = true, Body = [] };
        var authority = new EntityWalletAuthority(
            known, time, new IdSource(time), new TzdbTimeZones(), EntityScene.Terms, () => [.. known.States.Keys, "silent", "nobody"]);
        var failure = await Assert.ThrowsAsync<AggregateException>(() => authority.TickAsync(Cancel).AsTask());
        Assert.IsType<IOException>(Assert.Single(failure.InnerExceptions));
        Assert.Equal(Enumerable.Range(0, 50).Select(static i => $"w{2 * i}").Order(), known.Ticked.Order());
        Assert.InRange(known.MostAtOnce, 1, 16);
    }

    private static LeaseReport Report(EntityWorld world) => new((UInt128)77, 1, world.World.NowMs, 0, 0, 300, 300, 0, false);

    private static EntityWalletAuthority AuthorityOn(IWalletEntities entities, EntityWorld world) =>
        new(entities, world.Clock, new IdSource(world.Clock, new SimRandom(5).Fill), new TzdbTimeZones(), EntityScene.Terms, static () => []);

    /// <summary>Nothing arrives.</summary>
    private sealed class Lost : IWalletEntities
    {
        public List<WalletMessage> Sent { get; } = [];

        public ValueTask SignalAsync(string walletId, WalletMessage message, CancellationToken cancellation)
        {
            Sent.Add(message);
            return ValueTask.CompletedTask;
        }

        public ValueTask<WalletEntityState?> ReadAsync(string walletId, CancellationToken cancellation) => new((WalletEntityState?)null);
    }

    /// <summary>States as they are set, and who was signalled.</summary>
    private sealed class Known : IWalletEntities
    {
        private int _now;

        public ConcurrentDictionary<string, WalletEntityState> States { get; } = new(StringComparer.Ordinal);

        public ConcurrentQueue<string> Ticked { get; } = [];

        public int MostAtOnce { get; private set; }

        public ValueTask SignalAsync(string walletId, WalletMessage message, CancellationToken cancellation)
        {
            Assert.Equal(WalletMessageKind.Tick, message.Kind);
            Ticked.Enqueue(walletId);
            return ValueTask.CompletedTask;
        }

        public async ValueTask<WalletEntityState?> ReadAsync(string walletId, CancellationToken cancellation)
        {
            var now = Interlocked.Increment(ref _now);
            lock (Ticked)
            {
                MostAtOnce = Math.Max(MostAtOnce, now);
            }

            await Task.Yield();
            Interlocked.Decrement(ref _now);
            return walletId == "silent" ? throw new IOException("silent") : States.GetValueOrDefault(walletId);
        }
    }
}
