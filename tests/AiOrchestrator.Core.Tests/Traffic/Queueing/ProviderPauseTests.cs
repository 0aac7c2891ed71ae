using System.Net;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers;
using AiOrchestrator.Core.Tests.Providers.Health;

namespace AiOrchestrator.Core.Tests.Traffic.Queueing;

/// <summary>RT-10 where the limit is the provider's own: it answers 429 and says when to come again.</summary>
public sealed class ProviderPauseTests
{
    private const string Refused = "p/m upstream_refused 429";

    [Fact]
    public async Task A_call_that_is_told_to_come_later_stands_in_line_until_then_and_holds_nothing()
    {
        await using var scene = await PausingAsync("5");
        var key = await scene.LimitAsync("\"requests_per_minute\":10,\"tokens_per_day\":100000", "key", scene.Host.Installation.KeyId);
        var own = await scene.LimitAsync("\"requests_per_minute\":10,\"tokens_per_day\":100000");
        var waiting = scene.CallAsync();
        await scene.WaitingAsync(1);

        Assert.Equal("0.00", (await Http.GetAsync(scene.Host.Caller, "/v1/wallet/balance")).Json.Text("held_usd"));
        Assert.Equal((5000, 5000), Line(await scene.OfAsync("/control/v1/queue")));
        Assert.Equal((1L, 0L), await UsedAsync(scene, own));
        Well(scene);
        scene.Pass(4.999);
        Assert.Single(await scene.ListAsync(scene.Host.Caller));
        scene.Pass(0.001);
        var answer = await waiting;

        Assert.Equal((HttpStatusCode.OK, Refused, "5000", "5000", "1"), (
            answer.Status, QueueScene.Header(answer, "x-ao-attempts"), QueueScene.Header(answer, "x-queue-wait-ms"), QueueScene.Header(answer, "x-queue-estimated-ms"), QueueScene.Header(answer, "x-queue-position")));
        Assert.Null(QueueScene.Header(answer, "retry-after"));
        var served = await scene.Host.Stream.OfAsync(answer.Message);
        var first = Assert.Single(scene.Host.Stream.Events, e => e.RequestId == served.RequestId && e.Id != served.Id);
        Assert.Equal((served.RetryOf, 429, 0L, UsageStatus.Error, 1), (first.Id, first.UpstreamStatus, first.CostNanoUsd, first.Status, first.Attempts));
        Assert.Equal((UsageStatus.Ok, 2, 5_000_000L), (served.Status, served.Attempts, served.QueueWaitUs));

        // One request of the caller's, two at the provider; what was used is counted once.
        Assert.Equal(((1L, 6L), (2L, 6L), 2), (await UsedAsync(scene, key), await UsedAsync(scene, own), scene.Provider.Calls));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("4999")]
    public async Task Who_would_not_wait_so_long_is_told_as_ever(string? wait)
    {
        await using var scene = await PausingAsync("5");

        var answer = await scene.CallAsync(wait).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.TooManyRequests, "5", null, 1), (
            answer.Status, QueueScene.Header(answer, "retry-after"), QueueScene.Header(answer, "x-queue-wait-ms"), scene.Provider.Calls));
        Assert.Equal(1, (await scene.Host.Stream.OfAsync(answer.Message)).Attempts);
    }

    [Fact]
    public async Task While_it_wants_to_be_left_alone_those_who_would_wait_are_not_sent_and_go_in_order_afterwards()
    {
        await using var scene = await PausingAsync("5", "\"max_connections\":1,");
        var first = scene.CallAsync();
        await scene.WaitingAsync(1);
        scene.Host.Time.Advance(TimeSpan.FromMilliseconds(1));
        var second = scene.CallAsync();
        await scene.WaitingAsync(2);
        scene.Host.Time.Advance(TimeSpan.FromMilliseconds(1));
        var third = scene.CallAsync();
        await scene.WaitingAsync(3);
        Assert.Equal(1, scene.Provider.Calls);

        // The first is told to come later once more, and keeps its place before the others.
        scene.Pass(5);
        await QueueScene.UntilAsync(() => scene.Provider.Calls == 2);
        await scene.WaitingAsync(3);
        Well(scene);
        scene.Hold();
        scene.Pass(5);
        List<Task<Answer>> waiting = [first, second, third];
        foreach (var expected in new[] { first, second, third })
        {
            await scene.HeldAsync(1);
            scene.LetGo();
            var served = await Task.WhenAny(waiting);
            Assert.Same(expected, served);
            waiting.Remove(served);
        }

        Assert.Equal(($"{Refused}; {Refused}", null, null), (
            QueueScene.Header(await first, "x-ao-attempts"), QueueScene.Header(await second, "x-ao-attempts"), QueueScene.Header(await third, "x-ao-attempts")));
        Assert.Equal(("10002", 5), (QueueScene.Header(await first, "x-queue-wait-ms"), scene.Provider.Calls));
    }

    [Fact]
    public async Task No_more_tries_are_made_than_a_call_may_make()
    {
        await using var scene = await PausingAsync("5");
        var call = scene.CallAsync();
        for (var tries = 1; tries < 4; tries++)
        {
            await QueueScene.UntilAsync(() => scene.Provider.Calls == tries);
            await scene.WaitingAsync(1);
            scene.Pass(5);
        }

        var answer = await call.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.TooManyRequests, "upstream_refused", 4), (answer.Status, (await scene.Host.Stream.OfAsync(answer.Message)).ErrorCode, scene.Provider.Calls));
        Assert.Equal(string.Join("; ", Enumerable.Repeat(Refused, 4)), QueueScene.Header(answer, "x-ao-attempts"));
        Assert.Equal("15000", QueueScene.Header(answer, "x-queue-wait-ms"));
    }

    [Fact]
    public async Task Whoever_has_waited_as_long_as_it_would_leaves_though_it_was_told_to_come_later_again()
    {
        await using var scene = await PausingAsync("5");
        var call = scene.CallAsync("8000");
        await scene.WaitingAsync(1);
        scene.Pass(5);
        var answer = await call.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.TooManyRequests, $"{Refused}; {Refused}", 2), (answer.Status, QueueScene.Header(answer, "x-ao-attempts"), scene.Provider.Calls));
        Assert.Equal("0.00", (await Http.GetAsync(scene.Host.Caller, "/v1/wallet/balance")).Json.Text("held_usd"));
    }

    [Fact]
    public async Task A_call_that_is_taken_out_of_the_line_after_it_was_told_to_come_later_is_not_asked_again()
    {
        await using var scene = await PausingAsync("5");
        var key = await scene.LimitAsync("\"requests_per_minute\":10,\"tokens_per_day\":100000", "key", scene.Host.Installation.KeyId);
        var call = scene.CallAsync();
        await scene.WaitingAsync(1);
        var id = Assert.Single(await scene.ListAsync(scene.Host.Caller)).Text("id");

        var deleted = await scene.Host.Caller.SendAsync(HttpMethod.Delete, $"/v1/queue/{id}", null);
        var answer = await call;
        Assert.Equal((1L, 0L), await UsedAsync(scene, key));
        scene.Pass(60);

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.Conflict, "queue_cancelled", 1), (deleted.Status, answer.Status, answer.Code, scene.Provider.Calls));
        Assert.Equal(Refused, QueueScene.Header(answer, "x-ao-attempts"));
        Assert.Equal(1, (await scene.Host.Stream.OfAsync(answer.Message)).Attempts);
        Assert.Equal(0, scene.Queues.Bytes);
    }

    [Fact]
    public async Task Where_all_want_to_be_left_alone_the_one_is_waited_for_that_may_be_asked_first()
    {
        await using var scene = await PausingAsync("5");
        await using var other = await FakeProvider.StartAsync(FakeProvider.Only(429));
        other.Refusal["retry-after"] = "60";
        var created = await scene.Host.Admin.PostAsync("/control/v1/providers", HealthScene.Row("q", other.Address, 2, ""));
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        var first = scene.CallAsync();
        await scene.WaitingAsync(1);
        var second = scene.CallAsync();
        await scene.WaitingAsync(2);
        Assert.Equal((1, 1), (scene.Provider.Calls, other.Calls));
        Well(scene);
        scene.Pass(5);

        Assert.Equal(($"{Refused}; q/m upstream_refused 429", null), (QueueScene.Header(await first, "x-ao-attempts"), QueueScene.Header(await second, "x-ao-attempts")));
        Assert.Equal(("p", "p", 1), (QueueScene.Header(await first, "x-ao-provider"), QueueScene.Header(await second, "x-ao-provider"), other.Calls));
    }

    [Theory]
    [InlineData("retry-after-ms", "2500", 2500)]
    [InlineData("x-ratelimit-reset-requests", "1m3s", 63_000)]
    [InlineData("x-ratelimit-reset-requests", "120ms", 120)]
    [InlineData("retry-after", "soon", 1000)]
    public async Task What_it_says_of_when_to_come_again_is_read_as_providers_write_it(string header, string value, int pausedMs)
    {
        await using var scene = await PausingAsync("");
        scene.Provider.Refusal.Clear();
        scene.Provider.Refusal[header] = value;
        scene.Provider.Refusal["x-ratelimit-remaining-requests"] = "0";
        scene.Provider.Refusal["x-ratelimit-remaining-tokens"] = "17";
        scene.Provider.Refusal["x-ratelimit-reset-tokens"] = "9m0s";
        var call = scene.CallAsync();
        await scene.WaitingAsync(1);

        Assert.Equal((pausedMs, pausedMs), Line(await scene.OfAsync("/control/v1/queue")));
        Well(scene);
        scene.Pass(pausedMs / 1000.0);
        Assert.Equal(HttpStatusCode.OK, (await call).Status);
    }

    /// <summary>A provider that wants to be left alone for so many seconds, whenever it is asked.</summary>
    private static async Task<QueueScene> PausingAsync(string seconds, string members = "")
    {
        var scene = await QueueScene.StartAsync(members);
        scene.Provider.Answer = FakeProvider.Only(429);
        scene.Provider.Refusal["retry-after"] = seconds;
        return scene;
    }

    private static void Well(QueueScene scene) => scene.Provider.Answer = FakeProvider.Well;

    private static (int PausedMs, int EstimatedMs) Line(System.Text.Json.JsonElement line) => (line.GetProperty("paused_ms").GetInt32(), line.GetProperty("estimated_wait_ms").GetInt32());

    private static async Task<(long Requests, long Tokens)> UsedAsync(QueueScene scene, string limit)
    {
        var counters = (await Http.GetAsync(scene.Host.Admin, $"/control/v1/limits/{limit}/counters")).Json.GetProperty("data")[0];
        return (counters.GetProperty("requests_per_minute").GetProperty("used").GetInt64(), counters.GetProperty("tokens_per_day").GetProperty("used").GetInt64());
    }
}
