using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Tests.Insight;

/// <summary>An instance with a lease book of its own dies, and its usage events speak for it.</summary>
public sealed class ReconcileSuspenseTests : IAsyncDisposable
{
    private const int Hour = 3_600_000;
    private const long Hold = 100_000;
    private readonly SteppedTime _time = new();
    private readonly MemoryWalletAuthority _authority;
    private readonly WalletDirectory _wallets = new(new MemoryDocumentStore());
    private readonly MemoryUsageStore _store = new();
    private readonly MemoryCallEvidence _evidence;
    private readonly MemoryEventSender _hub = new();
    private readonly OutboundUsageStream _stream;
    private readonly UsageIngest _ingest;
    private readonly ReconcileSuspense _reconcile;
    private readonly LeaseBook _book;
    private readonly IdSource _ids;
    private int _delivered;

    public ReconcileSuspenseTests()
    {
        _ids = new IdSource(_time);
        _authority = new MemoryWalletAuthority(_time);
        _evidence = new MemoryCallEvidence(_store);
        _stream = new OutboundUsageStream(
            _hub, new InstanceIdentity("in_2"), Options.Create(new OutboundOptions { LingerMs = 0 }), _time, NullLogger<OutboundUsageStream>.Instance);
        _ = _stream.StartAsync(CancellationToken.None);
        _ingest = new UsageIngest(
            _store,
            _evidence,
            new MemoryBlobStore(_time),
            Reviews.None(_time),
            Reviews.LastResort(new MemoryDocumentStore(), _time),
            _time,
            NullLogger<UsageIngest>.Instance);
        _reconcile = new ReconcileSuspense(
            _wallets, _authority, _evidence, _store, _stream, _time, NullLogger<ReconcileSuspense>.Instance);
        _book = new LeaseBook(_authority, _wallets, _ids, _time, NullLogger<LeaseBook>.Instance);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _wallets.Dispose();
    }

    [Fact]
    public async Task What_a_dead_instance_spent_is_settled_by_its_events_and_what_nobody_knows_by_rule()
    {
        await OpenAsync();
        var reported = await BeginAsync();
        var settled = await BeginAsync();
        var late = await BeginAsync();
        var open = await BeginAsync();
        var neverSent = await BeginAsync(sends: false);
        End(reported, 40_000);
        _time.Advance(11_000);
        await _book.RenewDueAsync(Cancel);
        Assert.Equal(40_000, (await StateAsync("wal_leaf")).SpentNanoUsd);
        End(settled, 60_000);
        await DeliverAsync();

        var granted = await DieAsync(spentNanoUsd: 40_000);

        // What was settled and not reported.
        Assert.Equal(new ReconcileResult(Leases: 2, Reported: 2, Charged: 0, Failed: 0), await _reconcile.ExecuteAsync(Cancel));
        await SpentAsync(100_000);
        Assert.Equal(new ReconcileResult(2, 0, 0, 0), await _reconcile.ExecuteAsync(Cancel));

        // An end that was long on its way, twice.
        End(late, 30_000);
        End(late, 30_000);
        await DeliverAsync();
        await _reconcile.ExecuteAsync(Cancel);
        await SpentAsync(130_000);

        _time.Advance((23 * Hour) - 960_000 - 11_000);
        Assert.Equal(0, (await _reconcile.ExecuteAsync(Cancel)).Charged);
        _time.Advance(1000);
        await ChargedByRuleAsync(open, 130_000);

        // Its own end arrives after all: the call has been paid for.
        End(open, 10_000);
        await DeliverAsync();
        Assert.Equal(new ReconcileResult(2, 0, 0, 0), await _reconcile.ExecuteAsync(Cancel));
        await SpentAsync(230_000);

        // What nobody knows the wallets decide; the call whose start never left the instance is in it.
        Assert.True((await StateAsync("wal_leaf")).SuspenseNanoUsd >= neverSent.Start.HoldNanoUsd);
        _time.Advance(2 * Hour);
        await _authority.TickAsync(Cancel);
        var leaf = await StateAsync("wal_leaf");
        Assert.Equal((40_000 + granted, 0), (leaf.SpentNanoUsd, leaf.SuspenseNanoUsd));
        Assert.Equal(default, await _reconcile.ExecuteAsync(Cancel));
        await StatementsFoldAsync();
    }

    [Fact]
    public async Task An_end_that_was_noted_before_its_start_is_not_charged_again()
    {
        await OpenAsync();
        var call = await BeginAsync(sends: false);
        End(call, 25_000);
        await DeliverAsync();
        Assert.True(await _stream.AppendStartAsync(call.Start));
        await DeliverAsync();
        Assert.Equal(1, _evidence.Count);
        _time.Advance((23 * Hour) + 1000);
        await _authority.TickAsync(Cancel);
        Assert.Equal(new ReconcileResult(2, 2, 0, 0), await _reconcile.ExecuteAsync(Cancel));
        await SpentAsync(25_000);
        Assert.Equal(0, _evidence.Count);
    }

    [Fact]
    public async Task A_holder_that_only_slept_is_not_charged_twice()
    {
        await OpenAsync();
        var call = await BeginAsync();
        await DeliverAsync();
        _time.Advance((23 * Hour) + 1000);
        await _authority.TickAsync(Cancel);
        Assert.Equal(2, (await _reconcile.ExecuteAsync(Cancel)).Charged);
        await DeliverAsync();
        await _reconcile.ExecuteAsync(Cancel);
        await SpentAsync(Hold);

        End(call, 30_000);
        await _book.RenewDueAsync(Cancel);
        await DeliverAsync();
        await _reconcile.ExecuteAsync(Cancel);
        await SpentAsync(Hold);
        await StatementsFoldAsync();
    }

    [Fact]
    public async Task Living_leases_are_left_alone()
    {
        await OpenAsync();
        var call = await BeginAsync();
        await DeliverAsync();
        End(call, 30_000);
        await DeliverAsync();
        Assert.Equal(default, await _reconcile.ExecuteAsync(Cancel));
        Assert.Equal(0, (await StateAsync("wal_leaf")).SpentNanoUsd);
        Assert.True(_book.TryHold(_book.PathOf("wal_leaf"), 1, passWaiters: true, out _));
    }

    [Fact]
    public async Task A_wallet_that_fails_stops_no_other()
    {
        await OpenAsync();
        End(await BeginAsync(), 30_000);
        await DeliverAsync();
        _time.Advance(960_000);
        await _authority.TickAsync(Cancel);
        _evidence.BeforeRead = static wallet => _ = wallet == "wal_leaf" ? throw new IOException("evidence") : wallet;
        Assert.Equal(new ReconcileResult(1, 1, 0, Failed: 1), await _reconcile.ExecuteAsync(Cancel));
        Assert.Equal((0, 30_000), ((await StateAsync("wal_leaf")).SpentNanoUsd, (await StateAsync("wal_root")).SpentNanoUsd));
        _evidence.BeforeRead = null;
        await _reconcile.ExecuteAsync(Cancel);
        await SpentAsync(30_000);
    }

    private static readonly string[] Wallets = ["wal_leaf", "wal_root"];

    /// <summary>The instance dies: nobody renews, and the wallets reclaim its leases with the calls that are open.</summary>
    private async Task<long> DieAsync(long spentNanoUsd)
    {
        var granted = (await StateAsync("wal_leaf")).LeasedNanoUsd;
        Assert.True(granted >= 4 * Hold);
        _time.Advance(960_000);
        await _authority.TickAsync(Cancel);
        foreach (var wallet in Wallets)
        {
            var state = await StateAsync(wallet);
            Assert.Equal((spentNanoUsd, 0), (state.SpentNanoUsd, state.LeasedNanoUsd));
        }

        Assert.Equal(granted, (await StateAsync("wal_leaf")).SuspenseNanoUsd);
        return granted;
    }

    /// <summary>A call that has no end is charged in full, once, however often and by however many it is found.</summary>
    private async Task ChargedByRuleAsync(Call call, long spentNanoUsd)
    {
        await Task.WhenAll(_reconcile.ExecuteAsync(Cancel), _reconcile.ExecuteAsync(Cancel));
        await SpentAsync(spentNanoUsd);
        await DeliverAsync();
        Assert.Equal(new ReconcileResult(2, 2, 0, 0), await _reconcile.ExecuteAsync(Cancel));
        await SpentAsync(spentNanoUsd + Hold);
        var byRule = await _store.GetAsync("org_1", call.Start.Id, Cancel);
        Assert.Equal((Hold, "rule", "unsettled", "wal_leaf/wal_root"), (byRule!.CostNanoUsd, byRule.UsageSource, byRule.ErrorCode, byRule.WalletPath));
    }

    private async Task OpenAsync()
    {
        _wallets.Put("org_1", new StoredWallet("wal_root", "root", 0, ParentId: null), "");
        _wallets.Put("org_1", new StoredWallet("wal_leaf", "leaf", 0, "wal_root"), "");
        Assert.True(await _authority.OpenAsync("wal_root", 10_000_000, Cancel));
        Assert.True(await _authority.OpenAsync("wal_leaf", 5_000_000, Cancel));
    }

    private async Task<Call> BeginAsync(bool sends = true)
    {
        var path = _book.PathOf("wal_leaf");
        var held = await _book.HoldAsync(path, Hold, Cancel);
        Assert.Equal(HoldOutcome.Held, held.Outcome);
        var start = new ExchangeStart(_ids.NewExchangeId(), path.SharesOf(held.Hold), Hold) { OrganisationId = "org_1", KeyId = "key_1" };
        Assert.True(!sends || await _stream.AppendStartAsync(start));
        return new Call(start, held.Hold);
    }

    private void End(Call call, long costNanoUsd)
    {
        var usage = call.Start.ChargedInFull().Event;
        (usage.CostNanoUsd, usage.Status, usage.ErrorCode, usage.UsageSource) = (costNanoUsd, UsageStatus.Ok, null, "reported");
        _stream.AppendSettlement(new ExchangeSettlement(call.Start.Id, call.Start.Wallets, Hold, costNanoUsd, usage));
        var hold = call.Hold;
        LeaseBook.Settle(ref hold, costNanoUsd);
        call.Hold = hold;
    }

    /// <summary>What has been sent since is delivered.</summary>
    private async Task DeliverAsync()
    {
        await _stream.FlushAsync(Cancel);
        var sent = _hub.Sent.Skip(_delivered).Select((s, i) => new IncomingEvent("0", _delivered + i, 0, s.Body)).ToArray();
        _delivered += sent.Length;
        Assert.Equal(new IngestResult(sent.Length, 0, 0), await _ingest.IngestAsync(sent, Cancel));
    }

    private async Task<WalletState> StateAsync(string wallet) => (await _authority.ReadAsync(wallet, Cancel))!;

    private async Task SpentAsync(long nanoUsd)
    {
        foreach (var wallet in Wallets)
        {
            Assert.Equal(nanoUsd, (await StateAsync(wallet)).SpentNanoUsd);
        }
    }

    /// <summary>The lines of a wallet's statement come to its figures, and so do the calls that are stored with what is unattributed.</summary>
    private async Task StatementsFoldAsync()
    {
        foreach (var wallet in Wallets)
        {
            var state = await StateAsync(wallet);
            var lines = _authority.Lines.Where(l => l.WalletId == wallet).ToList();
            Assert.Equal(state.SpentNanoUsd, Balance(lines, "spent"));
            Assert.Equal(state.SuspenseNanoUsd, Balance(lines, "suspense"));
            var calls = (await _store.StatementAsync(new StatementQuery(wallet), Cancel)).Sum(static e => e.Call!.CostNanoUsd);
            Assert.Equal(state.SpentNanoUsd, calls + lines.Where(static l => l.Kind == "unattributed").Sum(static l => l.AmountNanoUsd));
        }
    }

    private static long Balance(IEnumerable<WalletLine> lines, string account) =>
        lines.Sum(l => (l.Credit == account ? l.AmountNanoUsd : 0) - (l.Debit == account ? l.AmountNanoUsd : 0));

    private sealed class Call(ExchangeStart start, Hold hold)
    {
        public ExchangeStart Start { get; } = start;

        public Hold Hold { get; set; } = hold;
    }
}
