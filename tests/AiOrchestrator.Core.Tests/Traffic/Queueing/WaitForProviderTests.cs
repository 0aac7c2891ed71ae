using System.Net;
using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Traffic.Queueing;
using AiOrchestrator.Ledger.Money;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Traffic.Queueing;

/// <summary>RT-10 as callers meet it: P30 to P33.</summary>
public sealed class WaitForProviderTests
{
    [Fact]
    public async Task A_burst_above_the_providers_limit_is_answered_as_the_limit_fills_and_nobody_is_lost_or_sent_twice()
    {
        await using var scene = await QueueScene.StartAsync();
        var limit = await scene.LimitAsync("\"requests_per_minute\":6");
        var calls = Enumerable.Range(0, 15).Select(_ => scene.CallAsync()).ToList();
        await scene.WaitingAsync(9);
        await QueueScene.UntilAsync(() => scene.Provider.Calls == 6);

        scene.Pass(60);
        await scene.WaitingAsync(3);
        await QueueScene.UntilAsync(() => scene.Provider.Calls == 12);
        scene.Pass(30);
        var answers = await Task.WhenAll(calls);

        Assert.All(answers, static a => Assert.Equal(HttpStatusCode.OK, a.Status));
        Assert.Equal(15, scene.Provider.Calls);
        Assert.Equal(["", "60000", "90000"], answers.Select(static a => QueueScene.Header(a, "x-queue-wait-ms") ?? "").Order(StringComparer.Ordinal).Distinct());
        var used = await Task.WhenAll(answers.Select(a => scene.Host.Stream.OfAsync(a.Message)));
        Assert.Equal(9, used.Count(static u => u.QueueWaitUs is 60_000_000 or 90_000_000));
        Assert.Equal(15, used.Select(static u => u.Id).Distinct().Count());
        var spent = (await Http.GetAsync(scene.Host.Caller, "/v1/wallet/balance")).Json;
        Assert.Equal((NanoUsd.FormatUsd(used.Sum(static u => u.CostNanoUsd)), "0.00"), (spent.Text("spent_usd"), spent.Text("held_usd")));
        Assert.True(used.All(static u => u.CostNanoUsd > 0));

        // P28: of the present minute, as of now.
        scene.Host.Time.Advance(TimeSpan.FromSeconds(60));
        var counters = (await Http.GetAsync(scene.Host.Admin, $"/control/v1/limits/{limit}/counters")).Json.GetProperty("data")[0].GetProperty("requests_per_minute");
        Assert.Equal((6, 6), (counters.GetProperty("limit").GetInt32(), counters.GetProperty("remaining").GetInt32()));
    }

    [Fact]
    public async Task Without_the_header_a_call_is_refused_and_passes_nobody_who_waits()
    {
        await using var scene = await QueueScene.StartAsync();
        await scene.LimitAsync("\"requests_per_minute\":1");
        await scene.CallAsync(wait: null);
        var reached = await scene.CallAsync(wait: null);
        var waiting = scene.CallAsync();
        await scene.WaitingAsync(1);

        // The time has come, but it is the other one's.
        scene.Host.Time.Advance(TimeSpan.FromSeconds(60));
        var busy = await scene.CallAsync(wait: null);
        scene.Pass(0);

        Assert.Equal((HttpStatusCode.TooManyRequests, "provider_limit_reached"), (reached.Status, reached.Code));
        Assert.Equal((HttpStatusCode.TooManyRequests, "provider_busy"), (busy.Status, busy.Code));
        Assert.NotNull(busy.Message.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, (await waiting).Status);
    }

    [Fact]
    public async Task A_call_waits_for_a_place_and_gets_the_first_that_is_freed()
    {
        await using var scene = await QueueScene.StartAsync("\"max_connections\":1,");
        scene.Hold();
        var first = scene.CallAsync(wait: null);
        await scene.HeldAsync(1);
        var full = await scene.CallAsync(wait: null);
        var second = scene.CallAsync();
        await scene.WaitingAsync(1, forPlace: true);
        scene.LetGo();
        await scene.HeldAsync(1);
        scene.LetGo();

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "provider_at_capacity"), (full.Status, full.Code));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], (await Task.WhenAll(first, second)).Select(static a => a.Status));
        Assert.Equal("1", QueueScene.Header(await second, "x-queue-position"));
        Assert.Null(QueueScene.Header(await first, "x-queue-position"));
    }

    [Fact]
    public async Task The_higher_priority_is_served_first_and_teams_take_turns()
    {
        await using var scene = await QueueScene.StartAsync();
        await scene.LimitAsync("\"requests_per_minute\":60,\"burst\":1");
        await scene.CallAsync();
        var lead = await scene.KeyAsync("team_lead");
        var other = await scene.KeyAsync();
        var calls = new List<(string Name, Task<Answer> Call)>();
        foreach (var (name, priority, client) in new[]
        {
            ("low", "low", scene.Host.Caller), ("a1", "normal", scene.Host.Caller), ("a2", null, scene.Host.Caller), ("b1", null, other), ("high", "high", lead),
        })
        {
            calls.Add((name, scene.CallAsync(priority: priority, client: client)));
            await scene.WaitingAsync(calls.Count);
        }

        var served = new List<string>();
        while (served.Count < 5)
        {
            scene.Pass(1);
            await Task.WhenAny(calls.Where(c => !served.Contains(c.Name)).Select(static c => c.Call));
            served.AddRange(calls.Where(c => c.Call.IsCompleted && !served.Contains(c.Name)).Select(static c => c.Name));
            await scene.WaitingAsync(5 - served.Count);
        }

        Assert.Equal(["high", "a1", "b1", "a2", "low"], served);
    }

    [Fact]
    public async Task A_call_that_waited_as_long_as_it_would_is_429_and_was_not_sent()
    {
        await using var scene = await QueueScene.StartAsync();
        await scene.LimitAsync("\"requests_per_minute\":1");
        await scene.CallAsync();
        var waiting = scene.CallAsync(wait: "2500");
        await scene.WaitingAsync(1);
        scene.Pass(2.5);
        var answer = await waiting;

        Assert.Equal((HttpStatusCode.TooManyRequests, "queue_timeout"), (answer.Status, answer.Code));
        Assert.Equal("""{"waited_ms":2500,"joined_at_position":1}""", answer.Json.GetProperty("error").GetProperty("metadata").GetRawText());
        Assert.Equal(("2500", "60000", "1"), (QueueScene.Header(answer, "x-queue-wait-ms"), QueueScene.Header(answer, "x-queue-estimated-ms"), QueueScene.Header(answer, "x-queue-position")));
        Assert.NotNull(answer.Message.Headers.RetryAfter);
        Assert.Equal(58, answer.Message.Headers.RetryAfter.Delta!.Value.TotalSeconds);
        await NeverSentAsync(scene, answer, UsageStatus.Refused);
    }

    [Fact]
    public async Task A_call_that_is_cancelled_is_never_sent_holds_nothing_and_is_charged_nothing()
    {
        await using var scene = await QueueScene.StartAsync();
        await scene.LimitAsync("\"requests_per_minute\":1");
        await scene.CallAsync();
        var other = await scene.KeyAsync();
        var waiting = scene.CallAsync();
        await scene.WaitingAsync(1);
        var held = (await Http.GetAsync(scene.Host.Caller, "/v1/wallet/balance")).Json.Text("held_usd");
        var id = Assert.Single(await scene.ListAsync(scene.Host.Caller)).Text("id");

        var foreign = await other.SendAsync(HttpMethod.Delete, $"/v1/queue/{id}", null);
        var mine = await scene.Host.Caller.SendAsync(HttpMethod.Delete, $"/v1/queue/{id}", null);
        var again = await scene.Host.Caller.SendAsync(HttpMethod.Delete, $"/v1/queue/{id}", null);
        var answer = await waiting;
        scene.Pass(120);

        Assert.Equal("0.00", held);
        Assert.Equal((HttpStatusCode.NotFound, "queued_call_not_found"), (foreign.Status, foreign.Code));
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (mine.Status, again.Status));
        Assert.Equal((HttpStatusCode.Conflict, "queue_cancelled", "false"), (answer.Status, answer.Code, QueueScene.Header(answer, "x-should-retry")));
        await NeverSentAsync(scene, answer, UsageStatus.Refused);
    }

    [Fact]
    public async Task Whoever_administers_cancels_any_call_and_who_only_sees_all_cancels_none()
    {
        await using var scene = await QueueScene.StartAsync();
        await scene.LimitAsync("\"requests_per_minute\":1");
        await scene.CallAsync();
        var auditor = await scene.KeyAsync("auditor");
        var other = await scene.KeyAsync();
        var waiting = scene.CallAsync();
        await scene.WaitingAsync(1);
        var path = $"/v1/queue/{Assert.Single(await scene.ListAsync(auditor)).Text("id")}";

        Assert.Empty(await scene.ListAsync(other));
        Assert.Equal(HttpStatusCode.NotFound, (await auditor.SendAsync(HttpMethod.Delete, path, null)).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await scene.Host.Admin.SendAsync(HttpMethod.Delete, path, null)).Status);
        Assert.Equal("queue_cancelled", (await waiting).Code);
    }

    [Fact]
    public async Task A_client_that_leaves_takes_its_call_out_of_the_line()
    {
        await using var scene = await QueueScene.StartAsync();
        await scene.LimitAsync("\"requests_per_minute\":1");
        await scene.CallAsync();
        using var leaves = new CancellationTokenSource();
        var waiting = scene.CallAsync(leaves: leaves.Token);
        await scene.WaitingAsync(1);
        await leaves.CancelAsync();
        await scene.WaitingAsync(0);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        scene.Pass(60);
        await scene.CallAsync();

        Assert.Equal(2, scene.Provider.Calls);
        Assert.Equal(0, scene.Queues.Bytes);
    }

    [Fact]
    public async Task A_full_line_refuses_at_once()
    {
        await using var scene = await QueueScene.StartAsync(options: static o => o.MaxCalls = 1);
        await scene.LimitAsync("\"requests_per_minute\":1");
        await scene.CallAsync();
        var waiting = scene.CallAsync();
        await scene.WaitingAsync(1);
        var full = await scene.CallAsync();
        scene.Pass(60);

        Assert.Equal((HttpStatusCode.TooManyRequests, "queue_full"), (full.Status, full.Code));
        Assert.Equal(120, full.Message.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        Assert.Equal(HttpStatusCode.OK, (await waiting).Status);
    }

    [Fact]
    public async Task A_request_larger_than_all_that_may_wait_does_not_wait()
    {
        await using var scene = await QueueScene.StartAsync(options: static o => o.MaxBytes = QueueScene.Ask.Length - 1);
        await scene.LimitAsync("\"requests_per_minute\":1");
        await scene.CallAsync();

        Assert.Equal("queue_full", (await scene.CallAsync()).Code);
    }

    [Fact]
    public async Task An_instance_that_stops_lets_nobody_wait()
    {
        await using var scene = await QueueScene.StartAsync();
        await scene.LimitAsync("\"requests_per_minute\":1");
        await scene.CallAsync();
        var waiting = scene.CallAsync();
        await scene.WaitingAsync(1);
        scene.Host.Services.GetRequiredService<Drain>().Begin();
        var answer = await waiting;

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "shutting_down"), (answer.Status, answer.Code));
        await NeverSentAsync(scene, answer, UsageStatus.Refused);
    }

    [Fact]
    public async Task A_limit_that_is_made_as_new_or_raised_or_deleted_drains_the_line_at_once()
    {
        await using var scene = await QueueScene.StartAsync();
        var limit = await scene.LimitAsync("\"requests_per_minute\":1");
        await scene.CallAsync();
        (HttpMethod Method, string Path, string? Body)[] changes =
        [
            (HttpMethod.Post, $"/control/v1/limits/{limit}/reset", "{}"),
            (HttpMethod.Patch, $"/control/v1/limits/{limit}", """{"requests_per_minute":5}"""),
        ];
        foreach (var (method, path, body) in changes)
        {
            var waiting = scene.CallAsync();
            await scene.WaitingAsync(1);
            Assert.True((await scene.Host.Admin.SendAsync(method, path, body)).Message.IsSuccessStatusCode);
            Assert.Equal(HttpStatusCode.OK, (await waiting).Status);
        }
    }

    [Fact]
    public async Task A_day_is_longer_than_anybody_waits_and_the_callers_own_limit_is_told_at_once()
    {
        await using var scene = await QueueScene.StartAsync();
        await scene.LimitAsync("\"requests_per_day\":1");
        await scene.LimitAsync("\"requests_per_minute\":2", "model", "m");
        await scene.CallAsync();
        var day = await scene.CallAsync();
        await scene.Host.Admin.SendAsync(HttpMethod.Delete, $"/control/v1/limits/{(await Http.GetAsync(scene.Host.Admin, "/control/v1/limits")).Json.GetProperty("data").EnumerateArray().Single(static l => l.Text("scope") == "provider").Text("id")}", null);
        await scene.CallAsync();
        var own = await scene.CallAsync();

        Assert.Equal((HttpStatusCode.TooManyRequests, "provider_limit_reached"), (day.Status, day.Code));
        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limit_exceeded"), (own.Status, own.Code));
    }

    [Theory]
    [InlineData("0", null, "invalid_parameter", 400)]
    [InlineData("300001", null, "invalid_parameter", 400)]
    [InlineData("1.5", null, "invalid_parameter", 400)]
    [InlineData("", null, "invalid_parameter", 400)]
    [InlineData("1000", "urgent", "invalid_parameter", 400)]
    [InlineData(null, "HIGH", "invalid_parameter", 400)]
    [InlineData(null, "high", "priority_not_allowed", 403)]
    public async Task What_is_said_of_waiting_is_checked_though_nobody_has_to_wait(string? wait, string? priority, string code, int status)
    {
        await using var scene = await QueueScene.StartAsync();
        var answer = await scene.CallAsync(wait, priority);

        Assert.Equal((status, code), ((int)answer.Status, answer.Code));
        Assert.Equal(0, scene.Provider.Calls);
    }

    [Fact]
    public async Task High_is_for_keys_with_a_role_or_for_everyone_where_that_is_said()
    {
        await using var scene = await QueueScene.StartAsync(options: static o => o.HighPriority = PriorityRule.Everyone);
        Assert.Equal(HttpStatusCode.OK, (await scene.CallAsync("1", "high")).Status);
        await using var strict = await QueueScene.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await strict.CallAsync("1", "high", await strict.KeyAsync("finops"))).Status);
    }

    [Fact]
    public async Task A_key_that_is_revoked_while_its_call_waits_sends_nothing()
    {
        await using var scene = await QueueScene.StartAsync();
        await scene.LimitAsync("\"requests_per_minute\":1");
        await scene.CallAsync();
        var waiting = scene.CallAsync();
        await scene.WaitingAsync(1);
        await scene.Host.Admin.SendAsync(HttpMethod.Delete, $"/control/v1/keys/{scene.Host.Installation.KeyId}", null);
        scene.Pass(60);
        var answer = await waiting;

        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_api_key"), (answer.Status, answer.Code));
        await NeverSentAsync(scene, answer, UsageStatus.Refused);
    }

    [Fact]
    public async Task A_provider_that_wants_to_be_left_alone_is_waited_for()
    {
        await using var scene = await QueueScene.StartAsync();
        scene.Queues.Pause("p", scene.Host.Time.GetTimestamp() + 5_000_000);
        var waiting = scene.CallAsync();
        await scene.WaitingAsync(1);
        Assert.Equal(5000, (await scene.OfAsync("/control/v1/queue")).GetProperty("paused_ms").GetInt32());
        scene.Pass(4.999);
        await scene.WaitingAsync(1);
        scene.Pass(0.001);

        Assert.Equal((HttpStatusCode.OK, "5000"), ((await waiting).Status, QueueScene.Header(await waiting, "x-queue-wait-ms")));
    }

    [Fact]
    public async Task Lines_are_shown_with_who_waits_where_and_for_how_long()
    {
        await using var scene = await QueueScene.StartAsync();
        Assert.Equal(
            """{"provider":"p","calls":0,"bytes":0,"oldest_ms":0,"estimated_wait_ms":0,"paused_ms":0,"utilisation":0}""",
            (await scene.OfAsync("/control/v1/queue")).GetRawText());
        await scene.LimitAsync("\"requests_per_minute\":1");
        await scene.CallAsync();
        var first = scene.CallAsync(wait: "200000");
        await scene.WaitingAsync(1);
        var second = scene.CallAsync(priority: "low");
        await scene.WaitingAsync(2);
        scene.Host.Time.Advance(TimeSpan.FromSeconds(5));

        var listed = (await scene.ListAsync(scene.Host.Caller)).OrderBy(static c => c.GetProperty("position").GetInt32()).ToList();
        var line = await scene.OfAsync("/control/v1/queue");
        Assert.Equal(
            $$"""{"id":"{{listed[0].Text("id")}}","key_id":"{{scene.Host.Installation.KeyId}}","provider":"p","model":"m","priority":"normal","position":1,"waited_ms":5000,"max_wait_ms":200000,"estimated_wait_ms":55000}""",
            listed[0].GetRawText());
        Assert.Equal(("low", 2, 115_000), (listed[1].Text("priority"), listed[1].GetProperty("position").GetInt32(), listed[1].GetProperty("estimated_wait_ms").GetInt32()));
        Assert.Equal((2, 2 * QueueScene.Ask.Length, 5000, 175_000), (line.GetProperty("calls").GetInt32(), line.GetProperty("bytes").GetInt32(), line.GetProperty("oldest_ms").GetInt32(), line.GetProperty("estimated_wait_ms").GetInt32()));
        scene.Pass(55);
        await first;
        await scene.WaitingAsync(1);
        scene.Pass(60);
        Assert.Equal(HttpStatusCode.OK, (await second).Status);
    }

    /// <summary>One call was sent, the one before; this one cost nothing, and its wallet holds nothing.</summary>
    private static async Task NeverSentAsync(QueueScene scene, Answer answer, UsageStatus status)
    {
        var used = await scene.Host.Stream.OfAsync(answer.Message);
        Assert.Equal((status, 0, 0L, 1), (used.Status, used.Attempts, used.CostNanoUsd, scene.Provider.Calls));
        Assert.Equal(answer.Code, used.ErrorCode);
        Assert.Equal(0, scene.Queues.Bytes);
        Assert.Equal("0.00", (await Http.GetAsync(scene.Host.Admin, $"/control/v1/wallets/{scene.Host.Installation.WalletId}")).Json.Text("held_usd"));
    }
}
