using System.Net;
using AiOrchestrator.Core.Tests.Traffic.Queueing;

namespace AiOrchestrator.Core.Tests.Gateway.Caching;

/// <summary>CA-07: of those who ask the same at the same time one asks the provider; its failure is nobody else's.</summary>
public sealed class SingleFlightTests
{
    [Fact]
    public async Task Those_who_ask_the_same_at_the_same_time_make_one_call_and_pay_once()
    {
        await using var scene = await CacheScene.StartAsync();
        var gate = new TaskCompletionSource();
        scene.O.Wait = () => gate.Task;
        var asked = Enumerable.Range(0, 8).Select(n => scene.AskAsync("Hello", n % 2 == 0 ? "" : "\"stream\":true,")).ToList();
        await QueueScene.UntilAsync(() => scene.O.Calls == 1 && scene.Waiting == 7);
        gate.SetResult();
        var told = await Task.WhenAll(asked);

        Assert.Equal(1, scene.O.Calls);
        Assert.Equal((1, 7), (told.Count(static t => t.Cache == "miss"), told.Count(static t => t.Cache == "hit")));
        Assert.All(told, static t => Assert.Equal(HttpStatusCode.OK, t.Message.StatusCode));
        Assert.Single(await Task.WhenAll(told.Select(scene.UsageAsync)), static u => u.CostNanoUsd > 0);
    }

    [Fact]
    public async Task The_failure_of_the_first_is_nobody_elses()
    {
        await using var scene = await CacheScene.StartAsync();
        var gate = new TaskCompletionSource();
        scene.O.Wait = () =>
        {
            var first = scene.O.Calls == 1;
            scene.O.Status = first ? 400 : 200;
            return first ? gate.Task : Task.CompletedTask;
        };
        var leader = scene.AskAsync("Hello");
        await QueueScene.UntilAsync(() => scene.O.Calls == 1);
        var follower = scene.AskAsync("Hello");
        await QueueScene.UntilAsync(() => scene.Waiting == 1);
        gate.SetResult();

        Assert.Equal(HttpStatusCode.BadRequest, (await leader).Message.StatusCode);
        Assert.Equal((HttpStatusCode.OK, "miss"), ((await follower).Message.StatusCode, (await follower).Cache));
    }

    [Fact]
    public async Task Where_the_first_one_leaves_the_others_are_answered()
    {
        await using var scene = await CacheScene.StartAsync();
        var gate = new TaskCompletionSource();
        scene.O.Wait = () => scene.O.Calls == 1 ? gate.Task : Task.CompletedTask;
        using var leaving = new CancellationTokenSource();
        var leader = scene.Host.Caller.PostAsync("/v1/chat/completions", new StringContent(CacheScene.Chat("m", "Hello"), null, "application/json"), leaving.Token);
        await QueueScene.UntilAsync(() => scene.O.Calls == 1);
        var follower = scene.AskAsync("Hello");
        await QueueScene.UntilAsync(() => scene.Waiting == 1);
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        Assert.Equal((HttpStatusCode.OK, "miss", 2), ((await follower).Message.StatusCode, (await follower).Cache, scene.O.Calls));
    }

    [Theory]
    [InlineData("""{"level":"company","single_flight":false}""", "true")]
    [InlineData(null, "false")]
    public async Task Whoever_does_not_want_to_wait_asks_by_himself(string? policy, string header)
    {
        await using var scene = await CacheScene.StartAsync(policy);
        var gate = new TaskCompletionSource();
        scene.O.Wait = () => scene.O.Calls < 2 ? gate.Task : Task.CompletedTask;
        var first = scene.AskAsync("Hello");
        await QueueScene.UntilAsync(() => scene.O.Calls == 1);
        var second = await scene.AskAsync("Hello", headers: ("x-cache-single-flight", header));
        gate.SetResult();

        Assert.Equal(("miss", "miss", 2), ((await first).Cache, second.Cache, scene.O.Calls));
    }

    [Fact]
    public async Task Whoever_has_waited_long_enough_asks_by_himself()
    {
        await using var scene = await CacheScene.StartAsync();
        var gate = new TaskCompletionSource();
        scene.O.Wait = () => scene.O.Calls < 2 ? gate.Task : Task.CompletedTask;
        var first = scene.AskAsync("Hello");
        await QueueScene.UntilAsync(() => scene.O.Calls == 1);
        var second = scene.AskAsync("Hello");
        await QueueScene.UntilAsync(() => scene.Waiting == 1);
        scene.Host.Time.Advance(TimeSpan.FromSeconds(31));

        Assert.Equal("miss", (await second).Cache);
        gate.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await first).Message.StatusCode);
    }

    [Fact]
    public async Task Whoever_comes_after_a_flush_is_not_given_the_answer_to_a_call_from_before_it()
    {
        await using var scene = await CacheScene.StartAsync();
        var gate = new TaskCompletionSource();
        scene.O.Wait = () => scene.O.Calls == 1 ? gate.Task : Task.CompletedTask;
        var before = scene.AskAsync("Hello");
        await QueueScene.UntilAsync(() => scene.O.Calls == 1);
        _ = await scene.Host.Admin.DeleteAsync("/v1/cache", TestContext.Current.CancellationToken);
        var after = scene.AskAsync("Hello");
        await QueueScene.UntilAsync(() => scene.Waiting == 1);
        gate.SetResult();

        Assert.Equal(("miss", "miss", 2), ((await before).Cache, (await after).Cache, scene.O.Calls));
        Assert.Contains("No. 2", (await after).Text, StringComparison.Ordinal);
    }
}
