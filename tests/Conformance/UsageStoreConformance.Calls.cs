using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Conformance;

/// <summary>Calls on wallets' statements, and what they add up to.</summary>
public abstract partial class UsageStoreConformance
{
    private const long Hour = Usage.Noon / ChargebackQuery.HourMs;

    [Fact]
    public async Task A_call_stands_on_the_statement_of_every_wallet_of_its_path()
    {
        await Store.StoreAsync([new UsageBatch(1, [Opened(1, "wal_leaf"), Opened(2, "wal_root"), Call(7, 1, "wal_leaf", "wal_root"), Call(9, 2, "wal_other", "wal_root")])], Cancel);
        Assert.Equal([1L, 7], await NumbersAsync(new StatementQuery("wal_leaf")));
        Assert.Equal([2L, 7, 9], await NumbersAsync(new StatementQuery("wal_root")));
        Assert.Equal([9L], await NumbersAsync(new StatementQuery("wal_other")));
        Assert.Empty(await NumbersAsync(new StatementQuery("wal_none")));
        var call = (await Store.StatementAsync(new StatementQuery("wal_root"), Cancel))[1];
        Assert.Equal((7, "day-1", null, Usage.Id(Usage.Noon, 1).ToString()), (call.Number, call.Period, call.Line, call.Call!.Id));
    }

    [Fact]
    public async Task What_was_refused_or_is_stored_already_stands_on_no_statement()
    {
        var refused = Usage.Event(Usage.Id(Usage.Noon, 3));
        (refused.CostNanoUsd, refused.Status) = (0, UsageStatus.Refused);
        await Store.StoreAsync([new UsageBatch(1, [Call(7, 1, "wal_1"), new StreamEntry(8, refused, Line: null) { Wallets = Usage.Shares("wal_1") }])], Cancel);
        await Store.StoreAsync([new UsageBatch(2, [Call(9, 1, "wal_1")])], Cancel);
        Assert.Equal([7L], await NumbersAsync(new StatementQuery("wal_1")));
        Assert.Equal((1, 500), Sum(await ChargebackAsync(ChargebackGroup.Wallet)));
    }

    [Fact]
    public async Task Lines_and_calls_of_many_wallets_come_in_one_order_page_by_page()
    {
        var entries = Enumerable.Range(1, 60).Select(static i => i % 5 == 0
            ? new StreamEntry(i, Usage: null, Usage.Line("wal_root"))
            : Call(i, i, $"wal_{i % 7}", i % 2 == 0 ? "wal_even" : "wal_odd", "wal_root"));
        await Store.StoreAsync([new UsageBatch(1, [.. entries])], Cancel);
        foreach (var (wallet, wanted) in new (string, Func<int, bool>)[]
        {
            ("wal_root", static _ => true), ("wal_even", static i => i % 5 != 0 && i % 2 == 0), ("wal_3", static i => i % 5 != 0 && i % 7 == 3),
        })
        {
            var seen = new List<long>();
            long? after = null;
            while (true)
            {
                var page = await NumbersAsync(new StatementQuery(wallet) { AfterNumber = after, Limit = 7 });
                seen.AddRange(page);
                if (page.Count < 7)
                {
                    break;
                }

                after = page[^1];
            }

            Assert.Equal(Enumerable.Range(1, 60).Where(wanted).Select(static i => (long)i), seen);
        }
    }

    [Fact]
    public async Task A_call_belongs_to_the_period_it_was_held_in()
    {
        var late = Call(6, 3, "wal_leaf", "wal_root") with { Wallets = [new WalletShare("wal_leaf", 1), new WalletShare("wal_root", 1)] };
        var next = Call(5, 2, "wal_leaf", "wal_root") with { Wallets = [new WalletShare("wal_leaf", 1), new WalletShare("wal_root", 2)] };
        var unknown = Call(7, 4, "wal_leaf", "wal_root") with { Wallets = [new WalletShare("wal_leaf", 1), new WalletShare("wal_root", 0)] };
        await Store.StoreAsync([new UsageBatch(1, [Opened(1, "wal_leaf"), Opened(2, "wal_root"), Call(3, 1, "wal_leaf", "wal_root"), Opened(4, "wal_root", "day-2"), next, late, unknown])], Cancel);
        Assert.Equal([2L, 3, 6], await NumbersAsync(new StatementQuery("wal_root") { Period = "day-1" }));
        Assert.Equal([4L, 5], await NumbersAsync(new StatementQuery("wal_root") { Period = "day-2" }));
        Assert.Empty(await NumbersAsync(new StatementQuery("wal_root") { Period = "day-3" }));
        Assert.Equal([1L, 3, 5, 6, 7], await NumbersAsync(new StatementQuery("wal_leaf") { Period = "day-1" }));
        Assert.Equal(["day-1", "day-1", "day-2", "day-2", "day-1", null], (await Store.StatementAsync(new StatementQuery("wal_root"), Cancel)).Select(static e => e.Period));
    }

    [Fact]
    public async Task A_call_is_read_with_the_periods_it_was_charged_to()
    {
        var late = Call(6, 3, "wal_leaf", "wal_root") with { Wallets = [new WalletShare("wal_leaf", 4), new WalletShare("wal_root", 17)] };
        var unknown = Call(7, 4, "wal_leaf", "wal_root") with { Wallets = null };
        var other = Call(8, 5, "wal_leaf", model: "gpt-5");
        await Store.StoreAsync([new UsageBatch(1, [late, unknown, other])], Cancel);
        var read = await Store.ChargedAsync(new UsageQuery("org_1") { Model = "gpt-4o", Limit = 2 }, Cancel);
        Assert.Equal([unknown.Usage!.Id, late.Usage!.Id], read.Select(static c => c.Usage.Id));
        Assert.Equal([new WalletShare("wal_leaf", 0), new WalletShare("wal_root", 0)], read[0].Wallets);
        Assert.Equal([new WalletShare("wal_leaf", 4), new WalletShare("wal_root", 17)], read[1].Wallets);
        Assert.True(AiOrchestrator.Core.Platform.ExchangeId.TryParse(read[0].Usage.Id, out var before));
        Assert.Equal(late.Usage.Id, Assert.Single(await Store.ChargedAsync(new UsageQuery("org_1") { Model = "gpt-4o", Before = before }, Cancel)).Usage.Id);
    }

    [Fact]
    public async Task Each_filter_of_a_statement_filters_calls_too()
    {
        var long1 = Call(4, 2, "wal_1");
        long1.Usage!.DurationUs = 2 * ChargebackQuery.HourMs * 1000;
        await Store.StoreAsync([new UsageBatch(1, [new StreamEntry(1, Usage: null, Usage.Line("wal_1")), Call(3, 1, "wal_1"), long1])], Cancel);
        var settled = StatementEntry.SettledUnixMs(long1.Usage);
        Assert.Equal([3L, 4], await NumbersAsync(new StatementQuery("wal_1") { Kind = "call" }));
        Assert.Equal([1L], await NumbersAsync(new StatementQuery("wal_1") { Kind = "topped_up" }));
        Assert.Equal([4L], await NumbersAsync(new StatementQuery("wal_1") { FromUnixMs = settled, UntilUnixMs = settled + 1 }));
        Assert.Empty(await NumbersAsync(new StatementQuery("wal_1") { FromUnixMs = settled + ChargebackQuery.HourMs }));
        Assert.Empty(await NumbersAsync(new StatementQuery("wal_1") { UntilUnixMs = Usage.Noon }));
        Assert.Equal([1L, 3], await NumbersAsync(new StatementQuery("wal_1") { UntilUnixMs = settled }));
        Assert.Equal([3L], await NumbersAsync(new StatementQuery("wal_1") { AfterNumber = 1, BeforeNumber = 4 }));
    }

    [Fact]
    public async Task Calls_add_up_by_what_is_asked_for()
    {
        await Store.StoreAsync([new UsageBatch(1,
        [
            Call(1, 1, "wal_a", "wal_team", "wal_root"),
            Call(2, 2, "wal_a", "wal_team", "wal_root"),
            Call(3, 3, "wal_b", "wal_team", "wal_root", centre: "4711", unixMs: Usage.Noon + (24 * ChargebackQuery.HourMs)),
            Call(4, 4, "wal_root", model: "gpt-5"),
        ])], Cancel);
        Assert.Equal([("wal_a", 2, 1000), ("wal_b", 1, 500), ("wal_root", 1, 500)], Groups(await ChargebackAsync(ChargebackGroup.Wallet)));
        Assert.Equal([("wal_root", 1, 500), ("wal_team", 3, 1500)], Groups(await ChargebackAsync(ChargebackGroup.Team)));
        Assert.Equal([(null, 3, 1500), ("4711", 1, 500)], Groups(await ChargebackAsync(ChargebackGroup.CostCentre)));
        Assert.Equal([("2027-01-15", 3, 1500), ("2027-01-16", 1, 500)], Groups(await ChargebackAsync(ChargebackGroup.Day)));
        Assert.Equal([("key_1", 4, 2000)], Groups(await ChargebackAsync(ChargebackGroup.Key)));
        Assert.Equal([("openai", 4, 2000)], Groups(await ChargebackAsync(ChargebackGroup.Provider)));
        Assert.Equal(
            ["gpt-4o wal_a", "gpt-4o wal_b", "gpt-5 wal_root"],
            (await ChargebackAsync(ChargebackGroup.Model, ChargebackGroup.Wallet)).Select(static r => string.Join(' ', r.Keys)));
        Assert.Equal((20, 10), (await ChargebackAsync(ChargebackGroup.Wallet)).Select(static r => (r.PromptTokens, r.CompletionTokens)).First());
    }

    [Fact]
    public async Task Calls_add_up_by_what_of_them_is_of_an_earlier_time()
    {
        var (older, oldest) = (Call(2, 2, "wal_a"), Call(3, 3, "wal_a"));
        older.Usage!.LegacyUse = "functions";
        oldest.Usage!.LegacyUse = "model:gpt-4 functions";
        await Store.StoreAsync([new UsageBatch(1, [Call(1, 1, "wal_a"), older, oldest])], Cancel);
        await Store.StoreAsync([new UsageBatch(2, [Call(4, 4, "wal_a")])], Cancel);
        Assert.Equal([(null, 2, 1000), ("functions", 1, 500), ("model:gpt-4 functions", 1, 500)], Groups(await ChargebackAsync(ChargebackGroup.LegacyUse)));
        Assert.Equal([("wal_a", 4, 2000)], Groups(await ChargebackAsync(ChargebackGroup.Wallet)));
    }

    [Fact]
    public async Task Calls_add_up_within_hours_a_wallet_and_an_organisation()
    {
        await Store.StoreAsync([new UsageBatch(1, [Call(1, 1, "wal_a", "wal_root"), Call(2, 2, "wal_b", "wal_root", unixMs: Usage.Noon + ChargebackQuery.HourMs)])], Cancel);
        await Store.StoreAsync([new UsageBatch(2, [new StreamEntry(3, Usage.Event(Usage.Id(Usage.Noon, 3), "org_2"), Line: null) { Wallets = Usage.Shares("wal_c") }])], Cancel);

        // Late: an hour that was counted before grows.
        await Store.StoreAsync([new UsageBatch(3, [Call(4, 4, "wal_a", "wal_root")])], Cancel);
        Assert.Equal((2, 1000), Sum(await ChargebackAsync(new ChargebackQuery("org_1") { GroupBy = [ChargebackGroup.Key], UntilHour = Hour + 1 })));
        Assert.Equal((1, 500), Sum(await ChargebackAsync(new ChargebackQuery("org_1") { GroupBy = [ChargebackGroup.Key], FromHour = Hour + 1 })));
        Assert.Equal((1, 500), Sum(await ChargebackAsync(new ChargebackQuery("org_1") { GroupBy = [ChargebackGroup.Key], WalletId = "wal_b" })));
        Assert.Equal((3, 1500), Sum(await ChargebackAsync(new ChargebackQuery("org_1") { GroupBy = [ChargebackGroup.Key], WalletId = "wal_root" })));
        Assert.Equal((1, 500), Sum(await ChargebackAsync(new ChargebackQuery("org_2") { GroupBy = [ChargebackGroup.Key] })));
    }

    private static (long Calls, long Cost) Sum(IEnumerable<ChargebackRow> rows) =>
        rows.Aggregate((0L, 0L), static (sum, r) => (sum.Item1 + r.Calls, sum.Item2 + r.CostNanoUsd));

    private static IEnumerable<(string? Key, long Calls, long Cost)> Groups(IEnumerable<ChargebackRow> rows) =>
        rows.Select(static r => (r.Keys[0], r.Calls, r.CostNanoUsd));

    private static StreamEntry Opened(long number, string walletId, string period = "day-1") =>
        new(number, Usage: null, Usage.Line(walletId, kind: "period_opened") with { Period = period });

    private static StreamEntry Call(
        long number, int n, string a, string? b = null, string? c = null, string? centre = null, long unixMs = Usage.Noon, string model = "gpt-4o") =>
        Call(number, n, [.. new[] { a, b, c }.OfType<string>()], centre, unixMs, model);

    private static StreamEntry Call(long number, int n, string[] path, string? centre, long unixMs = Usage.Noon, string model = "gpt-4o")
    {
        var usage = Usage.Event(Usage.Id(unixMs, n));
        (usage.WalletPath, usage.CostCentre, usage.Model) = (string.Join('/', path), centre, model);
        (usage.PromptTokens, usage.CompletionTokens) = (10, 5);
        return new StreamEntry(number, usage, Line: null) { Wallets = Usage.Shares(path) };
    }

    private Task<List<ChargebackRow>> ChargebackAsync(params ChargebackGroup[] groups) => ChargebackAsync(new ChargebackQuery("org_1")
    {
        GroupBy = groups,
        TeamOf = static path => path.Split('/') is [.., var team, _] ? team : path,
    });

    private async Task<List<ChargebackRow>> ChargebackAsync(ChargebackQuery query)
    {
        var rows = new List<ChargebackRow>();
        await foreach (var row in Store.ChargebackAsync(query, Cancel))
        {
            rows.Add(row);
        }

        return rows;
    }

    private async Task<IReadOnlyList<long>> NumbersAsync(StatementQuery query) =>
        [.. (await Store.StatementAsync(query, Cancel)).Select(static e => e.Number)];
}
