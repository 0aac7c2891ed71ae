using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Azure.Tests;

/// <summary>Figures stay exact, and pages go on over days, months and shards.</summary>
public sealed class CosmosUsageStoreReadTests : IAsyncLifetime
{
    private const long Day = 24 * ChargebackQuery.HourMs;

    private UsageDatabase _database = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _database = await UsageDatabase.StartAsync();

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Amounts_beyond_what_a_double_holds_are_exact()
    {
        // 2^53 + 1 is the first whole number that is no double. All three are of one hour, key and model; two of one shard at least.
        var store = _database.NewStore();
        for (var i = 0; i < 6; i++)
        {
            var call = UsageRun.Call(i, costNanoUsd: 9_007_199_254_740_993);
            (call.Usage!.PromptTokens, call.Usage.CompletionTokens, call.Usage.HoldNanoUsd) = (9_007_199_254_740_993, 1, long.MaxValue);
            await store.StoreAsync([UsageRun.Batch(call)], Cancel);
        }

        var line = Usage.Line("wal_key") with { AmountNanoUsd = long.MaxValue, SpentNanoUsd = long.MinValue };
        await store.StoreAsync([UsageRun.Batch(new StreamEntry(1, Usage: null, line))], Cancel);

        var row = Assert.Single(await ReportAsync(store, ChargebackGroup.Wallet));
        Assert.Equal((6, 54_043_195_528_445_958, 6, 54_043_195_528_445_958), (row.Calls, row.PromptTokens, row.CompletionTokens, row.CostNanoUsd));
        var events = await store.QueryAsync(new UsageQuery("org_1"), Cancel);
        Assert.Equal(6, events.Count);
        Assert.All(events, static e => Assert.Equal((9_007_199_254_740_993, long.MaxValue), (e.CostNanoUsd, e.HoldNanoUsd)));
        Assert.Equal(line, Assert.Single(await store.LinesAsync(new StatementQuery("wal_key"), Cancel)).Line);
        Assert.Equal(
            54_043_195_528_445_958,
            (await _database.NewEvidence().ReadAsync("wal_root", (UInt128)3 << 64, Cancel)).SettledNanoUsd);
    }

    [Fact]
    public async Task Events_of_many_days_and_shards_come_newest_first_page_by_page()
    {
        var store = _database.NewStore();
        var calls = Enumerable.Range(0, 120).Select(static i => UsageRun.Call(i, Usage.Noon + (i * Day / 7), model: i == 3 ? "rare" : "gpt-4o-mini")).ToList();
        await store.StoreAsync([UsageRun.Batch(calls)], Cancel);
        var seen = new List<string>();
        ExchangeId? before = null;
        do
        {
            var page = await store.QueryAsync(new UsageQuery("org_1") { Limit = 11, Before = before }, Cancel);
            seen.AddRange(page.Select(static e => e.Id));
            before = page.Count == 11 && ExchangeId.TryParse(page[^1].Id, out var last) ? last : null;
        }
        while (before is not null);
        Assert.Equal(calls.Select(static c => c.Usage!.Id).Reverse(), seen);

        // A match far back: the days before it are asked several at once.
        Assert.Equal(calls[3].Usage!.Id, Assert.Single(await store.QueryAsync(new UsageQuery("org_1") { Model = "rare" }, Cancel)).Id);
        Assert.Equal(
            [calls[20].Usage!.Id, calls[19].Usage!.Id],
            (await store.QueryAsync(new UsageQuery("org_1") { FromUnixMs = calls[19].Usage!.CreatedUnixMs, UntilUnixMs = calls[21].Usage!.CreatedUnixMs }, Cancel)).Select(static e => e.Id));
    }

    [Fact]
    public async Task A_statement_of_many_months_goes_on_by_number_and_asks_only_the_months_it_needs()
    {
        var store = _database.NewStore();
        var entries = Enumerable.Range(0, 90).Select(static i => UsageRun.Call(i, Usage.Noon + (i * 10 * Day)))
            .Append(new StreamEntry(StatementNumbers.Next(0, Usage.Noon - 1), Usage: null, Usage.Line("wal_root", Usage.Noon - 1, "period_opened")))
            .Append(new StreamEntry(StatementNumbers.Next(0, Usage.Noon + (300 * Day) + 1), Usage: null, Usage.Line("wal_root", Usage.Noon + (300 * Day) + 1)))
            .ToList();
        await store.StoreAsync([UsageRun.Batch(entries)], Cancel);
        var seen = new List<long>();
        long? after = null;
        do
        {
            _database.Emulation.Requests.Clear();
            var page = await store.StatementAsync(new StatementQuery("wal_root") { Limit = 7, AfterNumber = after }, Cancel);
            seen.AddRange(page.Select(static e => e.Number));
            after = page.Count == 7 ? page[^1].Number : null;

            // Marks, lines, periods, and of thirty months the two or three with what is wanted.
            Assert.InRange(_database.Emulation.Requests.Count, 3, 10);
        }
        while (after is not null);
        Assert.Equal(entries.Select(static e => e.Number).Order(), seen);

        var june = new StatementQuery("wal_root") { FromUnixMs = Usage.Noon + (150 * Day), UntilUnixMs = Usage.Noon + (170 * Day), Kind = "call" };
        Assert.Equal(entries[15..17].Select(static e => e.Number), (await store.StatementAsync(june, Cancel)).Select(static e => e.Number));
        Assert.Equal(90, (await store.StatementAsync(new StatementQuery("wal_root") { Period = "2027-01", Kind = "call", Limit = 1000 }, Cancel)).Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(100_000)]
    public async Task A_report_with_more_groups_than_are_held_at_once_is_the_same(int mostGroups)
    {
        await _database.NewStore().StoreAsync([UsageRun.Batch(Enumerable.Range(0, 60).Select(static i =>
            UsageRun.Call(i, Usage.Noon + (i % 4 * Day), costNanoUsd: 100 + i, leaf: "wal_" + (i % 5), model: "model-" + (i % 3))))], Cancel);
        var store = _database.NewStore(mostGroups);

        var byWallet = await ReportAsync(store, ChargebackGroup.Wallet, ChargebackGroup.Model);
        Assert.Equal(Enumerable.Range(0, 15).Select(static i => $"wal_{i / 3} model-{i % 3}"), byWallet.Select(static r => string.Join(' ', r.Keys)));
        Assert.All(byWallet, static r => Assert.Equal(4, r.Calls));
        Assert.Equal([490, 530, 510, 514], byWallet.Take(4).Select(static r => r.CostNanoUsd));

        var byDay = await ReportAsync(store, ChargebackGroup.Day, ChargebackGroup.Wallet);
        Assert.Equal(
            Enumerable.Range(0, 20).Select(static i => $"2027-01-{15 + (i / 5)} wal_{i % 5}"), byDay.Select(static r => string.Join(' ', r.Keys)));
        Assert.All(byDay, static r => Assert.Equal(3, r.Calls));
        Assert.Equal(100 + 120 + 140, byDay[0].CostNanoUsd);
        Assert.Equal(7770, byDay.Sum(static r => r.CostNanoUsd));
    }

    [Fact]
    public async Task A_call_named_before_midnight_and_made_after_it_is_counted_once_on_its_day()
    {
        const long Midnight = Usage.Noon / Day * Day;
        var call = UsageRun.Call(1, Midnight - 1);
        call.Usage!.CreatedUnixMs = Midnight;
        var store = _database.NewStore();
        await store.StoreAsync([UsageRun.Batch(call, UsageRun.Call(2, Midnight + Day))], Cancel);
        Assert.Equal([("2027-01-15", 1), ("2027-01-16", 1)], (await ReportAsync(store, ChargebackGroup.Day)).Select(static r => (r.Keys[0]!, (int)r.Calls)));
        Assert.Equal(call.Usage.Id, Assert.Single(await store.QueryAsync(new UsageQuery("org_1") { FromUnixMs = Midnight, UntilUnixMs = Midnight + 1 }, Cancel)).Id);
        Assert.Empty(await store.QueryAsync(new UsageQuery("org_1") { UntilUnixMs = Midnight }, Cancel));
    }

    private static async Task<List<ChargebackRow>> ReportAsync(CosmosUsageStore store, params ChargebackGroup[] groups)
    {
        var rows = new List<ChargebackRow>();
        await foreach (var row in store.ChargebackAsync(new ChargebackQuery("org_1") { GroupBy = groups }, Cancel))
        {
            rows.Add(row);
        }

        return rows;
    }
}
