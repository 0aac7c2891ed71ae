using System.Net;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers;
using AiOrchestrator.Core.Tests.Traffic.Decision;
using AiOrchestrator.Core.Tests.Traffic.Queueing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Gateway;

/// <summary>P28 and P29 where a call is tried more than once: each route's limits count what that route used, the caller's own the sum, and one request.</summary>
public sealed class TriesAndLimitsTests
{
    private const string Twice = """{"name":"twice","entries":[{"model":"small"},{"model":"other"}],"hedge_after_ms":20}""";

    [Fact]
    public async Task What_a_failed_try_was_billed_counts_at_its_own_provider_and_model()
    {
        await using var scene = await RoutingScene.StartAsync();
        var limits = await LimitsAsync(scene);
        scene.A.Answer = static path => path.EndsWith("/chat/completions", StringComparison.Ordinal) ? (200, "no JSON") : FakeProvider.Well(path);

        var (_, _, usage) = await scene.AskAsync("large");

        var billed = scene.Host.Stream.Events.Where(e => e.RequestId == usage.RequestId && e.Provider == "a").Sum(static e => e.PromptTokens + e.CompletionTokens);
        Assert.True(billed > 0);
        Assert.Equal(
            (billed, 6L, billed + 6, billed + 6),
            (await UsedAsync(scene, limits.A, "tokens_per_minute"), await UsedAsync(scene, limits.B, "tokens_per_minute"),
                await UsedAsync(scene, limits.Own, "tokens_per_minute"), await UsedAsync(scene, limits.Large, "tokens_per_minute")));
        Assert.Equal(1, await UsedAsync(scene, limits.Own, "requests_per_minute"));
        Assert.Equal(billed, await UsedAsync(scene, limits.A, "tokens_per_day"));
    }

    [Fact]
    public async Task A_route_that_was_not_asked_for_want_of_money_counts_nothing()
    {
        await using var scene = await RoutingScene.StartAsync();
        var limits = await LimitsAsync(scene);
        _ = await scene.PutAsync("chains", """{"name":"once","retries":0,"entries":[{"model":"large"}]}""");
        scene.A.Wait = async () => Assert.Equal(HttpStatusCode.OK, (await scene.Host.Admin.PostAsync($"/control/v1/wallets/{scene.Host.Installation.WalletId}/freeze", "{}")).Status);
        scene.A.Answer = static path => path.EndsWith("/chat/completions", StringComparison.Ordinal) ? (200, "no JSON") : FakeProvider.Well(path);

        var (answer, _, usage) = await scene.AskAsync("chain:once");

        Assert.Equal((HttpStatusCode.BadGateway, "a", 0), (answer.StatusCode, usage.Provider, scene.B.Calls));
        Assert.Equal(
            (1L, 0L, 0L, 1L),
            (await UsedAsync(scene, limits.A, "requests_per_minute"), await UsedAsync(scene, limits.B, "requests_per_minute"),
                await UsedAsync(scene, limits.B, "requests_per_day"), await UsedAsync(scene, limits.Own, "requests_per_minute")));
    }

    [Fact]
    public async Task What_was_taken_of_a_route_after_midnight_comes_back_to_that_day()
    {
        await using var scene = await RoutingScene.StartAsync();
        var limits = await LimitsAsync(scene);
        scene.Host.Time.Advance(new TimeSpan(15, 59, 59));
        scene.A.Answer = path =>
        {
            scene.Host.Time.Advance(TimeSpan.FromSeconds(2));
            return FakeProvider.Only(401)(path);
        };

        var (answer, _, usage) = await scene.AskAsync("large");

        Assert.Equal((HttpStatusCode.OK, "b"), (answer.StatusCode, usage.Provider));
        Assert.Equal(6, await UsedAsync(scene, limits.B, "tokens_per_day"));
    }

    [Fact]
    public async Task Where_the_second_of_two_wins_each_counts_at_its_own_provider()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("chains", Twice);
        var limits = await LimitsAsync(scene);
        scene.A.Wait = static () => Task.Delay(-1, TestContext.Current.CancellationToken);

        var (_, _, usage) = await scene.AskAsync("chain:twice");

        await CountedAsync(scene, limits, usage.RequestId!, "b", "a");
    }

    [Fact]
    public async Task Where_the_first_of_two_wins_each_counts_at_its_own_provider()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("chains", Twice);
        var limits = await LimitsAsync(scene);
        scene.A.Wait = () => QueueScene.UntilAsync(() => scene.B.Calls == 1);
        scene.B.Wait = static () => Task.Delay(-1, TestContext.Current.CancellationToken);

        var (_, _, usage) = await scene.AskAsync("chain:twice");

        await CountedAsync(scene, limits, usage.RequestId!, "a", "b");
    }

    [Fact]
    public async Task A_second_that_found_no_place_was_never_asked_and_counts_nowhere()
    {
        await using var scene = await RoutingScene.StartAsync();
        await using var narrow = await FakeProvider.StartAsync();
        _ = await scene.PutAsync("providers", RoutingScene.Row("c", narrow.Address, 3, "\"max_connections\":1,", "third"));
        _ = await scene.PutAsync("chains", """{"name":"narrow","entries":[{"model":"small"},{"model":"third"}],"hedge_after_ms":20}""");
        var held = new TaskCompletionSource();
        narrow.Wait = () => held.Task;
        var other = scene.AskAsync("third");
        await QueueScene.UntilAsync(() => narrow.Calls == 1);
        var limit = await scene.PutAsync("limits", """{"scope":"provider","subject":"c","requests_per_minute":10,"requests_per_day":10}""");

        // Long enough for the second to have been refused its place.
        scene.A.Wait = static () => Task.Delay(1000, TestContext.Current.CancellationToken);
        var (answer, _, usage) = await scene.AskAsync("chain:narrow");
        held.SetResult();

        Assert.Equal((HttpStatusCode.OK, "a"), (answer.StatusCode, usage.Provider));
        Assert.Equal("c/third provider_at_capacity", answer.Headers.GetValues("x-ao-attempts").Single());
        Assert.Single(scene.Host.Stream.Events, e => e.RequestId == usage.RequestId);
        Assert.Equal((0L, 0L), (await UsedAsync(scene, limit, "requests_per_minute"), await UsedAsync(scene, limit, "requests_per_day")));
        Assert.Equal(HttpStatusCode.OK, (await other).Answer.StatusCode);
    }

    [Fact]
    public async Task A_client_that_leaves_while_two_are_asked_leaves_no_place_no_money_and_no_part_of_a_limit_behind()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("chains", Twice);
        var limits = await LimitsAsync(scene);
        scene.A.Wait = scene.B.Wait = static () => Task.Delay(-1, TestContext.Current.CancellationToken);
        using var leaves = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent("""{"model":"chain:twice","max_tokens":50,"messages":[{"role":"user","content":"Hi"}]}""", null, "application/json"),
        };
        var call = scene.Host.Caller.SendAsync(request, leaves.Token);
        await QueueScene.UntilAsync(() => scene.A.Calls == 1 && scene.B.Calls == 1);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await QueueScene.UntilAsync(() => scene.Host.Stream.Events.Count == 2);

        scene.A.Wait = scene.B.Wait = static () => Task.CompletedTask;
        var billed = scene.Host.Stream.Events.ToLookup(static e => e.Provider, static e => e.PromptTokens + e.CompletionTokens);
        Assert.Equal("0.00", (await Http.GetAsync(scene.Host.Admin, $"/control/v1/wallets/{scene.Host.Installation.WalletId}")).Json.Text("held_usd"));
        Assert.Equal(
            (billed["a"].Sum(), billed["b"].Sum(), billed["a"].Sum() + billed["b"].Sum()),
            (await UsedAsync(scene, limits.A, "tokens_per_day"), await UsedAsync(scene, limits.B, "tokens_per_day"), await UsedAsync(scene, limits.Own, "tokens_per_day")));
        var clients = scene.Host.Services.GetRequiredService<UpstreamClients>();
        var providers = scene.Host.Services.GetRequiredService<ProviderDirectory>();
        await QueueScene.UntilAsync(() => providers.Current.Providers.All(p => clients.For(p).UnderWay == 0));
    }

    private static async Task CountedAsync(RoutingScene scene, (string A, string B, string Own, string Large) limits, string requestId, string winner, string loser)
    {
        var tokens = scene.Host.Stream.Events.Where(e => e.RequestId == requestId).ToDictionary(static e => e.Provider!, static e => e.PromptTokens + e.CompletionTokens);
        Assert.True(tokens[loser] > 0);
        Assert.Equal(6, tokens[winner]);
        foreach (var kind in new[] { "tokens_per_minute", "tokens_per_day" })
        {
            Assert.Equal(
                (tokens["a"], tokens["b"], tokens["a"] + tokens["b"]),
                (await UsedAsync(scene, limits.A, kind), await UsedAsync(scene, limits.B, kind), await UsedAsync(scene, limits.Own, kind)));
        }

        Assert.Equal(
            (1L, 1L, 1L),
            (await UsedAsync(scene, limits.A, "requests_per_minute"), await UsedAsync(scene, limits.B, "requests_per_minute"), await UsedAsync(scene, limits.Own, "requests_per_minute")));
    }

    private static async Task<(string A, string B, string Own, string Large)> LimitsAsync(RoutingScene scene)
    {
        const string Figures = "\"requests_per_minute\":100,\"requests_per_day\":100,\"tokens_per_minute\":100000,\"tokens_per_day\":100000";
        return (
            await scene.PutAsync("limits", $$"""{"scope":"provider","subject":"a",{{Figures}}}"""),
            await scene.PutAsync("limits", $$"""{"scope":"provider","subject":"b",{{Figures}}}"""),
            await scene.PutAsync("limits", $$"""{"scope":"key",{{Figures}}}"""),
            await scene.PutAsync("limits", $$"""{"scope":"model","subject":"large",{{Figures}}}"""));
    }

    /// <summary>What a limit has counted; 0 where it was not asked.</summary>
    private static async Task<long> UsedAsync(RoutingScene scene, string limit, string kind)
    {
        var counters = (await Http.GetAsync(scene.Host.Admin, $"/control/v1/limits/{limit}/counters")).Json.GetProperty("data");
        return counters.GetArrayLength() == 0 ? 0 : counters[0].GetProperty(kind).GetProperty("used").GetInt64();
    }
}
