using System.Text.Json;
using AiOrchestrator.Core.Insight.Rerating;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.DependencyInjection;
using static AiOrchestrator.Core.Tests.Insight.Rerating.ReratingScene;

namespace AiOrchestrator.Core.Tests.Insight.Rerating;

/// <summary>Whatever is cut off, wherever, is finished, and nothing of it twice.</summary>
public sealed class ReratingCrashTests
{
    private static readonly string[] Prices =
        ["""{"input":"2","output":"10"}""", """{"input":"0","output":"0"}""", """{"input":"7.123456789","output":"0.5"}""", """{"input":"900","output":"1000"}"""];

    /// <summary>Nano-dollars per million prompt and completion tokens.</summary>
    private static readonly (long Input, long Output)[] Rates =
        [(2_000_000_000, 10_000_000_000), (0, 0), (7_123_456_789, 500_000_000), (900_000_000_000, 1_000_000_000_000)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task After_re_ratings_every_wallet_was_charged_what_its_calls_cost_at_the_last_price(int seed)
    {
        await using var scene = await StartAsync();
        var random = new Random(seed);
        var wallets = await WalletsAsync(scene);
        var now = new Dictionary<string, long>();
        for (var call = 0; call < 150; call++)
        {
            scene.Host.Time.Advance(TimeSpan.FromMinutes(random.Next(0, 120)));
            var leaf = random.Next(wallets.Count);
            var usage = await scene.CallAsync(
                random.Next(0, 5_000_000), wallets[leaf], random.Next(1, 5_000), random.Next(0, 500), random.Next(5) == 0 ? "gpt-5" : "gpt-4o", random.Next(3) == 0 ? "azure" : "openai");
            now[usage.Id] = usage.CostNanoUsd;
        }

        scene.Host.Time.Advance(TimeSpan.FromMinutes(1));
        for (var time = 0; time < 6; time++)
        {
            await RerateAsync(scene, random, now);
        }

        foreach (var wallet in wallets.SelectMany(static w => w).Distinct())
        {
            var calls = scene.Calls.Where(c => c.WalletPath!.Split('/').Contains(wallet)).ToList();
            var charged = calls.Sum(static c => c.CostNanoUsd) + scene.Corrections(wallet).Sum(static c => c.Amount);
            Assert.Equal(calls.Sum(c => now[c.Id]), charged);
        }

        var report = (await Http.GetAsync(scene.Host.Admin, "/control/v1/chargeback?group_by=provider")).Json.GetProperty("data").EnumerateArray();
        Assert.Equal(now.Values.Sum(), report.Sum(static r => Nano(r.Text("total_usd"))));
        foreach (var call in scene.Calls.Where((_, i) => i % 10 == 0))
        {
            var shown = (await Http.GetAsync(scene.Host.Admin, $"/v1/usage/{call.Id}")).Json;
            Assert.Equal(now[call.Id], Nano(shown.GetProperty("rerated_usd").GetString() ?? shown.Text("cost_usd")));
        }
    }

    [Fact]
    public async Task A_wallet_that_does_not_answer_is_told_later_and_the_others_once()
    {
        await using var scene = await StartAsync();
        var leaf = await scene.WalletAsync();
        await scene.CallAsync(5_000_000, [leaf]);
        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        var id = (await scene.AskAsync(Prices[0])).Json.Text("id");
        scene.Host.Wallets.Silent = true;
        Assert.False(await scene.Work.RunDueAsync(static () => true, Cancel));
        Assert.Equal(("running", 0), (await StateAsync(scene, id)));

        scene.Host.Wallets.Silent = false;
        Assert.True(await scene.Work.RunDueAsync(static () => true, Cancel));
        Assert.Equal(("done", 1), (await StateAsync(scene, id)));
        Assert.Single(scene.Corrections(leaf));
    }

    [Fact]
    public async Task Those_behind_one_that_is_cut_off_wait_for_it()
    {
        await using var scene = await StartAsync();
        await scene.CallAsync(5_000_000, [await scene.WalletAsync()]);
        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        var first = (await scene.AskAsync(Prices[0])).Json.Text("id");
        scene.Host.Time.Advance(TimeSpan.FromMilliseconds(1));
        var second = (await scene.AskAsync(Prices[1])).Json.Text("id");
        Assert.False(await scene.Work.RunDueAsync(static () => false, Cancel));
        Assert.Equal(("running", "planned"), ((await scene.GetAsync(first)).Text("state"), (await scene.GetAsync(second)).Text("state")));
    }

    [Fact]
    public async Task A_part_that_was_written_in_vain_is_taken_away()
    {
        await using var scene = await StartAsync();
        await scene.CallAsync(5_000_000, [await scene.WalletAsync()]);
        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        var id = (await scene.AskAsync(Prices[0])).Json.Text("id");
        var store = scene.Host.Services.GetRequiredService<ReratingStore>();
        var isOvertaken = false;
        scene.Host.Blobs.AfterWrite = async name =>
        {
            if (name.Contains("/calls/", StringComparison.Ordinal) && !isOvertaken)
            {
                isOvertaken = true;
                await scene.Work.RunDueAsync(static () => true, Cancel);
            }
        };
        await scene.Work.RunDueAsync(static () => true, Cancel);

        Assert.True(isOvertaken);
        Assert.Equal("done", (await scene.GetAsync(id)).Text("state"));
        var blobs = new List<string>();
        await foreach (var blob in scene.Host.Blobs.ListAsync("reratings/", Cancel))
        {
            blobs.Add(blob.Name);
        }

        var part = Assert.Single((await store.FindAsync(scene.Host.Installation.OrganisationId, id, Cancel)).Value!.Parts).Name;
        Assert.Equal(["calls", "groups", "wallets.ndjson"], blobs.Select(static b => b.Split('/')[3]).Order(StringComparer.Ordinal));
        Assert.Equal(2, blobs.Count(b => b.EndsWith($"/{part}.ndjson", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Who_comes_back_after_wallets_have_forgotten_looks_for_the_line()
    {
        await using var scene = await StartAsync();
        var leaf = await scene.WalletAsync();
        await scene.CallAsync(5_000_000, [leaf]);
        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        var id = (await scene.AskAsync(Prices[0])).Json.Text("id");

        // It is cut off between the wallet's answer and the note of it, for a week.
        scene.BreakAfterWrites(4);
        Assert.False(await scene.Work.RunDueAsync(static () => true, Cancel));
        Assert.Single(scene.Corrections(leaf));
        Assert.Equal(("running", 0), (await StateAsync(scene, id)));
        scene.BreakAfterWrites(null);
        await scene.StoreLinesAsync();
        scene.Host.Time.Advance(TimeSpan.FromDays(7));
        Assert.True(await scene.Work.RunDueAsync(static () => true, Cancel));
        Assert.Equal(("done", 1), (await StateAsync(scene, id)));
        Assert.Single(scene.Corrections(leaf));
    }

    [Fact]
    public async Task What_can_never_be_carried_out_fails_and_those_behind_it_go_on()
    {
        await using var scene = await StartAsync();
        var leaf = await scene.WalletAsync();
        await scene.CallAsync(5_000_000, [leaf]);
        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        var first = (await scene.RerateAsync(Prices[0])).Text("id");
        await foreach (var blob in scene.Host.Blobs.ListAsync("reratings/", Cancel))
        {
            await scene.Host.Blobs.DeleteAsync(blob.Name, Cancel);
        }

        var second = (await scene.AskAsync(Prices[3])).Json.Text("id");
        Assert.True(await scene.Work.RunDueAsync(static () => true, Cancel));
        var failed = await scene.GetAsync(second);
        Assert.Equal("failed", failed.Text("state"));
        Assert.Contains("is gone", failed.Text("problem"), StringComparison.Ordinal);
        Assert.Equal([first], scene.Corrections(leaf).Select(static c => c.Reference));
    }

    [Fact]
    public async Task A_wallet_that_refuses_is_named_and_the_others_are_corrected()
    {
        await using var scene = await StartAsync();
        var (full, other) = (await scene.WalletAsync(), await scene.WalletAsync());
        await scene.CallAsync(0, [full]);
        await scene.CallAsync(0, [other]);
        await scene.Host.Wallets.ApplyAsync(full, new WalletCommand.Adjust("a", 1_000_000_000_000_000_000), CommandNote.None, Cancel);
        await scene.Host.Wallets.ApplyAsync(full, new WalletCommand.Adjust("b", 1_000_000_000_000_000_000), CommandNote.None, Cancel);
        scene.Host.Time.Advance(TimeSpan.FromHours(1));

        var view = await scene.RerateAsync(Prices[0]);

        var refusal = Assert.Single(view.GetProperty("refusals").EnumerateArray());
        Assert.Equal(("failed", full, "amount_out_of_range"), (view.Text("state"), refusal.Text("wallet"), refusal.Text("code")));
        Assert.Equal(3_000_000, Assert.Single(scene.Corrections(other)).Amount);
    }

    [Fact]
    public async Task A_wallet_that_refuses_for_a_while_is_told_again_and_shown_until_it_takes_its_correction()
    {
        await using var scene = await StartAsync();
        var (late, other) = (await scene.WalletAsync(), await scene.WalletAsync());
        await scene.CallAsync(5_000_000, [late]);
        await scene.CallAsync(5_000_000, [other]);
        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        scene.Host.Wallets.Refuses = (id, command) => id == late && command is WalletCommand.Rerate ? WalletCommandOutcome.WalletUnknown : null;
        var id = (await scene.AskAsync(Prices[0])).Json.Text("id");
        Assert.False(await scene.Work.RunDueAsync(static () => true, Cancel));

        var view = await scene.GetAsync(id);
        Assert.Equal(("running", 2, 1), (view.Text("state"), view.GetProperty("wallets_corrected").GetInt32(), view.GetProperty("wallets_done").GetInt32()));
        Assert.Equal((late, "-0.002", "wallet_not_found"), Refusal(view));
        Assert.Contains("2027-01-16T09:00:00", view.Text("problem"), StringComparison.Ordinal);

        // Those behind it need not wait: what its calls come to is known.
        scene.Host.Time.Advance(TimeSpan.FromMilliseconds(1));
        var next = (await scene.AskAsync(Prices[1])).Json.Text("id");
        Assert.False(await scene.Work.RunDueAsync(static () => true, Cancel));
        Assert.Equal("0.006", (await scene.GetAsync(next)).Text("before_usd"));

        scene.Host.Wallets.Refuses = null;
        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        Assert.True(await scene.Work.RunDueAsync(static () => true, Cancel));
        Assert.Equal([("done", 2), ("done", 2)], [await StateAsync(scene, id), await StateAsync(scene, next)]);
        Assert.All([late, other], wallet => Assert.Equal([(id, -2_000_000), (next, -3_000_000)], scene.Corrections(wallet).Select(static c => (c.Reference, c.Amount))));
        Assert.Equal(JsonValueKind.Null, (await scene.GetAsync(id)).GetProperty("problem").ValueKind);
    }

    [Fact]
    public async Task After_a_day_it_fails_with_an_alert_and_asking_again_corrects_what_was_missed_once()
    {
        await using var scene = await StartAsync();
        var (silent, other) = (await scene.WalletAsync(period: "lifetime"), await scene.WalletAsync(period: "lifetime"));
        await scene.CallAsync(5_000_000, [silent]);
        await scene.CallAsync(5_000_000, [other]);
        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        var until = scene.NowUnixMs;
        scene.Host.Wallets.SilentOnes.Add(silent);
        var id = (await scene.AskAsync(Prices[0], until: until)).Json.Text("id");
        Assert.False(await scene.Work.RunDueAsync(static () => true, Cancel));
        scene.Host.Time.Advance(TimeSpan.FromHours(24));
        Assert.True(await scene.Work.RunDueAsync(static () => true, Cancel));

        var failed = await scene.GetAsync(id);
        Assert.Equal(("failed", (silent, "-0.002", "wallet_unavailable")), (failed.Text("state"), Refusal(failed)));
        var alert = Assert.Single((await Http.GetAsync(scene.Host.Admin, "/control/v1/alerts?kind=rerating_failed")).Json.GetProperty("data").EnumerateArray());
        Assert.Equal(id, alert.GetProperty("data").Text("rerating"));

        scene.Host.Wallets.SilentOnes.Clear();
        var again = await scene.RerateAsync(Prices[0], until: until);
        Assert.Contains(id, Assert.Single(again.GetProperty("warnings").EnumerateArray()).GetString(), StringComparison.Ordinal);
        Assert.Equal(("done", 2), await StateAsync(scene, id));
        Assert.Equal((0L, "done"), (again.GetProperty("calls_corrected").GetInt64(), again.Text("state")));
        Assert.All([silent, other], wallet => Assert.Equal((id, -2_000_000L), (Assert.Single(scene.Corrections(wallet)).Reference, scene.Corrections(wallet).Single().Amount)));
    }

    [Fact]
    public async Task Where_too_many_refuse_the_others_wait_and_none_is_forgotten()
    {
        await using var scene = await StartAsync();
        var wallets = new List<string>();
        for (var i = 0; i < 450; i++)
        {
            wallets.Add($"wal_{i:D4}");
            await scene.Host.Wallets.OpenAsync(wallets[i], limitNanoUsd: null, Cancel);
            await scene.CallAsync(5_000_000, [wallets[i]]);
        }

        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        scene.Host.Wallets.Refuses = static (_, command) => command is WalletCommand.Rerate ? WalletCommandOutcome.WalletUnknown : null;
        var id = (await scene.AskAsync(Prices[0])).Json.Text("id");
        Assert.False(await scene.Work.RunDueAsync(static () => true, Cancel));
        Assert.False(await scene.Work.RunDueAsync(static () => true, Cancel));
        var view = await scene.GetAsync(id);
        Assert.Equal((200, 450, 0), (view.GetProperty("refusals").GetArrayLength(), view.GetProperty("wallets_corrected").GetInt32(), view.GetProperty("wallets_done").GetInt32()));

        // What it comes to is not told to all: after a day it fails, and is taken up where it was.
        scene.Host.Time.Advance(TimeSpan.FromHours(24));
        Assert.True(await scene.Work.RunDueAsync(static () => true, Cancel));
        Assert.Equal(("failed", 0), await StateAsync(scene, id));
        scene.Host.Wallets.Refuses = null;
        await scene.RerateAsync(Prices[0]);
        Assert.Equal(("done", 450), await StateAsync(scene, id));
        Assert.All(wallets, wallet => Assert.Equal(-2_000_000, Assert.Single(scene.Corrections(wallet)).Amount));
    }

    [Fact]
    public async Task The_same_request_again_tells_the_wallets_that_refused_and_no_other()
    {
        await using var scene = await StartAsync();
        var (full, other) = (await scene.WalletAsync(), await scene.WalletAsync());
        await scene.CallAsync(0, [full]);
        await scene.CallAsync(0, [other]);
        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        var until = scene.NowUnixMs;
        scene.Host.Wallets.Refuses = (id, command) => id == full && command is WalletCommand.Rerate ? WalletCommandOutcome.AmountOutOfRange : null;
        Assert.Equal("failed", (await scene.RerateAsync(Prices[0], ""","id":"rr-1" """, from: 0, until: until)).Text("state"));

        // So late that wallets have forgotten what they were told.
        scene.Host.Wallets.Refuses = null;
        scene.Host.Time.Advance(TimeSpan.FromDays(7));
        var repeated = await scene.AskAsync(Prices[0], ""","id":"rr-1" """, from: 0, until: until);
        Assert.Equal("running", repeated.Json.Text("state"));
        Assert.True(await scene.Work.RunDueAsync(static () => true, Cancel));
        Assert.Equal(("done", 2), await StateAsync(scene, "rr-1"));
        Assert.All([full, other], wallet => Assert.Equal(3_000_000, Assert.Single(scene.Corrections(wallet)).Amount));
    }

    private static (string Wallet, string Amount, string Code) Refusal(JsonElement view)
    {
        var refusal = Assert.Single(view.GetProperty("refusals").EnumerateArray());
        return (refusal.Text("wallet"), refusal.Text("adjustment_usd"), refusal.Text("code"));
    }

    private static async Task<List<string[]>> WalletsAsync(ReratingScene scene)
    {
        var root = await scene.WalletAsync(period: "monthly");
        var teams = new[] { await scene.WalletAsync(root, "weekly"), await scene.WalletAsync(root, "lifetime") };
        var all = new List<string[]> { new[] { root } };
        foreach (var team in teams)
        {
            all.Add([team, root]);
            all.Add([await scene.WalletAsync(team), team, root]);
            all.Add([await scene.WalletAsync(team), team, root]);
        }

        return all;
    }

    /// <summary>One over some of the calls; now and then it is cut off, by a store, by wallets, or by whoever runs it.</summary>
    private static async Task RerateAsync(ReratingScene scene, Random random, Dictionary<string, long> now)
    {
        var (price, provider) = (random.Next(Prices.Length), random.Next(2) == 0 ? null : random.Next(2) == 0 ? "azure" : "openai");
        var times = new[] { random.Next(scene.Calls.Count), random.Next(scene.Calls.Count) };
        var (from, until) = (scene.Calls[times.Min()].CreatedUnixMs, scene.Calls[times.Max()].CreatedUnixMs + 1);
        var asked = await scene.AskAsync(Prices[price], provider is null ? "" : $",\"provider\":\"{provider}\"", from, until);
        for (var cut = random.Next(6); cut > 0; cut--)
        {
            scene.Host.Wallets.Silent = random.Next(3) == 0;
            scene.Host.Blobs.Broken = random.Next(4) == 0;
            scene.BreakAfterWrites(random.Next(8));
            var steps = random.Next(4);
            await scene.Work.RunDueAsync(() => steps-- > 0, Cancel);
        }

        (scene.Host.Wallets.Silent, scene.Host.Blobs.Broken) = (false, false);
        scene.BreakAfterWrites(null);
        Assert.True(await scene.Work.RunDueAsync(static () => true, Cancel));
        Assert.Equal("done", (await scene.GetAsync(asked.Json.Text("id"))).Text("state"));
        foreach (var call in scene.Calls.Where(c => c.Model == "gpt-4o" && c.CreatedUnixMs >= from && c.CreatedUnixMs < until && (provider is null || c.Provider == provider)))
        {
            var exact = ((Int128)call.PromptTokens * Rates[price].Input) + ((Int128)call.CompletionTokens * Rates[price].Output);
            now[call.Id] = (long)((exact + 999_999) / 1_000_000);
        }
    }

    private static async Task<(string, int)> StateAsync(ReratingScene scene, string id)
    {
        var view = await scene.GetAsync(id);
        return (view.Text("state"), view.GetProperty("wallets_done").GetInt32());
    }
}
