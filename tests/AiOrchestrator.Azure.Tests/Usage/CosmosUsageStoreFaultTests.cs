using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure.Tests;

/// <summary>Runs that come twice, at once, or are cut off: what the store says is the same.</summary>
public sealed class CosmosUsageStoreFaultTests : IAsyncLifetime
{
    private const string Figures =
        """
        2027-01-15 wal_key gpt-4o: 1 812 204 1
        2027-01-15 wal_key gpt-4o-mini: 9 7308 1836 11111103
        2027-01-15 wal_other gpt-4o-mini: 2 1624 408 2469134
        2027-01-16 wal_key gpt-4o-mini: 1 812 204 1234567
        """;

    private UsageDatabase _database = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static UsageBatch Run => UsageRun.Batch(
    [
        .. Enumerable.Range(0, 9).Select(static i => UsageRun.Call(i)),
        UsageRun.Call(9, leaf: "wal_other"),
        UsageRun.Call(10, leaf: "wal_other"),
        UsageRun.Call(11, costNanoUsd: 1, model: "gpt-4o"),
        UsageRun.Call(12, Usage.Noon + (24 * ChargebackQuery.HourMs)),
        new StreamEntry(StatementNumbers.Next(0, Usage.Noon), Usage: null, Usage.Line("wal_root")),
    ]);

    public async ValueTask InitializeAsync() => _database = await UsageDatabase.StartAsync();

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task A_run_that_comes_again_changes_nothing()
    {
        var store = _database.NewStore();
        await store.StoreAsync([Run], Cancel);
        var once = await FiguresAsync();
        await store.StoreAsync([Run], Cancel);
        await _database.NewStore().StoreAsync([Run], Cancel);
        Assert.Equal(once, await FiguresAsync());
    }

    [Fact]
    public async Task Runs_that_come_to_several_instances_at_once_are_counted_once()
    {
        var stores = Enumerable.Range(0, 6).Select(_ => _database.NewStore()).ToArray();
        await Task.WhenAll(stores.Select((s, i) => Task.Run(async () =>
        {
            // Whole, backwards, and one by one.
            var entries = i % 2 == 0 ? Run.Entries : Run.Entries.Reverse();
            foreach (var some in i < 3 ? [[.. entries]] : entries.Chunk(1))
            {
                await s.StoreAsync([UsageRun.Batch(some)], Cancel);
            }
        })));
        await FiguresAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Two_instances_that_make_the_same_group_at_once_both_count(int before)
    {
        // The first transaction finds no group, the second makes one; the other instance comes before each of them. Both ids are of one shard.
        var other = _database.NewStore();
        var between = new BeforeBatch(before, async () => await other.StoreAsync([UsageRun.Batch(UsageRun.Call(4, costNanoUsd: 20))], Cancel));
        await _database.NewStore(between).StoreAsync([UsageRun.Batch(UsageRun.Call(0, costNanoUsd: 1))], Cancel);
        await other.StoreAsync([UsageRun.Batch(UsageRun.Call(4, costNanoUsd: 20))], Cancel);
        Assert.EndsWith("2027-01-15 wal_key gpt-4o-mini: 2 1624 408 21", await UsageRun.FiguresAsync(other));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_cut_off_at_any_request_is_completed_by_coming_again(bool done)
    {
        var writes = 0;
        for (var at = 0; at <= writes; at++)
        {
            await using var database = await UsageDatabase.StartAsync();
            var left = at;
            database.Emulation.Faults.Fail(int.MaxValue, 500, when: r => IsWrite(r) && !done && Interlocked.Decrement(ref left) < 0);
            database.Emulation.Faults.Cut(int.MaxValue, done: true, when: r => IsWrite(r) && done && Interlocked.Decrement(ref left) < 0);
            var failed = await Record.ExceptionAsync(async () => await database.NewStore().StoreAsync([Run], Cancel));
            writes = failed is null ? writes : at + 1;
            database.Emulation.Faults.Clear();
            await database.NewStore().StoreAsync([Run], Cancel);
            await FiguresAsync(database);
        }

        Assert.InRange(writes, 10, 100);
    }

    [Fact]
    public async Task An_account_that_is_busy_is_waited_for()
    {
        _database.Emulation.Faults.Throttle(5);
        await _database.NewStore().StoreAsync([Run], Cancel);
        Assert.Equal(5, _database.Emulation.Faults.Met);
        await FiguresAsync();
    }

    [Fact]
    public async Task A_group_that_others_write_at_the_same_moment_is_tried_again()
    {
        _database.Emulation.Faults.Fail(5, 449, when: static r => r.Headers.ContainsKey("x-ms-cosmos-is-batch-request") && r.Path.Value!.Contains("usage", StringComparison.Ordinal));
        await _database.NewStore().StoreAsync([Run], Cancel);
        Assert.Equal(5, _database.Emulation.Faults.Met);
        await FiguresAsync();
    }

    [Fact]
    public async Task One_event_that_cannot_be_stored_does_not_keep_the_others()
    {
        var store = _database.NewStore();
        var wrong = new StreamEntry(1, new UsageEvent { Id = "ex_wrong", OrganisationId = "org_1" }, Line: null);
        var large = UsageRun.Call(13);
        large.Usage!.UserAgent = new string('x', 2_100_000);
        await Assert.ThrowsAsync<InvalidDataException>(async () => await store.StoreAsync([UsageRun.Batch(wrong)], Cancel));
        await Assert.ThrowsAsync<InvalidDataException>(async () => await store.StoreAsync([UsageRun.Batch(large)], Cancel));
        await Assert.ThrowsAsync<InvalidDataException>(async () => await store.StoreAsync([UsageRun.Batch([wrong, large, .. Run.Entries])], Cancel));
        await FiguresAsync();
    }

    private static bool IsWrite(HttpRequest request) =>
        request.Method != "GET" && !request.Headers.ContainsKey("x-ms-documentdb-isquery") && !request.Headers.ContainsKey("x-ms-documentdb-query");

    private Task<string> FiguresAsync() => FiguresAsync(_database);

    private static async Task<string> FiguresAsync(UsageDatabase database)
    {
        var figures = await UsageRun.FiguresAsync(database.NewStore());
        Assert.EndsWith(Figures, figures);

        // 13 events; 11 calls on one wallet, 13 on two others, and a line.
        Assert.Equal(13 + 11 + 13 + 13 + 1 + 4, figures.Split('\n').Length);
        return figures;
    }

    /// <summary>Does something before the so-manieth transaction is sent.</summary>
    private sealed class BeforeBatch(int number, Func<Task> work) : RequestHandler
    {
        private int _seen;

        public override async Task<ResponseMessage> SendAsync(RequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Headers["x-ms-cosmos-is-batch-request"] is not null && Interlocked.Increment(ref _seen) == number)
            {
                await work();
            }

            return await base.SendAsync(request, cancellationToken);
        }
    }
}
