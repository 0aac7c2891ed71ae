using System.Text.Json;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Insight.Reviews;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Tests.Insight;

/// <summary>A thousand reviews are open, of 0.001 dollars each, and more calls come that are in doubt.</summary>
public sealed class ReviewsBeyondTheBoundTests : IAsyncLifetime
{
    private const int Open = 1000;
    private const long Each = 1_000_000;

    private CoreHost _host = null!;
    private string _leaf = null!;
    private string _root = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await CoreHost.StartAsync();
        _root = (await _host.Admin.PostAsync("/control/v1/wallets", """{"name":"root","limit_usd":"10"}""")).Json.Text("id");
        _leaf = (await _host.Admin.PostAsync("/control/v1/wallets", $$"""{"name":"leaf","limit_usd":"5","parent_id":"{{_root}}"}""")).Json.Text("id");
        await TakeAsync(1, Open);
        await JobAsync();
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task What_is_claimed_beyond_them_is_charged_in_full_and_all_of_it_together()
    {
        await TakeAsync(Open + 1, 3);
        await TakeAsync(Open + 1, 3);
        var queued = await ReviewAsync(Open + 2);
        Assert.Equal(("queued", "accepted", "0.001", "rule"), (queued.Text("state"), queued.Text("verdict"), queued.Text("charged_later_usd"), queued.Text("decided_by")));
        Assert.Equal("review_decided", (await _host.Admin.PostAsync($"/control/v1/reviews/{IdOf(Open + 2)}/reject", "{}")).Code);
        await JobAsync();
        Assert.Equal([("0.00", "1.00"), ("0.00", "1.00")], [await FiguresAsync(_leaf), await FiguresAsync(_root)]);

        _host.Time.Advance(TimeSpan.FromMinutes(10));
        await JobAsync();
        await JobAsync();
        await TakeAsync(Open + 1, 3);
        Assert.Equal([("0.003", "1.00"), ("0.003", "1.00")], [await FiguresAsync(_leaf), await FiguresAsync(_root)]);
        var closed = await ReviewAsync(Open + 2);
        Assert.Equal(("closed", "accepted"), (closed.Text("state"), closed.Text("verdict")));
        Assert.Equal(
            [("usage_disputed", 3 * Each), ("suspense_charged", 3 * Each)],
            _host.Wallets.Lines.Where(l => l.WalletId == _root && l.Reference == closed.Text("batch")).Select(static l => (l.Kind, l.AmountNanoUsd)));
        Assert.Equal("0.003", await ChargedLaterAsync());
        var alert = Assert.Single(await AlertsAsync("reviews_full"));
        Assert.Equal(3, alert.GetProperty("count").GetInt64());
    }

    [Fact]
    public async Task As_soon_as_one_is_decided_another_may_be_open()
    {
        Assert.Equal("closed", (await _host.Admin.PostAsync($"/control/v1/reviews/{IdOf(1)}/reject", "{}")).Json.Text("state"));
        await TakeAsync(Open + 1, 3);
        Assert.Equal(["open", "queued", "queued"], [await StateAsync(Open + 1), await StateAsync(Open + 2), await StateAsync(Open + 3)]);
    }

    [Fact]
    public async Task Where_the_rule_says_release_it_is_released_at_once()
    {
        _host.Services.GetRequiredService<IOptions<InsightOptions>>().Value.DisputedUsage = DisputeRule.Release;
        await TakeAsync(Open + 1, 1);
        var review = await ReviewAsync(Open + 1);
        Assert.Equal(("closed", "rejected", "0.00", "rule"), (review.Text("state"), review.Text("verdict"), review.Text("charged_later_usd"), review.Text("decided_by")));
        _host.Time.Advance(TimeSpan.FromMinutes(10));
        await JobAsync();
        Assert.Equal(("0.00", "1.00"), await FiguresAsync(_root));
    }

    [Fact]
    public async Task A_thousand_more_do_not_wait_and_wallets_are_told_once()
    {
        var lines = _host.Wallets.Lines.Count;
        await TakeAsync(Open + 1, Open + 1);
        await JobAsync();
        Assert.Equal([("1.00", "1.00"), ("1.00", "1.00")], [await FiguresAsync(_leaf), await FiguresAsync(_root)]);
        Assert.Equal(4, _host.Wallets.Lines.Skip(lines).Count(static l => l.Kind is "usage_disputed" or "suspense_charged"));

        _host.Time.Advance(TimeSpan.FromMinutes(10));
        await JobAsync();
        Assert.Equal(("1.001", "1.00"), await FiguresAsync(_root));
        Assert.Equal("1.001", await ChargedLaterAsync());
    }

    [Fact]
    public async Task Cut_off_at_any_write_each_call_is_charged_once()
    {
        var charged = 0;
        for (var cut = 1; cut <= 12; cut++)
        {
            await TakeAsync(Open + 1 + charged, 2);
            charged += 2;
            _host.Time.Advance(TimeSpan.FromMinutes(10));
            var writes = 0;
            _host.Documents.BeforeWrite = () => _ = ++writes == cut ? throw new IOException("cut") : 0;
            await JobSafelyAsync();
            _host.Documents.BeforeWrite = null;
            await JobAsync();
            Assert.Equal((charged * Each, charged * Each), (await SpentAsync(_leaf), await SpentAsync(_root)));
            Assert.Equal("closed", await StateAsync(Open + charged));
        }

        Assert.Empty(await _host.Services.GetRequiredService<ReviewBook>().QueuedAsync(_host.Installation.OrganisationId, 10, Cancel));
    }

    [Fact]
    public async Task Two_who_charge_at_once_charge_once()
    {
        await TakeAsync(Open + 1, 5);
        _host.Time.Advance(TimeSpan.FromMinutes(10));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(JobSafelyAsync, Cancel)));
        await JobAsync();
        Assert.Equal((5 * Each, 5 * Each), (await SpentAsync(_leaf), await SpentAsync(_root)));
    }

    [Fact]
    public async Task A_wallet_that_refuses_is_told_again_and_the_calls_stay_queued()
    {
        await TakeAsync(Open + 1, 2);
        _host.Time.Advance(TimeSpan.FromMinutes(10));
        _host.Wallets.Refuses = (id, _) => id == _root ? WalletCommandOutcome.AmountOutOfRange : null;
        await JobAsync();
        Assert.Equal(("queued", 2 * Each, 0L), (await StateAsync(Open + 1), await SpentAsync(_leaf), await SpentAsync(_root)));
        Assert.Equal(_root, Assert.Single(await AlertsAsync("review_refused")).GetProperty("data").Text("wallet"));

        _host.Wallets.Refuses = null;
        await JobAsync();
        Assert.Equal(("closed", 2 * Each, 2 * Each), (await StateAsync(Open + 1), await SpentAsync(_leaf), await SpentAsync(_root)));
    }

    private Task JobAsync() => _host.Services.GetRequiredService<ReviewJob>().ExecuteAsync(Cancel);

    private async Task JobSafelyAsync()
    {
        try
        {
            await JobAsync();
        }
        catch (IOException)
        {
            // Cut off where no review is worked on: the job is run again.
        }
    }

    private async Task TakeAsync(int first, int count) => await _host.Services.GetRequiredService<TakeDisputes>().ExecuteAsync(
        Enumerable.Range(first, count).Select(n => new StreamEntry(n, EventOf(n), Line: null) { Wallets = [new WalletShare(_leaf, 1), new WalletShare(_root, 1)] }), Cancel);

    private UsageEvent EventOf(int n)
    {
        var usage = Usage.Event(Usage.Id(Usage.Noon, n), _host.Installation.OrganisationId);
        (usage.HoldNanoUsd, usage.CostNanoUsd, usage.SuspendedNanoUsd) = (Each, Each, Each);
        (usage.WalletId, usage.WalletPath) = (_leaf, $"{_leaf}/{_root}");
        (usage.UsageAnomaly, usage.ClaimedUsage, usage.UsageSource) = ("absurd", "{}", "larger");
        return usage;
    }

    private static string IdOf(int n) => Usage.Id(Usage.Noon, n).ToString();

    private async Task<JsonElement> ReviewAsync(int n) => (await _host.Admin.GetAsync($"/control/v1/reviews/{IdOf(n)}", ifMatch: null)).Json;

    private async Task<string> StateAsync(int n) => (await ReviewAsync(n)).Text("state");

    private async Task<List<JsonElement>> AlertsAsync(string kind) =>
        [.. (await _host.Admin.GetAsync($"/control/v1/alerts?kind={kind}", ifMatch: null)).Json.GetProperty("data").EnumerateArray()];

    private async Task<string> ChargedLaterAsync() =>
        Assert.Single((await _host.Admin.GetAsync("/control/v1/chargeback?group_by=wallet", ifMatch: null)).Json.GetProperty("data").EnumerateArray()).Text("adjustments_usd");

    private async Task<long> SpentAsync(string wallet) => (await _host.Wallets.ReadAsync(wallet, Cancel))!.SpentNanoUsd;

    private async Task<(string Spent, string Suspense)> FiguresAsync(string wallet)
    {
        var view = (await _host.Admin.GetAsync($"/control/v1/wallets/{wallet}", ifMatch: null)).Json;
        return (view.Text("spent_usd"), view.Text("suspense_usd"));
    }
}
