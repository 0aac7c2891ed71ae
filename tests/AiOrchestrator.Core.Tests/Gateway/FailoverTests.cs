using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers;
using AiOrchestrator.Core.Tests.Providers.Chat;
using AiOrchestrator.Core.Tests.Providers.Health;

namespace AiOrchestrator.Core.Tests.Gateway;

/// <summary>RT-04 and RT-05 as a caller sees them: two providers of one model on real sockets, the first of which fails in every way there is.</summary>
public sealed class FailoverTests
{
    private const string Ask = """{"model":"m","messages":[{"role":"user","content":"Hi"}]}""";

    [Theory]
    [InlineData(429, 1, "a/m upstream_refused 429")]
    [InlineData(401, 1, "a/m upstream_authentication_failed 401")]
    [InlineData(403, 1, "a/m upstream_authentication_failed 403")]
    [InlineData(402, 1, "a/m upstream_failed 402")]
    [InlineData(404, 1, "a/m upstream_refused 404")]
    [InlineData(500, 2, "a/m upstream_failed 500; a/m upstream_failed 500")]
    [InlineData(502, 2, "a/m upstream_failed 502; a/m upstream_failed 502")]
    [InlineData(503, 2, "a/m upstream_failed 503; a/m upstream_failed 503")]
    [InlineData(504, 2, "a/m upstream_failed 504; a/m upstream_failed 504")]
    public async Task Where_the_first_fails_the_next_answers_and_the_caller_is_told_what_happened(int status, int calls, string attempts)
    {
        await using var scene = await HealthScene.StartAsync();
        scene.A.Answer = FakeProvider.Only(status);

        var answer = await scene.Host.Caller.PostAsync("/v1/chat/completions", Ask);

        Assert.Equal((HttpStatusCode.OK, "b", attempts), (answer.Status, Header(answer, "x-ao-provider"), Header(answer, "x-ao-attempts")));
        Assert.Equal((calls, 1), (scene.A.Calls, scene.B.Calls));
        var usage = await scene.Host.Stream.OfAsync(answer.Message);
        Assert.Equal((calls + 1, "b", UsageStatus.Ok), (usage.Attempts, usage.Provider, usage.Status));
        Assert.Single(scene.Host.Stream.Events, e => e.RequestId == usage.RequestId);
    }

    [Theory]
    [InlineData("anthropic", "/v1/chat/completions")]
    [InlineData("gemini", "/v1/chat/completions")]
    [InlineData("cohere", "/v1/chat/completions")]
    [InlineData("openai", "/v1/messages")]
    [InlineData("anthropic", "/v1/messages")]
    [InlineData("openai", "/v1/responses")]
    [InlineData("gemini", "/v1/responses")]
    public async Task From_one_wire_format_to_another_and_the_same_again_a_call_is_written_anew(string format, string path)
    {
        await using var scene = await HealthScene.StartAsync($"\"wire_format\":\"{format}\",");
        scene.A.Answer = FakeProvider.Only(500);

        var answer = await scene.Host.Caller.PostAsync(path, path == "/v1/responses" ? """{"model":"m","input":"Hi"}""" : """{"model":"m","max_tokens":20,"messages":[{"role":"user","content":"Hi"}]}""");

        Assert.Equal((HttpStatusCode.OK, "b", 1), (answer.Status, Header(answer, "x-ao-provider"), scene.B.Calls));
        Assert.Equal("a/m upstream_failed 500; a/m upstream_failed 500", Header(answer, "x-ao-attempts"));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(409)]
    [InlineData(413)]
    [InlineData(422)]
    public async Task What_is_the_requests_own_fault_is_told_by_the_first_and_asked_of_nobody_else(int status)
    {
        await using var scene = await HealthScene.StartAsync();
        scene.A.Answer = FakeProvider.Only(status);

        var answer = await scene.Host.Caller.PostAsync("/v1/chat/completions", Ask);

        Assert.Equal((status, null, 1, 0), ((int)answer.Status, Header(answer, "x-ao-attempts"), scene.A.Calls, scene.B.Calls));
    }

    [Fact]
    public async Task A_provider_that_nobody_reaches_is_passed_over()
    {
        await using var scene = await HealthScene.StartAsync();
        await scene.A.GoAwayAsync();

        var answer = await scene.Host.Caller.PostAsync("/v1/chat/completions", Ask);

        Assert.Equal((HttpStatusCode.OK, "a/m upstream_unreachable; a/m upstream_unreachable"), (answer.Status, Header(answer, "x-ao-attempts")));
    }

    [Fact]
    public async Task Where_all_fail_the_last_failure_is_told_with_every_try()
    {
        await using var scene = await HealthScene.StartAsync();
        scene.A.Answer = FakeProvider.Only(429);
        scene.B.Answer = FakeProvider.Only(503);

        var answer = await scene.Host.Caller.PostAsync("/v1/chat/completions", Ask);

        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "upstream_failed", "a/m upstream_refused 429; b/m upstream_failed 503; b/m upstream_failed 503"),
            (answer.Status, answer.Code, Header(answer, "x-ao-attempts")));
        Assert.Equal(3, (await scene.Host.Stream.OfAsync(answer.Message)).Attempts);
    }

    [Fact]
    public async Task An_answer_that_is_no_answer_may_have_been_billed_is_charged_and_asked_again_as_a_call_of_its_own()
    {
        await using var scene = await HealthScene.StartAsync();
        scene.A.Answer = static path => path.EndsWith("/chat/completions", StringComparison.Ordinal) ? (200, "no JSON") : FakeProvider.Well(path);

        var answer = await scene.Host.Caller.PostAsync("/v1/chat/completions", Ask);

        Assert.Equal((HttpStatusCode.OK, "b"), (answer.Status, Header(answer, "x-ao-provider")));
        var served = await scene.Host.Stream.OfAsync(answer.Message);
        var before = scene.Host.Stream.Events.Where(e => e.RequestId == served.RequestId && e.Id != served.Id).ToList();
        Assert.Equal(2, before.Count);
        Assert.All(before, static e => Assert.Equal(("a", "upstream_invalid_answer", "counted", true), (e.Provider, e.ErrorCode, e.UsageSource, e.CostNanoUsd > 0)));
        Assert.Equal(before[^1].Id, served.RetryOf);
        var balance = (await Http.GetAsync(scene.Host.Caller, "/v1/wallet/balance")).Json;
        Assert.Equal(before.Sum(static e => e.CostNanoUsd) + served.CostNanoUsd, Usd(balance.Text("spent_usd")));
    }

    [Theory]
    [InlineData("1", HttpStatusCode.OK, 1)]
    [InlineData("0.04", HttpStatusCode.BadGateway, 0)]
    public async Task After_a_try_that_may_have_been_billed_dearer_ones_are_asked_as_far_as_there_is_money(string limitUsd, HttpStatusCode status, int calls)
    {
        await using var scene = await HealthScene.StartAsync();
        await using var dear = await FakeProvider.StartAsync();
        scene.A.Answer = static path => path.EndsWith("/chat/completions", StringComparison.Ordinal) ? (200, "no JSON") : FakeProvider.Well(path);
        scene.B.Answer = FakeProvider.Only(502);
        var row = HealthScene.Row("c", dear.Address, 3, "").Replace("\"m\"", "\"dear\"", StringComparison.Ordinal).Replace("openai/gpt-4o", "openai/gpt-4", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Created, (await scene.Host.Admin.PostAsync("/control/v1/providers", row)).Status);
        Assert.Equal(HttpStatusCode.Created, (await scene.Host.Admin.PostAsync("/control/v1/chains", """{"name":"two","retries":0,"entries":[{"model":"m"},{"model":"dear"}]}""")).Status);
        var caller = await MessagesScene.PurseAsync(scene.Host, limitUsd);

        var answer = await caller.PostAsync("/v1/chat/completions", """{"model":"chain:two","max_tokens":1000,"messages":[{"role":"user","content":"Hi"}]}""");

        Assert.Equal((status, 1, calls), (answer.Status, scene.B.Calls, dear.Calls));
    }

    [Fact]
    public async Task Who_refused_our_credential_is_not_asked_again_before_a_probe_finds_it_well()
    {
        await using var scene = await HealthScene.StartAsync();
        scene.A.Answer = FakeProvider.Only(401);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await scene.CallAsync());
        }

        Assert.Equal(1, scene.A.Calls);

        scene.A.Answer = FakeProvider.Well;
        await scene.PassAsync(120);
        Assert.Equal(HttpStatusCode.OK, await scene.CallAsync());
        Assert.Equal(2, scene.A.Calls);
    }

    [Fact]
    public async Task Where_nobody_takes_our_credential_calls_are_refused_without_being_sent()
    {
        await using var scene = await HealthScene.StartAsync();
        scene.A.Answer = scene.B.Answer = FakeProvider.Only(401);
        _ = await scene.CallAsync();

        var answer = await scene.Host.Caller.PostAsync("/v1/chat/completions", Ask);

        Assert.Equal((HttpStatusCode.BadGateway, "upstream_authentication_failed", 1, 1), (answer.Status, answer.Code, scene.A.Calls, scene.B.Calls));
    }

    [Fact]
    public async Task Who_asks_to_be_left_alone_is_asked_again_when_that_time_is_over()
    {
        await using var scene = await HealthScene.StartAsync();
        scene.A.Answer = FakeProvider.Only(429);
        _ = await scene.CallAsync();
        scene.A.Answer = FakeProvider.Well;

        _ = await scene.CallAsync();
        Assert.Equal(1, scene.A.Calls);
        scene.Host.Time.Advance(TimeSpan.FromSeconds(1));
        _ = await scene.CallAsync();
        Assert.Equal(2, scene.A.Calls);
    }

    [Fact]
    public async Task Whoever_wants_to_know_is_told_why()
    {
        await using var scene = await HealthScene.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(Ask, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add("x-route", "true");

        using var answer = await scene.Host.Caller.SendAsync(request, TestContext.Current.CancellationToken);

        var route = JsonDocument.Parse(answer.Headers.GetValues("x-route").Single()).RootElement;
        Assert.Equal(("m", "a", "priority"), (route.Text("model"), route.Text("provider"), route.Text("reason")));
        Assert.Equal(["a/m", "b/m"], route.GetProperty("candidates").EnumerateArray().Select(static c => c.GetString()));
        Assert.True(route.GetProperty("latency_estimate_ms").GetInt64() > 0);
    }

    private static string? Header(Answer answer, string name) => answer.Message.Headers.TryGetValues(name, out var values) ? values.Single() : null;

    private static long Usd(string usd) => (long)(decimal.Parse(usd, System.Globalization.CultureInfo.InvariantCulture) * 1_000_000_000m);
}
