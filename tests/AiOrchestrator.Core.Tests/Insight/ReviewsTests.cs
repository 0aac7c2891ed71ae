using System.Net;
using System.Text.Json;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Insight.Reviews;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Insight;

/// <summary>Calls in doubt from their event to the decision, on a leaf and its root.</summary>
public sealed class ReviewsTests : IAsyncLifetime
{
    private CoreHost _host = null!;
    private string _leaf = null!;
    private string _root = null!;
    private int _events;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await CoreHost.StartAsync();
        _root = (await _host.Admin.PostAsync("/control/v1/wallets", """{"name":"root","limit_usd":"10"}""")).Json.Text("id");
        _leaf = (await _host.Admin.PostAsync("/control/v1/wallets", $$"""{"name":"leaf","limit_usd":"5","parent_id":"{{_root}}"}""")).Json.Text("id");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task What_is_claimed_beyond_the_hold_is_in_suspense_on_the_whole_path_with_a_review_and_an_alert()
    {
        var id = await EndAsync(1, suspended: 3_000_000_000);

        Assert.Equal([("0.00", "3.00"), ("0.00", "3.00")], [await FiguresAsync(_leaf), await FiguresAsync(_root)]);
        var review = Assert.Single((await _host.Admin.GetAsync("/control/v1/reviews?state=open", ifMatch: null)).Json.GetProperty("data").EnumerateArray());
        Assert.Equal(
            (id, "open", "open", "absurd", "3.00", "0.001", "{}"),
            (review.Text("id"), review.Text("state"), review.Text("verdict"), review.Text("anomaly"), review.Text("suspended_usd"), review.Text("charged_usd"), review.Text("claimed_usage")));
        Assert.Empty((await _host.Admin.GetAsync("/control/v1/reviews?state=closed", ifMatch: null)).Json.GetProperty("data").EnumerateArray());
        var alert = Assert.Single(await AlertsAsync());
        Assert.Equal(("usage_disputed", "warning", id), (alert.Text("kind"), alert.Text("severity"), alert.GetProperty("data").Text("first_exchange")));
        var usage = (await _host.Admin.GetAsync($"/v1/usage/{id}", ifMatch: null)).Json;
        Assert.Equal(("absurd", "3.00", "open"), (usage.Text("usage_anomaly"), usage.Text("suspended_usd"), usage.Text("review")));
    }

    [Fact]
    public async Task Whoever_delivers_an_event_again_changes_nothing()
    {
        var id = await EndAsync(1, suspended: 3_000_000_000);
        _ = await EndAsync(1, suspended: 3_000_000_000);
        Assert.Equal(("0.00", "3.00"), await FiguresAsync(_root));
        Assert.Equal(1, Assert.Single(await AlertsAsync()).GetProperty("count").GetInt64());

        Assert.Equal(HttpStatusCode.OK, (await DecideAsync(id, "reject")).Status);
        _ = await EndAsync(1, suspended: 3_000_000_000);
        Assert.Equal(("0.00", "0.00"), await FiguresAsync(_root));
    }

    [Fact]
    public async Task Accepting_charges_all_or_a_part_and_releases_the_rest_once()
    {
        var all = await EndAsync(1, suspended: 1_000_000_000);
        var part = await EndAsync(2, suspended: 2_000_000_000);

        Assert.Equal("accepted", (await DecideAsync(all, "accept")).Json.Text("verdict"));
        var answer = await DecideAsync(part, "accept", """{"amount_usd":"0.5","note":"as agreed"}""");
        Assert.Equal(("closed", "accepted", "0.50", "admin", "as agreed"), (answer.Json.Text("state"), answer.Json.Text("verdict"), answer.Json.Text("charged_later_usd"), answer.Json.Text("decided_by"), answer.Json.Text("note")));
        Assert.Equal(answer.Text, (await DecideAsync(part, "accept", """{"amount_usd":"0.5"}""")).Text);
        Assert.Equal([("1.50", "0.00"), ("1.50", "0.00")], [await FiguresAsync(_leaf), await FiguresAsync(_root)]);
        Assert.Equal("accepted", (await _host.Admin.GetAsync($"/v1/usage/{part}", ifMatch: null)).Json.Text("review"));
        Assert.Equal(
            [
                ("usage_disputed", "allowance", "suspense", 2_000_000_000L, "usage-review"),
                ("suspense_charged", "suspense", "spent", 500_000_000L, "admin"),
                ("suspense_released", "suspense", "allowance", 1_500_000_000L, "admin"),
            ],
            _host.Wallets.Lines.Where(l => l.WalletId == _root && l.Reference == part).Select(static l => (l.Kind, l.Debit, l.Credit, l.AmountNanoUsd, l.Actor!)));
    }

    [Fact]
    public async Task Chargeback_comes_to_what_wallets_spent_also_when_the_review_is_forgotten()
    {
        var all = await EndAsync(1, suspended: 1_000_000_000, costCentre: "4711");
        var part = await EndAsync(2, suspended: 2_000_000_000, costCentre: "4711");
        _ = await EndAsync(3, suspended: 3_000_000_000, costCentre: "4711");
        _ = await DecideAsync(all, "accept");
        _ = await DecideAsync(part, "accept", """{"amount_usd":"0.5"}""");

        (string, string, string)[] expected = [("0.003", "1.50", "1.503")];
        Assert.Equal(expected, await ChargedBackAsync("wallet"));
        Assert.Equal(expected, await ChargedBackAsync($"cost_centre,model,provider,key,day&wallet={_root}&from=2026-01-01"));
        Assert.Empty(await ChargedBackAsync("wallet&to=2026-01-01"));
        Assert.Empty(await ChargedBackAsync("wallet&wallet=" + (await _host.Admin.PostAsync("/control/v1/wallets", """{"name":"other","limit_usd":"1"}""")).Json.Text("id")));

        _host.Time.Advance(TimeSpan.FromDays(91));
        await JobAsync();
        Assert.Equal("review_not_found", (await _host.Admin.GetAsync($"/control/v1/reviews/{all}", ifMatch: null)).Code);
        Assert.Equal([("0.003", "4.50", "4.503")], await ChargedBackAsync("wallet"));
    }

    [Fact]
    public async Task A_decision_stays_and_another_is_refused()
    {
        var id = await EndAsync(1, suspended: 1_000_000_000);
        Assert.Equal("rejected", (await DecideAsync(id, "reject", """{"note":"their bug"}""")).Json.Text("verdict"));
        Assert.Equal("rejected", (await DecideAsync(id, "reject")).Json.Text("verdict"));
        Assert.Equal("review_decided", (await DecideAsync(id, "accept")).Code);
        Assert.Equal(("0.00", "0.00"), await FiguresAsync(_leaf));
        Assert.Equal("review_not_found", (await DecideAsync("ex_00000000000000000000000000000000", "accept")).Code);
    }

    [Theory]
    [InlineData("""{"amount_usd":"1.000000001"}""", "amount_usd")]
    [InlineData("""{"amount_usd":"0"}""", "amount_usd")]
    [InlineData("""{"amount_usd":1}""", "amount_usd")]
    [InlineData("""{"note":""}""", "note")]
    public async Task An_amount_that_is_not_in_suspense_is_refused(string body, string param)
    {
        var id = await EndAsync(1, suspended: 1_000_000_000);
        var answer = await DecideAsync(id, "accept", body);
        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Equal(("0.00", "1.00"), await FiguresAsync(_leaf));
    }

    [Theory]
    [InlineData(DisputeRule.Charge, "accepted", "1.00")]
    [InlineData(DisputeRule.Release, "rejected", "0.00")]
    public async Task What_nobody_decides_in_a_day_the_rule_decides(DisputeRule rule, string verdict, string spent)
    {
        _host.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<InsightOptions>>().Value.DisputedUsage = rule;
        var id = await EndAsync(1, suspended: 1_000_000_000);
        _host.Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMilliseconds(1));
        await JobAsync();
        Assert.Equal(("0.00", "1.00"), await FiguresAsync(_leaf));

        _host.Time.Advance(TimeSpan.FromMilliseconds(1));
        await JobAsync();
        Assert.Equal((spent, "0.00"), await FiguresAsync(_leaf));
        var review = (await _host.Admin.GetAsync($"/control/v1/reviews/{id}", ifMatch: null)).Json;
        Assert.Equal((verdict, "rule"), (review.Text("verdict"), review.Text("decided_by")));
    }

    [Fact]
    public async Task Wallets_that_do_not_answer_are_told_later_and_nothing_is_lost()
    {
        _host.Wallets.Silent = true;
        var id = await EndAsync(1, suspended: 1_000_000_000);
        Assert.Equal("suspending", (await _host.Admin.GetAsync($"/control/v1/reviews/{id}", ifMatch: null)).Json.Text("state"));
        Assert.Equal("wallet_unavailable", (await DecideAsync(id, "accept")).Code);

        _host.Wallets.Silent = false;
        await JobAsync();
        Assert.Equal([("0.00", "1.00"), ("0.00", "1.00")], [await FiguresAsync(_leaf), await FiguresAsync(_root)]);
        Assert.Equal("closed", (await DecideAsync(id, "accept")).Json.Text("state"));
        Assert.Equal(("1.00", "0.00"), await FiguresAsync(_root));
    }

    [Fact]
    public async Task Cut_off_at_any_write_it_comes_to_the_same_when_it_goes_on()
    {
        for (var cut = 1; cut <= 8; cut++)
        {
            var writes = 0;
            _host.Documents.BeforeWrite = () => _ = ++writes == cut ? throw new IOException("cut") : 0;
            try
            {
                await TakeAsync(Settlement(cut, 100_000_000));
                _ = await DecideAsync(IdOf(cut), "accept");
            }
            catch (IOException)
            {
                // Delivered again, below.
            }

            _host.Documents.BeforeWrite = null;
            await TakeAsync(Settlement(cut, 100_000_000));
            await JobAsync();
            _ = await DecideAsync(IdOf(cut), "accept");
            Assert.Equal(($"0.{cut}0", "0.00"), await FiguresAsync(_root));
        }

        Assert.Empty(await _host.Services.GetRequiredService<ReviewBook>().OpenAsync(_host.Installation.OrganisationId, null, 10, Cancel));
    }

    [Fact]
    public async Task Doubt_without_money_is_noted_for_some_and_counted_for_all()
    {
        for (var i = 1; i <= 25; i++)
        {
            _ = await EndAsync(i, suspended: 0);
        }

        var reviews = (await _host.Admin.GetAsync("/control/v1/reviews", ifMatch: null)).Json.GetProperty("data").EnumerateArray().ToList();
        Assert.Equal(20, reviews.Count);
        Assert.All(reviews, static r => Assert.Equal(("closed", "noted"), (r.Text("state"), r.Text("verdict"))));
        var alert = Assert.Single(await AlertsAsync());
        Assert.Equal(("usage_anomaly", 25), (alert.Text("kind"), alert.GetProperty("count").GetInt64()));
        Assert.Equal("review_decided", (await DecideAsync(reviews[0].Text("id"), "accept")).Code);
        Assert.Equal(("0.00", "0.00"), await FiguresAsync(_leaf));
    }

    [Fact]
    public async Task Closed_reviews_are_forgotten_after_ninety_days_and_events_read_anew_make_none_twice()
    {
        var id = await EndAsync(1, suspended: 1_000_000_000);
        _ = await DecideAsync(id, "accept");
        _host.Time.Advance(TimeSpan.FromDays(90) + TimeSpan.FromHours(1));
        await JobAsync();
        Assert.Equal("review_not_found", (await _host.Admin.GetAsync($"/control/v1/reviews/{id}", ifMatch: null)).Code);
        _ = await EndAsync(1, suspended: 1_000_000_000);
        Assert.Equal(("1.00", "0.00"), await FiguresAsync(_leaf));
    }

    [Theory]
    [InlineData("accept", "1.00")]
    [InlineData("reject", "0.00")]
    public async Task A_wallet_that_refuses_the_amount_is_named_and_told_again_and_nothing_is_decided_without_it(string verdict, string spent)
    {
        var refused = WalletCommandOutcome.WalletUnknown;
        _host.Wallets.Refuses = (id, command) => id == _root && command is WalletCommand.Suspend ? refused : null;
        var id = await EndAsync(1, suspended: 1_000_000_000);
        Assert.Equal([("0.00", "1.00"), ("0.00", "0.00")], [await FiguresAsync(_leaf), await FiguresAsync(_root)]);
        Assert.Equal(("open", _root, "wallet_not_found"), await RefusalAsync(id));
        var alert = Assert.Single(await AlertsAsync(), static a => a.Text("kind") == "review_refused");
        Assert.Equal((_root, id), (alert.GetProperty("data").Text("wallet"), alert.GetProperty("data").Text("reference")));

        refused = WalletCommandOutcome.AmountOutOfRange;
        _host.Wallets.Refuses = (id, _) => id == _root ? refused : null;
        var decided = (await DecideAsync(id, verdict)).Json;
        Assert.Equal(verdict == "accept" ? "deciding" : "closed", decided.Text("state"));
        if (verdict == "accept")
        {
            Assert.Equal(("deciding", _root, "amount_out_of_range"), await RefusalAsync(id));
            await JobAsync();
            Assert.Equal([("1.00", "0.00"), ("0.00", "0.00")], [await FiguresAsync(_leaf), await FiguresAsync(_root)]);
        }

        _host.Wallets.Refuses = null;
        await JobAsync();
        await JobAsync();
        Assert.Equal([(spent, "0.00"), (spent, "0.00")], [await FiguresAsync(_leaf), await FiguresAsync(_root)]);
        var review = (await _host.Admin.GetAsync($"/control/v1/reviews/{id}", ifMatch: null)).Json;
        Assert.Equal(("closed", 0), (review.Text("state"), review.GetProperty("refusals").GetArrayLength()));
    }

    [Fact]
    public async Task A_wallet_that_takes_the_amount_late_has_it_in_suspense_before_anybody_decides()
    {
        _host.Wallets.Refuses = (id, command) => id == _root && command is WalletCommand.Suspend ? WalletCommandOutcome.WalletUnknown : null;
        _ = await EndAsync(1, suspended: 1_000_000_000);
        _host.Wallets.Refuses = null;
        await JobAsync();
        Assert.Equal([("0.00", "1.00"), ("0.00", "1.00")], [await FiguresAsync(_leaf), await FiguresAsync(_root)]);
    }

    [Fact]
    public async Task A_review_stays_open_while_a_wallet_refuses_its_decision_however_long()
    {
        var id = await EndAsync(1, suspended: 1_000_000_000);
        _host.Wallets.Refuses = (id, command) => id == _leaf && command is WalletCommand.SettleDispute ? WalletCommandOutcome.AmountOutOfRange : null;
        Assert.Equal("deciding", (await DecideAsync(id, "accept")).Json.Text("state"));
        for (var day = 0; day < 8; day++)
        {
            _host.Time.Advance(TimeSpan.FromDays(1));
            await JobAsync();
        }

        Assert.Equal(("deciding", _leaf, "amount_out_of_range"), await RefusalAsync(id));
        Assert.Equal([("0.00", "1.00"), ("1.00", "0.00")], [await FiguresAsync(_leaf), await FiguresAsync(_root)]);
        Assert.Equal("review_decided", (await DecideAsync(id, "reject")).Code);

        _host.Wallets.Refuses = null;
        await JobAsync();
        Assert.Equal([("1.00", "0.00"), ("1.00", "0.00")], [await FiguresAsync(_leaf), await FiguresAsync(_root)]);
        Assert.Equal([("0.001", "1.00", "1.001")], await ChargedBackAsync("wallet"));
        Assert.Empty(await _host.Services.GetRequiredService<ReviewBook>().OpenAsync(_host.Installation.OrganisationId, null, 10, Cancel));
    }

    private async Task<(string State, string Wallet, string Code)> RefusalAsync(string id)
    {
        var review = (await _host.Admin.GetAsync($"/control/v1/reviews/{id}", ifMatch: null)).Json;
        var refusal = Assert.Single(review.GetProperty("refusals").EnumerateArray());
        return (review.Text("state"), refusal.Text("wallet"), refusal.Text("code"));
    }

    private Task JobAsync() => _host.Services.GetRequiredService<ReviewJob>().ExecuteAsync(Cancel);

    private async Task TakeAsync(ExchangeSettlement end) => await _host.Services.GetRequiredService<TakeDisputes>().ExecuteAsync(
        [new StreamEntry(end.Id.CreatedUnixMs, end.Event, Line: null) { Wallets = end.Wallets }], Cancel);

    private Task<Answer> DecideAsync(string id, string verdict, string body = "{}") => _host.Admin.PostAsync($"/control/v1/reviews/{id}/{verdict}", body);

    private async Task<List<JsonElement>> AlertsAsync() =>
        [.. (await _host.Admin.GetAsync("/control/v1/alerts", ifMatch: null)).Json.GetProperty("data").EnumerateArray()];

    private async Task<(string Spent, string Suspense)> FiguresAsync(string wallet)
    {
        var view = (await _host.Admin.GetAsync($"/control/v1/wallets/{wallet}", ifMatch: null)).Json;
        return (view.Text("spent_usd"), view.Text("suspense_usd"));
    }

    private async Task<List<(string Cost, string Adjustments, string Total)>> ChargedBackAsync(string question) =>
    [
        .. (await _host.Admin.GetAsync($"/control/v1/chargeback?group_by={question}", ifMatch: null)).Json.GetProperty("data").EnumerateArray()
            .Select(static r => (r.Text("cost_usd"), r.Text("adjustments_usd"), r.Text("total_usd"))),
    ];

    private static string IdOf(int n) => Usage.Id(Begin, n).ToString();

    /// <summary>Delivers the end of a call as the hub does; its id.</summary>
    private async Task<string> EndAsync(int n, long suspended, string? costCentre = null)
    {
        var end = Settlement(n, suspended);
        end.Event.CostCentre = costCentre;
        var result = await _host.Services.GetRequiredService<UsageIngest>().IngestAsync(
            [new IncomingEvent("0", ++_events, Begin + n, UsageEnvelope.Write(end))], Cancel);
        Assert.Equal(1, result.Stored);
        return end.Event.Id;
    }

    private ExchangeSettlement Settlement(int n, long suspended)
    {
        var id = Usage.Id(Begin, n);
        var usage = Usage.Event(id, _host.Installation.OrganisationId);
        (usage.HoldNanoUsd, usage.CostNanoUsd, usage.SuspendedNanoUsd) = (1_000_000, 1_000_000, suspended);
        (usage.WalletId, usage.WalletPath) = (_leaf, $"{_leaf}/{_root}");
        (usage.UsageAnomaly, usage.ClaimedUsage, usage.UsageSource) = ("absurd", "{}", "larger");
        return new ExchangeSettlement(id, [new WalletShare(_leaf, 1), new WalletShare(_root, 1)], 1_000_000, 1_000_000, usage);
    }

    private const long Begin = Usage.Noon;
}
