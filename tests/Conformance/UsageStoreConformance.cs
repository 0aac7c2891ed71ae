using System.Text.Json;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Conformance;

/// <summary>What every <see cref="IUsageStore"/> does.</summary>
public abstract partial class UsageStoreConformance
{
    protected abstract IUsageStore Store { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Begins_at_position_zero_and_stores_the_last_batchs_position()
    {
        Assert.Equal(0, await Store.PositionAsync(Cancel));
        await Store.StoreAsync([new UsageBatch(3, []), new UsageBatch(7, [])], Cancel);
        Assert.Equal(7, await Store.PositionAsync(Cancel));
    }

    [Fact]
    public async Task The_position_never_goes_back_and_events_delivered_one_by_one_do_not_move_it()
    {
        await Store.StoreAsync([new UsageBatch(0, [new StreamEntry(5, Usage.Event(Usage.Id(Usage.Noon)), Line: null)])], Cancel);
        Assert.Equal(0, await Store.PositionAsync(Cancel));
        await Store.StoreAsync([new UsageBatch(7, [])], Cancel);
        await Store.StoreAsync([new UsageBatch(0, [new StreamEntry(6, Usage.Event(Usage.Id(Usage.Noon, 1)), Line: null)]), new UsageBatch(3, [])], Cancel);
        Assert.Equal(7, await Store.PositionAsync(Cancel));
        Assert.Equal(2, (await Store.QueryAsync(new UsageQuery("org_1"), Cancel)).Count);
    }

    [Fact]
    public async Task An_event_is_read_as_it_was_stored()
    {
        var usage = Usage.Event(Usage.Id(Usage.Noon));
        usage.RequestId = "my \"request\" \u00e9";
        usage.Status = UsageStatus.Cancelled;
        usage.WalletPath = "wal_1/wal_2";
        usage.CostCentre = "";
        usage.TraceId = "0af7651916cd43dd8448eb211c80319c";
        usage.HoldNanoUsd = long.MaxValue;
        usage.Chunks = -1;
        await StoreAsync(usage);
        var read = await Store.GetAsync("org_1", Usage.Id(Usage.Noon), Cancel);
        Assert.Equal(Json(usage), Json(read!));
        Assert.Null(await Store.GetAsync("org_1", Usage.Id(Usage.Noon, 1), Cancel));
    }

    [Fact]
    public async Task Storing_again_changes_nothing()
    {
        await StoreAsync(Usage.Event(Usage.Id(Usage.Noon)));
        var again = Usage.Event(Usage.Id(Usage.Noon));
        again.CostNanoUsd = 9;
        await StoreAsync(again);
        Assert.Equal(500, Assert.Single(await Store.QueryAsync(new UsageQuery("org_1"), Cancel)).CostNanoUsd);
    }

    [Fact]
    public async Task An_organisation_never_sees_anothers()
    {
        await StoreAsync(Usage.Event(Usage.Id(Usage.Noon)), Usage.Event(Usage.Id(Usage.Noon, 1), "org_2"));
        Assert.Equal("org_1", Assert.Single(await Store.QueryAsync(new UsageQuery("org_1"), Cancel)).OrganisationId);
        Assert.Null(await Store.GetAsync("org_1", Usage.Id(Usage.Noon, 1), Cancel));
        Assert.Empty(await Store.QueryAsync(new UsageQuery("org_3"), Cancel));
    }

    [Fact]
    public async Task Newest_first_and_page_by_page()
    {
        await StoreAsync([.. Enumerable.Range(0, 25).Select(static i => Usage.Event(Usage.Id(Usage.Noon + (i * 7 % 25))))]);
        var seen = new List<long>();
        AiOrchestrator.Core.Platform.ExchangeId? before = null;
        while (true)
        {
            var page = await Store.QueryAsync(new UsageQuery("org_1") { Limit = 10, Before = before }, Cancel);
            seen.AddRange(page.Select(static e => e.CreatedUnixMs));
            if (page.Count < 10)
            {
                break;
            }

            Assert.True(AiOrchestrator.Core.Platform.ExchangeId.TryParse(page[^1].Id, out var last));
            before = last;
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(static i => Usage.Noon + 24 - i), seen);
    }

    [Fact]
    public async Task Each_filter_filters()
    {
        var other = Usage.Event(Usage.Id(Usage.Noon + 1000));
        other.KeyId = "key_2";
        other.Model = "gpt-5";
        other.Provider = "azure";
        other.Status = UsageStatus.Refused;
        other.RequestId = "r2";
        await StoreAsync(Usage.Event(Usage.Id(Usage.Noon)), other);
        UsageQuery[] queries =
        [
            new("org_1") { KeyId = "key_2" },
            new("org_1") { Model = "gpt-5" },
            new("org_1") { Provider = "azure" },
            new("org_1") { Status = UsageStatus.Refused },
            new("org_1") { RequestId = "r2" },
            new("org_1") { FromUnixMs = Usage.Noon + 1 },
            new("org_1") { FromUnixMs = Usage.Noon + 1000, UntilUnixMs = Usage.Noon + 1001, KeyId = "key_2", Model = "gpt-5" },
        ];
        foreach (var query in queries)
        {
            Assert.Equal(other.Id, Assert.Single(await Store.QueryAsync(query, Cancel)).Id);
        }

        Assert.Single(await Store.QueryAsync(new UsageQuery("org_1") { Status = UsageStatus.Ok }, Cancel));
        Assert.Single(await Store.QueryAsync(new UsageQuery("org_1") { UntilUnixMs = Usage.Noon + 1000 }, Cancel));
        Assert.Empty(await Store.QueryAsync(new UsageQuery("org_1") { KeyId = "key_2", Model = "gpt-4o" }, Cancel));
    }

    [Fact]
    public async Task A_line_is_read_as_it_was_stored_with_its_number_once()
    {
        var line = Usage.Line("wal_1");
        await StoreAsync((7, line));
        await StoreAsync((7, line));
        Assert.Equal(new StatementLine(7, line), Assert.Single(await Store.LinesAsync(new StatementQuery("wal_1"), Cancel)));
        Assert.Empty(await Store.LinesAsync(new StatementQuery("wal_2"), Cancel));
    }

    [Fact]
    public async Task An_entry_can_be_an_event_and_a_line()
    {
        var usage = Usage.Event(Usage.Id(Usage.Noon));
        await Store.StoreAsync([new UsageBatch(1, [new StreamEntry(3, usage, Usage.Line("wal_1"))])], Cancel);
        Assert.NotNull(await Store.GetAsync("org_1", Usage.Id(Usage.Noon), Cancel));
        Assert.Equal(3, Assert.Single(await Store.LinesAsync(new StatementQuery("wal_1"), Cancel)).Number);
    }

    [Fact]
    public async Task Lines_come_in_their_order_page_by_page()
    {
        await StoreAsync([.. Enumerable.Range(1, 25).Select(static i => ((long)i, Usage.Line("wal_" + (i % 2))))]);
        var seen = new List<long>();
        long? after = null;
        while (true)
        {
            var page = await Store.LinesAsync(new StatementQuery("wal_1") { AfterNumber = after, BeforeNumber = 24, Limit = 5 }, Cancel);
            seen.AddRange(page.Select(static l => l.Number));
            if (page.Count < 5)
            {
                break;
            }

            after = page[^1].Number;
        }

        Assert.Equal([1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23], seen);
    }

    [Fact]
    public async Task Each_filter_of_lines_filters()
    {
        await StoreAsync((1, Usage.Line("wal_1")), (2, Usage.Line("wal_1", Usage.Noon + 10, "frozen")), (3, Usage.Line("wal_1", Usage.Noon + 20)));
        StatementQuery[] queries =
        [
            new("wal_1") { Kind = "frozen" },
            new("wal_1") { FromUnixMs = Usage.Noon + 10, UntilUnixMs = Usage.Noon + 20 },
            new("wal_1") { AfterNumber = 1, BeforeNumber = 3 },
        ];
        foreach (var query in queries)
        {
            Assert.Equal(2, Assert.Single(await Store.LinesAsync(query, Cancel)).Number);
        }
    }

    private ValueTask StoreAsync(params (long Number, WalletLine Line)[] lines) =>
        Store.StoreAsync([new UsageBatch(1, [.. lines.Select(static l => new StreamEntry(l.Number, Usage: null, l.Line))])], Cancel);

    private ValueTask StoreAsync(params UsageEvent[] events) =>
        Store.StoreAsync([new UsageBatch(1, [.. events.Select(static (e, i) => new StreamEntry((1 << 20) + i, e, Line: null))])], Cancel);

    private static byte[] Json(UsageEvent usage) => JsonSerializer.SerializeToUtf8Bytes(usage, UsageEventJson.Default.UsageEvent);
}
