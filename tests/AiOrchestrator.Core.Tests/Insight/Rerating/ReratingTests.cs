using System.Net;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Hosting;
using static AiOrchestrator.Core.Tests.Insight.Rerating.ReratingScene;

namespace AiOrchestrator.Core.Tests.Insight.Rerating;

/// <summary>A call here has 1000 prompt tokens and 100 completion tokens: at 2 and 10 dollars a million it comes to 3,000,000 nano-dollars.</summary>
public sealed class ReratingTests
{
    private const string TwoAndTen = """{"input":"2","output":"10"}""";

    [Fact]
    public async Task A_price_that_was_wrong_is_corrected_on_every_wallet_of_a_calls_path_in_its_own_period()
    {
        await using var scene = await StartAsync();
        var team = await scene.WalletAsync(period: "monthly");
        var leaf = await scene.WalletAsync(team);
        await scene.CallAsync(5_000_000, [leaf, team]);
        await scene.CallAsync(2_000_000, [leaf, team]);
        scene.Host.Time.Advance(TimeSpan.FromDays(1));
        await scene.CallAsync(4_000_000, [leaf, team]);
        await scene.CallAsync(4_000_000, [leaf, team], model: "gpt-5");
        scene.Host.Time.Advance(TimeSpan.FromHours(1));

        var view = await scene.RerateAsync(TwoAndTen);

        Assert.Equal(("done", 3L, 3L, 3L), (view.Text("state"), view.GetProperty("calls").GetInt64(), view.GetProperty("calls_priced").GetInt64(), view.GetProperty("calls_corrected").GetInt64()));
        Assert.Equal(("0.011", "0.009", "-0.002"), (view.Text("before_usd"), view.Text("now_usd"), view.Text("adjustment_usd")));
        Assert.Equal([("2027-01-15", -1_000_000), ("2027-01-16", -1_000_000)], Day(scene.Corrections(leaf)).Order());
        Assert.Equal(-2_000_000, Assert.Single(scene.Corrections(team)).Amount);
        Assert.Equal((7_000_000L, 13_000_000L), (await scene.SpentAsync(leaf), await scene.SpentAsync(team)));
        Assert.Equal([(leaf, 1, "-0.001"), (leaf, 2, "-0.001"), (team, 1, "-0.002")], Wallets(view).OrderBy(w => w.Wallet == leaf ? 0 : 1).ThenBy(static w => w.Period));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_statement_shows_the_calls_as_they_were_and_the_correction_with_its_reason(bool isCurrentPeriodOnStatement)
    {
        await using var scene = await StartAsync();
        var leaf = await scene.WalletAsync();
        var call = await scene.CallAsync(1_000_000, [leaf]);
        scene.Host.Time.Advance(TimeSpan.FromDays(9));

        // The day's books are forgotten: the correction lands today and says which day it corrects.
        await scene.SpentAsync(leaf);
        if (isCurrentPeriodOnStatement)
        {
            await scene.StoreLinesAsync();
        }

        var view = await scene.RerateAsync(TwoAndTen);

        var lines = (await Http.GetAsync(scene.Host.Admin, $"/control/v1/wallets/{leaf}/statement?limit=1000")).Json.GetProperty("data").EnumerateArray().ToList();
        var shown = Assert.Single(lines, static l => l.Text("kind") == "call");
        var line = Assert.Single(lines, static l => l.Text("kind") == "rerated");
        Assert.Equal((call.Id, "0.001"), (shown.Text("reference"), shown.Text("amount_usd")));
        Assert.Equal(
            (view.Text("id"), "allowance", "spent", "0.002", "the price was wrong", "day-2027-01-15", "day-2027-01-24"),
            (line.Text("reference"), line.Text("debit"), line.Text("credit"), line.Text("amount_usd"), line.Text("note"), line.Text("corrects_period"), line.Text("period")));
    }

    [Fact]
    public async Task Another_price_later_corrects_what_the_first_came_to_and_the_same_price_nothing()
    {
        await using var scene = await StartAsync();
        var leaf = await scene.WalletAsync();
        var call = await scene.CallAsync(5_000_000, [leaf]);
        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        await scene.RerateAsync(TwoAndTen);
        var again = await scene.RerateAsync("""{"input":"4","output":"10"}""");
        var same = await scene.RerateAsync("""{"usd_per_million":{"input":"4.00","output":"10"}}""");

        Assert.Equal(("0.003", "0.005"), (again.Text("before_usd"), again.Text("now_usd")));
        Assert.Equal((1L, 0L), (same.GetProperty("calls_priced").GetInt64(), same.GetProperty("calls_corrected").GetInt64()));
        Assert.Equal([-2_000_000, 2_000_000], scene.Corrections(leaf).Select(static c => c.Amount));
        Assert.Equal(5_000_000, await scene.SpentAsync(leaf));
        var shown = (await Http.GetAsync(scene.Host.Admin, $"/v1/usage/{call.Id}")).Json;
        Assert.Equal(("0.005", "0.005"), (shown.Text("cost_usd"), shown.Text("rerated_usd")));
    }

    [Fact]
    public async Task Re_ratings_that_wait_together_are_carried_out_one_after_the_other()
    {
        await using var scene = await StartAsync();
        var leaf = await scene.WalletAsync();
        await scene.CallAsync(5_000_000, [leaf]);
        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        var first = (await scene.AskAsync(TwoAndTen)).Json.Text("id");
        scene.Host.Time.Advance(TimeSpan.FromMilliseconds(1));
        var second = (await scene.AskAsync("""{"input":"1","output":"10"}""")).Json.Text("id");

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => scene.Work.RunDueAsync(static () => true, Cancel)));
        await scene.Work.RunDueAsync(static () => true, Cancel);

        Assert.Equal(("0.005", "0.003"), ((await scene.GetAsync(first)).Text("before_usd"), (await scene.GetAsync(second)).Text("before_usd")));
        Assert.Equal([(first, -2_000_000), (second, -1_000_000)], scene.Corrections(leaf).Select(static c => (c.Reference, c.Amount)));
        Assert.Equal(2_000_000, await scene.SpentAsync(leaf));
    }

    [Fact]
    public async Task A_dry_run_answers_the_figures_and_changes_nothing()
    {
        await using var scene = await StartAsync();
        var leaf = await scene.WalletAsync();
        await scene.CallAsync(5_000_000, [leaf]);
        scene.Host.Time.Advance(TimeSpan.FromHours(1));

        var answer = await scene.AskAsync(TwoAndTen, ""","dry_run":true""");
        await scene.Work.RunDueAsync(static () => true, Cancel);

        Assert.Equal((HttpStatusCode.OK, "-0.002"), (answer.Status, answer.Json.Text("adjustment_usd")));
        Assert.Equal([(leaf, 1, "-0.002")], Wallets(answer.Json));
        Assert.Equal((null, null), (answer.Json.GetProperty("id").GetString(), answer.Json.GetProperty("state").GetString()));
        Assert.Empty(scene.Corrections(leaf));
        Assert.Equal("""{"data":[],"next":null}""", (await Http.GetAsync(scene.Host.Admin, Root)).Text);
    }

    [Fact]
    public async Task What_cannot_be_priced_again_is_counted_with_its_reason_and_left_alone()
    {
        await using var scene = await StartAsync();
        var leaf = await scene.WalletAsync();
        await scene.CallAsync(0, [leaf], change: static u => (u.Status, u.UsageSource) = (UsageStatus.Refused, null));
        await scene.CallAsync(0, [leaf], change: static u => (u.Status, u.UsageSource) = (UsageStatus.Error, null));
        await scene.CallAsync(9_000_000, [leaf], change: static u => u.UsageSource = "rule");
        await scene.CallAsync(9_000_000, [leaf], change: static u => u.SuspendedNanoUsd = 5);
        await scene.CallAsync(0, [leaf]);
        await scene.CallAsync(1_000_000, [], change: static u => u.PriceMultiplier = "0.33");
        scene.Host.Time.Advance(TimeSpan.FromHours(1));

        var view = await scene.RerateAsync(TwoAndTen);

        Assert.Equal(
            """{"nothing_used":1,"refused":1,"review_rejected":1,"usage_unknown":1}""",
            $"{{{string.Join(',', view.GetProperty("skipped").EnumerateObject().OrderBy(static s => s.Name, StringComparer.Ordinal).Select(static s => $"\"{s.Name}\":{s.Value}"))}}}");

        // One was free by accident, and one is charged by no wallet, at a third of the price.
        Assert.Equal(("done", "0.001", "0.00399"), (view.Text("state"), view.Text("before_usd"), view.Text("now_usd")));
        Assert.Equal(3_000_000, Assert.Single(scene.Corrections(leaf)).Amount);
    }

    [Fact]
    public async Task Calls_are_priced_by_the_tier_they_were_charged_by_and_a_batch_is_none()
    {
        await using var scene = await StartAsync();
        var leaf = await scene.WalletAsync();
        foreach (var tier in (string?[])["flex", "batch", "turbo", null])
        {
            await scene.CallAsync(1_000_000, [leaf], change: u => u.ServiceTier = tier);
        }

        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        var view = await scene.RerateAsync(
            """{"usd_per_million":{"input":"2","output":"10"},"batch_factor":"0.5","service_tiers":{"flex":{"usd_per_million":{"input":"1","output":"5"}}}}""");

        Assert.Equal(("0.004", "0.0105"), (view.Text("before_usd"), view.Text("now_usd")));
    }

    [Fact]
    public async Task The_prices_in_force_are_those_a_call_would_be_charged_by()
    {
        await using var scene = await StartAsync();
        var leaf = await scene.WalletAsync();
        await scene.CallAsync(7, [leaf], model: "echo", provider: "echo", prompt: 1000, completion: 100);
        await scene.CallAsync(7, [leaf], model: "echo", provider: "gone");
        scene.Host.Time.Advance(TimeSpan.FromHours(1));

        var asked = await scene.AskAsync("\"catalogue\"", model: "echo");
        await scene.Work.RunDueAsync(static () => true, Cancel);
        var view = await scene.GetAsync(asked.Json.Text("id"));

        var lookup = (PriceLookup)scene.Host.Services.GetService(typeof(PriceLookup))!;
        var echo = lookup(scene.Host.Installation.OrganisationId, "echo", "echo", scene.Host.Time.GetUtcNow())!;
        Assert.Equal(CostEngine.CostNanoUsd(echo, new TokenUsage(1000, 100)), Nano(view.Text("now_usd")));
        Assert.Equal(1, view.GetProperty("skipped").GetProperty("price_unknown").GetInt64());
        Assert.Equal("\"catalogue\"", view.GetProperty("prices").GetRawText());
    }

    [Fact]
    public async Task Chargeback_shows_the_correction_beside_what_was_charged()
    {
        await using var scene = await StartAsync();
        var team = await scene.WalletAsync(period: "monthly");
        var leaf = await scene.WalletAsync(team);
        await scene.CallAsync(5_000_000, [leaf, team]);
        scene.Host.Time.Advance(TimeSpan.FromDays(1));
        await scene.CallAsync(4_000_000, [team]);
        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        await scene.RerateAsync(TwoAndTen);

        const string Report = "/control/v1/chargeback?group_by=";
        var days = (await Http.GetAsync(scene.Host.Admin, Report + "day,model")).Json.GetProperty("data").EnumerateArray();
        Assert.Equal(
            [("2027-01-15", "0.005", "-0.002", "0.003"), ("2027-01-16", "0.004", "-0.001", "0.003")],
            days.Select(static d => (d.Text("day"), d.Text("cost_usd"), d.Text("adjustments_usd"), d.Text("total_usd"))));
        var one = Assert.Single((await Http.GetAsync(scene.Host.Admin, $"{Report}wallet&wallet={leaf}&to=2027-01-16")).Json.GetProperty("data").EnumerateArray());
        Assert.Equal((leaf, "0.003"), (one.Text("wallet"), one.Text("total_usd")));
        var hour = Assert.Single((await Http.GetAsync(scene.Host.Admin, $"{Report}day&from=2027-01-15T08:00:00Z&to=2027-01-15T09:00:00Z")).Json.GetProperty("data").EnumerateArray());
        Assert.Equal(("0.005", "-0.002"), (hour.Text("cost_usd"), hour.Text("adjustments_usd")));
        Assert.Equal("""{"data":[]}""", (await Http.GetAsync(scene.Host.Admin, $"{Report}day&to=2027-01-15T08:00:00Z")).Text);
        Assert.EndsWith("0.004,-0.001,0.003\r\n", (await Http.GetAsync(scene.Host.Admin, Report + "day&format=csv")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_calls_it_corrected_can_be_read_and_the_same_request_again_changes_nothing()
    {
        await using var scene = await StartAsync();
        var leaf = await scene.WalletAsync();
        var (older, _) = (await scene.CallAsync(5_000_000, [leaf]), await scene.CallAsync(3_000_000, [leaf]));
        var newer = await scene.CallAsync(1_000_000, [leaf]);
        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        var until = scene.NowUnixMs;
        await scene.RerateAsync(TwoAndTen, ""","id":"rr-1" """, from: 0, until: until);

        var lines = (await Http.GetAsync(scene.Host.Admin, $"{Root}/rr-1/calls")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var repeated = await scene.AskAsync(TwoAndTen, ""","id":"rr-1" """, from: 0, until: until);
        var other = await scene.AskAsync("""{"input":"3","output":"10"}""", ""","id":"rr-1" """, from: 0, until: until);

        Assert.Equal([newer.Id, older.Id], lines.Select(static l => System.Text.Json.JsonDocument.Parse(l).RootElement.Text("id")));
        Assert.Contains("\"charged_usd\":\"0.005\",\"before_usd\":\"0.005\",\"now_usd\":\"0.003\"", lines[1], StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, "done"), (repeated.Status, repeated.Json.Text("state")));
        Assert.Equal((HttpStatusCode.Conflict, "id_taken"), (other.Status, other.Code));
        Assert.Equal((HttpStatusCode.NotFound, "rerating_not_found"), await FailureAsync(scene, $"{Root}/rr-2"));
        Assert.Equal((HttpStatusCode.NotFound, "rerating_not_found"), await FailureAsync(scene, $"{Root}/rr-2/calls"));
        Assert.Equal("rr-1", Assert.Single((await Http.GetAsync(scene.Host.Admin, Root)).Json.GetProperty("data").EnumerateArray()).Text("id"));
    }

    [Theory]
    [InlineData("""{"from":"2027-01-01T00:00:00Z","to":"2027-01-02T00:00:00Z","prices":{"input":"1","output":"1"},"note":"n"}""", "model", "is required")]
    [InlineData("""{"model":"gpt-4o*","from":"2027-01-01T00:00:00Z","to":"2027-01-02T00:00:00Z","prices":{"input":"1","output":"1"},"note":"n"}""", "model", "patterns")]
    [InlineData("""{"model":"m","to":"2027-01-02T00:00:00Z","prices":{"input":"1","output":"1"},"note":"n"}""", "from", "is required")]
    [InlineData("""{"model":"m","from":"2027-01-02T00:00:00Z","to":"2027-01-02T00:00:00Z","prices":{"input":"1","output":"1"},"note":"n"}""", "to", "later than")]
    [InlineData("""{"model":"m","from":"2027-01-02T00:00:00Z","to":"2027-01-16T00:00:00Z","prices":{"input":"1","output":"1"},"note":"n"}""", "to", "future")]
    [InlineData("""{"model":"m","from":"2027-01-01T00:00:00Z","to":"2027-01-02T00:00:00Z","note":"n"}""", "prices", "is required")]
    [InlineData("""{"model":"m","from":"2027-01-01T00:00:00Z","to":"2027-01-02T00:00:00Z","prices":"cheap","note":"n"}""", "prices", "catalogue")]
    [InlineData("""{"model":"m","from":"2027-01-01T00:00:00Z","to":"2027-01-02T00:00:00Z","prices":{"inputs":"1"},"note":"n"}""", "prices", "inputs")]
    [InlineData("""{"model":"m","from":"2027-01-01T00:00:00Z","to":"2027-01-02T00:00:00Z","prices":{"input":"1"},"note":"n"}""", "prices", "output")]
    [InlineData("""{"model":"m","from":"2027-01-01T00:00:00Z","to":"2027-01-02T00:00:00Z","prices":{"input":"-1","output":"1"},"note":"n"}""", "prices", "input")]
    [InlineData("""{"model":"m","from":"2027-01-01T00:00:00Z","to":"2027-01-02T00:00:00Z","prices":{"usd_per_million":{"input":"1","output":"1"},"from":"2027-01-01"},"note":"n"}""", "prices", "dates")]
    [InlineData("""{"model":"m","from":"2027-01-01T00:00:00Z","to":"2027-01-02T00:00:00Z","prices":{"input":"1","output":"1"}}""", "note", "is required")]
    [InlineData("""{"model":"m","from":"2027-01-01T00:00:00Z","to":"2027-01-02T00:00:00Z","prices":{"input":"1","output":"1"},"note":"n","id":".."}""", "id", "begin or end")]
    [InlineData("""{"model":"m","from":"2027-01-01T00:00:00Z","to":"2027-01-02T00:00:00Z","prices":{"input":"1","output":"1"},"note":"n","colour":1}""", "colour", "not a member")]
    public async Task What_is_wrong_with_a_request_is_named(string body, string param, string why)
    {
        await using var scene = await StartAsync();
        var answer = await scene.Host.Admin.PostAsync(Root, body);
        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Contains(why, answer.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_that_may_be_under_way_are_not_taken_in_and_the_latest_end_is_named()
    {
        await using var scene = await StartAsync(new InsightOptions().ReratingSettleMinutes);
        var leaf = await scene.WalletAsync();
        await scene.CallAsync(5_000_000, [leaf]);
        scene.Host.Time.Advance(TimeSpan.FromMinutes(90));
        var latest = scene.NowUnixMs - (90 * 60_000);

        var late = await scene.AskAsync(TwoAndTen, until: latest + 1);
        Assert.Equal((HttpStatusCode.BadRequest, "to"), (late.Status, late.Param));
        Assert.Contains(At(latest)[..19], late.ErrorText, StringComparison.Ordinal);
        Assert.Equal(1, (await scene.AskAsync(TwoAndTen, ""","dry_run":true""")).Json.GetProperty("calls").GetInt64());

        Assert.Equal(0, (await scene.RerateAsync(TwoAndTen, until: latest)).GetProperty("calls").GetInt64());
        scene.Host.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, (await scene.RerateAsync(TwoAndTen, until: latest + 1)).GetProperty("calls").GetInt64());
    }

    [Fact]
    public async Task Where_no_call_matches_it_says_so_and_whether_the_name_is_known()
    {
        await using var scene = await StartAsync();
        await scene.CallAsync(5_000_000, [await scene.WalletAsync()]);
        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        foreach (var more in (string[])["", ""","dry_run":true"""])
        {
            var known = (await scene.AskAsync(TwoAndTen, more, model: "gpt-4.1")).Json;
            var mistyped = (await scene.AskAsync(TwoAndTen, more, model: "gpt-4oo")).Json;
            var matched = (await scene.AskAsync(TwoAndTen, more)).Json;
            await scene.Work.RunDueAsync(static () => true, Cancel);
            var all = new[] { known, mistyped, matched };
            for (var i = 0; i < 3 && more.Length == 0; i++)
            {
                all[i] = await scene.GetAsync(all[i].Text("id"));
                Assert.Equal("done", all[i].Text("state"));
            }

            Assert.Equal([0, 0, 1], all.Select(static v => v.GetProperty("calls").GetInt64()));
            Assert.Equal([1, 2, 0], all.Select(static v => v.GetProperty("warnings").GetArrayLength()));
            Assert.Contains("No call matched: none to 'gpt-4.1'", all[0].GetProperty("warnings")[0].GetString(), StringComparison.Ordinal);
            Assert.Contains("knows no model 'gpt-4oo'", all[1].GetProperty("warnings")[1].GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Only_administrators_may()
    {
        await using var scene = await StartAsync();
        var answer = await scene.Host.Caller.PostAsync(Root, "{}");
        Assert.Equal(HttpStatusCode.Forbidden, answer.Status);
    }

    private static async Task<(HttpStatusCode, string?)> FailureAsync(ReratingScene scene, string path)
    {
        var answer = await Http.GetAsync(scene.Host.Admin, path);
        return (answer.Status, answer.Code);
    }

    private static IEnumerable<(string Day, long Amount)> Day(IEnumerable<(string Period, long Amount, string? Corrects, string? Reference)> lines) =>
        lines.Select(static l => (l.Period["day-".Length..], l.Amount));

    private static IEnumerable<(string Wallet, int Period, string Amount)> Wallets(System.Text.Json.JsonElement view) =>
        view.GetProperty("wallets").EnumerateArray().Select(static w => (w.Text("wallet"), w.GetProperty("period").GetInt32(), w.Text("adjustment_usd")));
}
