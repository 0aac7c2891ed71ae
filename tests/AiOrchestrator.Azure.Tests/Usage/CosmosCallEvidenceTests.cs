using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Azure.Tests;

/// <summary>Starts and what was settled, as several instances note and read them.</summary>
public sealed class CosmosCallEvidenceTests : IAsyncLifetime
{
    private static readonly UInt128 LeafLease = ((UInt128)1 << 64) | 1;
    private static readonly UInt128 RootLease = ((UInt128)3 << 64) | 1;

    private UsageDatabase _database = null!;
    private CosmosCallEvidence _evidence = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await UsageDatabase.StartAsync();
        _evidence = _database.NewEvidence();
    }

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task A_start_is_found_on_every_lease_of_its_path_as_it_was_noted()
    {
        var start = Start(1) with { HoldNanoUsd = long.MaxValue, OrganisationId = "org_1", KeyId = "key_1" };
        await _evidence.NoteAsync([Start(2), start, start], [], Cancel);
        await _database.NewEvidence().NoteAsync([start, Start(3, "wal_other", 77)], [], Cancel);
        foreach (var (wallet, lease, ids) in new (string, UInt128, int[])[]
        {
            ("wal_key", LeafLease, [1, 2]), ("wal_root", RootLease, [1, 2, 3]), ("wal_other", 77, [3]), ("wal_key", 77, []), ("wal_key", RootLease, []), ("wal_key", 0, []),
        })
        {
            var found = await _database.NewEvidence().ReadAsync(wallet, lease, Cancel);
            Assert.Equal(ids.Select(static i => Id(i)), found.OpenCalls.Select(static c => c.Id));
            Assert.Equal(0, found.SettledNanoUsd);
        }

        var read = (await _evidence.ReadAsync("wal_root", RootLease, Cancel)).OpenCalls[0];
        Assert.Equal(start.Wallets, read.Wallets);
        Assert.Equal(start with { Wallets = read.Wallets }, read);
    }

    [Fact]
    public async Task What_has_ended_is_forgotten_whoever_says_so_and_in_whatever_order()
    {
        await _evidence.NoteAsync([Start(1), Start(2), Start(3), Start(4)], [], Cancel);
        await _evidence.NoteAsync([], [Id(1), Id(1)], Cancel);
        await _database.NewEvidence().NoteAsync([], [Id(2), Id(9)], Cancel);
        await _evidence.NoteAsync([Start(5), Start(9)], [Id(5), Id(3)], Cancel);
        Assert.Equal([Id(4)], (await _evidence.ReadAsync("wal_root", RootLease, Cancel)).OpenCalls.Select(static c => c.Id));
    }

    [Fact]
    public async Task Of_a_call_that_begins_and_ends_at_once_only_the_end_is_noted_and_of_one_on_no_wallet_nothing()
    {
        _database.Emulation.Requests.Clear();
        await _evidence.NoteAsync([Start(1), new ExchangeStart(Id(2), [], 5)], [Id(1)], Cancel);
        Assert.Equal("POST open-calls/docs", Assert.Single(_database.Emulation.Requests));
    }

    [Fact]
    public async Task What_was_settled_on_a_lease_is_summed_up_over_months_and_is_not_open_any_more()
    {
        var calls = Enumerable.Range(0, 8).Select(static i => Settled(i, Usage.Noon + (i * 20 * 24 * ChargebackQuery.HourMs), i < 6 ? LeafLease : 99)).ToList();
        await _evidence.NoteAsync([Start(1), .. calls.Select(static c => new ExchangeStart(Exchange(c), c.Wallets!, 5))], [], Cancel);
        await _database.NewStore().StoreAsync([UsageRun.Batch(calls)], Cancel);
        await _database.NewStore().StoreAsync([UsageRun.Batch(calls)], Cancel);

        var leaf = await _evidence.ReadAsync("wal_key", LeafLease, Cancel);
        Assert.Equal((100 + 101 + 102 + 103 + 104 + 105, 1), (leaf.SettledNanoUsd, leaf.OpenCalls.Count));
        var root = await _evidence.ReadAsync("wal_root", RootLease, Cancel);
        Assert.Equal((828, Id(1)), (root.SettledNanoUsd, Assert.Single(root.OpenCalls).Id));
        Assert.Equal(106 + 107, (await _evidence.ReadAsync("wal_key", 99, Cancel)).SettledNanoUsd);
    }

    [Fact]
    public async Task Starts_on_a_lease_that_is_used_for_weeks_are_found_for_seven_days()
    {
        await _evidence.NoteAsync([Start(1)], [], Cancel);
        _database.Time.Advance(TimeSpan.FromDays(8));
        await _evidence.NoteAsync([Start(2)], [], Cancel);
        _database.Time.Advance(TimeSpan.FromDays(6));
        Assert.Equal([Id(2)], (await _evidence.ReadAsync("wal_root", RootLease, Cancel)).OpenCalls.Select(static c => c.Id));
        _database.Time.Advance(TimeSpan.FromDays(2));
        Assert.Empty((await _evidence.ReadAsync("wal_root", RootLease, Cancel)).OpenCalls);
    }

    [Fact]
    public async Task Noting_that_was_cut_off_is_completed_by_noting_again()
    {
        for (var at = 0; at < 4; at++)
        {
            var left = at;
            _database.Emulation.Faults.Fail(int.MaxValue, 500, when: _ => Interlocked.Decrement(ref left) < 0);
            await Record.ExceptionAsync(async () => await _database.NewEvidence().NoteAsync([Start(at), Start(at + 10)], [], Cancel));
            _database.Emulation.Faults.Clear();
            await _evidence.NoteAsync([Start(at), Start(at + 10)], [], Cancel);
            Assert.Equal(2 * (at + 1), (await _evidence.ReadAsync("wal_root", RootLease, Cancel)).OpenCalls.Count);
        }
    }

    private static ExchangeId Id(int n) => Usage.Id(Usage.Noon, n);

    private static ExchangeId Exchange(StreamEntry call) => UsageKeys.ExchangeOf(call.Usage!.Id);

    private static ExchangeStart Start(int n, string leaf = "wal_key", ulong lease = 0) => new(Id(n), Path(leaf, lease == 0 ? LeafLease : lease), 1_000_000);

    private static WalletShare[] Path(string leaf, UInt128 lease) =>
    [
        new WalletShare(leaf, 4) { LeaseId = lease },
        new WalletShare("wal_team", 0),
        new WalletShare("wal_root", 1) { LeaseId = RootLease },
    ];

    private static StreamEntry Settled(int n, long unixMs, UInt128 lease) =>
        UsageRun.Call(n, unixMs, costNanoUsd: 100 + n) with { Wallets = Path("wal_key", lease) };
}
