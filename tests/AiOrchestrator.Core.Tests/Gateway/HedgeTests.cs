using System.Net;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers;
using AiOrchestrator.Core.Tests.Traffic.Decision;

namespace AiOrchestrator.Core.Tests.Gateway;

/// <summary>Hedging, and money that is short of the dearest of several routes.</summary>
public sealed class HedgeTests
{
    [Fact]
    public async Task One_that_takes_long_is_overtaken_by_the_next_and_both_are_paid_for()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("chains", """{"name":"twice","entries":[{"model":"small"},{"model":"other"}],"hedge_after_ms":50}""");
        using var held = new SemaphoreSlim(0);
        scene.A.Answer = path =>
        {
            _ = held.Wait(TimeSpan.FromSeconds(20), CancellationToken.None);
            return FakeProvider.Well(path);
        };

        var (answer, _, usage) = await scene.AskAsync("chain:twice");
        _ = held.Release(10);

        Assert.Equal((HttpStatusCode.OK, "b", "other"), (answer.StatusCode, usage.Provider, usage.Model));
        Assert.Equal("a/small superseded", answer.Headers.GetValues("x-ao-attempts").Single());
        var lost = Assert.Single(scene.Host.Stream.Events, e => e.RequestId == usage.RequestId && e.Id != usage.Id);
        Assert.Equal(("a", UsageStatus.Cancelled, lost.Id), (lost.Provider, lost.Status, usage.RetryOf));
        await SpentAsync(scene, lost.CostNanoUsd + usage.CostNanoUsd);
    }

    [Fact]
    public async Task Neither_of_two_takes_longer_than_all_attempts_together_may()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("chains", """{"name":"twice","entries":[{"model":"small"},{"model":"other"}],"retries":0,"hedge_after_ms":50,"total_timeout_ms":1000}""");
        TaskCompletionSource never = new(), bothAreAsked = new();
        scene.A.Wait = () => never.Task;
        scene.B.Wait = () =>
        {
            bothAreAsked.SetResult();
            return never.Task;
        };

        var asking = scene.AskAsync("chain:twice");
        await bothAreAsked.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        scene.Host.Time.Advance(TimeSpan.FromSeconds(2));
        var (answer, json, _) = await asking.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.GatewayTimeout, "upstream_timeout", 1, 1), (answer.StatusCode, json.GetProperty("error").Text("code"), scene.A.Calls, scene.B.Calls));
    }

    [Fact]
    public async Task One_that_is_quick_is_alone()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("chains", """{"name":"twice","entries":[{"model":"small"},{"model":"other"}],"hedge_after_ms":10000}""");

        var (_, _, usage) = await scene.AskAsync("chain:twice");

        Assert.Equal(("a", 1, 0), (usage.Provider, usage.Attempts, scene.B.Calls));
    }

    [Fact]
    public async Task One_that_fails_at_once_is_not_overtaken_but_followed()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("chains", """{"name":"twice","entries":[{"model":"small"},{"model":"other"}],"retries":0,"hedge_after_ms":10000}""");
        scene.A.Answer = FakeProvider.Only(500);

        var (answer, _, usage) = await scene.AskAsync("chain:twice");

        Assert.Equal((HttpStatusCode.OK, "b", 2, 1, 1), (answer.StatusCode, usage.Provider, usage.Attempts, scene.A.Calls, scene.B.Calls));
        await SpentAsync(scene, usage.CostNanoUsd);
    }

    [Fact]
    public async Task A_try_that_nothing_can_follow_stays_the_last_and_is_not_blamed_on_another()
    {
        await using var scene = await RoutingScene.StartAsync();
        scene.A.Answer = FakeProvider.Only(401);
        var limit = await scene.Host.Admin.PostAsync("/control/v1/limits", """{"scope":"provider","subject":"b","requests_per_minute":1}""");
        Assert.True(limit.Status == HttpStatusCode.Created, limit.Text);
        Assert.Equal(HttpStatusCode.OK, (await scene.AskAsync("other")).Answer.StatusCode);

        var (answer, _, usage) = await scene.AskAsync("large");

        Assert.Equal((HttpStatusCode.BadGateway, "a", 401, 1), (answer.StatusCode, usage.Provider, usage.UpstreamStatus, usage.Attempts));
        Assert.Equal("a/large upstream_authentication_failed 401", usage.AttemptList);
        Assert.Equal("HEALTHY", (await Http.GetAsync(scene.Host.Admin, "/control/v1/providers/b/health")).Json.Text("status"));
    }

    private static async Task SpentAsync(RoutingScene scene, long nanoUsd)
    {
        var balance = (await Http.GetAsync(scene.Host.Caller, "/v1/wallet/balance")).Json;
        Assert.Equal(nanoUsd, (long)(decimal.Parse(balance.Text("spent_usd"), System.Globalization.CultureInfo.InvariantCulture) * 1_000_000_000m));
    }
}
