using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Conformance;

/// <summary>What every <see cref="ICallEvidence"/> does, beside the <see cref="IUsageStore"/> it belongs to.</summary>
public abstract class CallEvidenceConformance
{
    private static readonly UInt128 Lease = UInt128.Parse("abcdef0123456789abcdef01", System.Globalization.NumberStyles.HexNumber, null);
    private static readonly UInt128 RootLease = 7;

    protected abstract ICallEvidence Evidence { get; }

    protected abstract IUsageStore Store { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_known_of_a_lease_nobody_has_heard_of()
    {
        var known = await Evidence.ReadAsync("wal_none", 1, Cancel);
        Assert.Equal(0, known.SettledNanoUsd);
        Assert.Empty(known.OpenCalls);
    }

    [Fact]
    public async Task A_start_is_read_as_it_was_noted_at_every_wallet_of_its_path()
    {
        var start = Start(1, Lease, RootLease);
        await Evidence.NoteAsync([start], [], Cancel);
        foreach (var (wallet, lease) in new[] { ("wal_leaf", Lease), ("wal_root", RootLease) })
        {
            var read = Assert.Single((await Evidence.ReadAsync(wallet, lease, Cancel)).OpenCalls);
            Assert.Equal((start.Id, start.HoldNanoUsd, start.OrganisationId, start.KeyId), (read.Id, read.HoldNanoUsd, read.OrganisationId, read.KeyId));
            Assert.Equal(start.Wallets, read.Wallets);
        }

        Assert.Empty((await Evidence.ReadAsync("wal_root", Lease, Cancel)).OpenCalls);
        Assert.Empty((await Evidence.ReadAsync("wal_leaf", RootLease, Cancel)).OpenCalls);
    }

    [Fact]
    public async Task A_start_may_say_little()
    {
        await Evidence.NoteAsync([new ExchangeStart(Usage.Id(Usage.Noon), [new WalletShare("wal_1", 0) { LeaseId = 9 }], 0) { OrganisationId = "org_1" }], [], Cancel);
        var read = Assert.Single((await Evidence.ReadAsync("wal_1", 9, Cancel)).OpenCalls);
        Assert.Equal((null, 0, 0), (read.KeyId, read.HoldNanoUsd, read.Wallets[0].Period));
    }

    [Fact]
    public async Task Open_calls_come_in_order_of_id_each_once()
    {
        await Evidence.NoteAsync([Start(3, Lease), Start(1, Lease)], [], Cancel);
        await Evidence.NoteAsync([Start(2, Lease), Start(3, Lease)], [], Cancel);
        Assert.Equal([1, 2, 3], await OpenAsync(Lease));
    }

    [Fact]
    public async Task What_has_ended_is_forgotten_and_what_is_not_known_is_not_missed()
    {
        await Evidence.NoteAsync([Start(1, Lease), Start(2, Lease), Start(3, Lease)], [Usage.Id(Usage.Noon, 2), Usage.Id(Usage.Noon, 9)], Cancel);
        Assert.Equal([1, 3], await OpenAsync(Lease));
        await Evidence.NoteAsync([], [Usage.Id(Usage.Noon, 2), Usage.Id(Usage.Noon, 3)], Cancel);
        Assert.Equal([1], await OpenAsync(Lease));
        Assert.Empty((await Evidence.ReadAsync("wal_root", 0, Cancel)).OpenCalls);
        await Evidence.NoteAsync([], [], Cancel);
    }

    [Fact]
    public async Task What_was_settled_on_a_lease_is_what_its_stored_calls_cost()
    {
        await StoreAsync(Call(1, 100, Lease, RootLease), Call(2, 20, Lease, RootLease), Call(3, 3, 8, RootLease), Call(4, 0, Lease, RootLease));
        Assert.Equal(120, (await Evidence.ReadAsync("wal_leaf", Lease, Cancel)).SettledNanoUsd);
        Assert.Equal(3, (await Evidence.ReadAsync("wal_leaf", 8, Cancel)).SettledNanoUsd);
        Assert.Equal(123, (await Evidence.ReadAsync("wal_root", RootLease, Cancel)).SettledNanoUsd);
        Assert.Equal(0, (await Evidence.ReadAsync("wal_root", Lease, Cancel)).SettledNanoUsd);
    }

    [Fact]
    public async Task A_call_that_is_stored_again_counts_once_and_as_the_first_said()
    {
        await StoreAsync(Call(1, 100, Lease, RootLease));
        await StoreAsync(Call(1, 100, Lease, RootLease), Call(1, 7, Lease, RootLease));
        Assert.Equal(100, (await Evidence.ReadAsync("wal_leaf", Lease, Cancel)).SettledNanoUsd);
        Assert.Equal(100, (await Evidence.ReadAsync("wal_root", RootLease, Cancel)).SettledNanoUsd);
    }

    [Fact]
    public async Task Large_amounts_are_added_exactly()
    {
        await StoreAsync(Call(1, 900_000_000_000_000_001, Lease), Call(2, 1, Lease), Call(3, 1, Lease));
        Assert.Equal(900_000_000_000_000_003, (await Evidence.ReadAsync("wal_leaf", Lease, Cancel)).SettledNanoUsd);
    }

    private static ExchangeStart Start(int n, params UInt128[] leases) =>
        new(Usage.Id(Usage.Noon, n), Path(leases), 1000 + n) { OrganisationId = "org_1", KeyId = "key_1" };

    private static StreamEntry Call(int n, long costNanoUsd, params UInt128[] leases)
    {
        var usage = Usage.Event(Usage.Id(Usage.Noon, n));
        (usage.HoldNanoUsd, usage.CostNanoUsd, usage.WalletId) = (1000, costNanoUsd, "wal_leaf");
        usage.WalletPath = string.Join('/', Path(leases).Select(static w => w.WalletId));
        return new StreamEntry(StatementNumbers.OfCall(Usage.Id(Usage.Noon, n), usage.CreatedUnixMs), usage, Line: null) { Wallets = Path(leases) };
    }

    private static WalletShare[] Path(UInt128[] leases) =>
        [.. leases.Zip((string[])["wal_leaf", "wal_root"], static (lease, wallet) => new WalletShare(wallet, 1) { LeaseId = lease })];

    private ValueTask StoreAsync(params StreamEntry[] entries) => Store.StoreAsync([new UsageBatch(Position: 0, entries)], Cancel);

    private async Task<IEnumerable<int>> OpenAsync(UInt128 lease) =>
        (await Evidence.ReadAsync("wal_leaf", lease, Cancel)).OpenCalls.Select(static c => (int)(uint)(c.Id.Value & uint.MaxValue));
}
