using System.Net;
using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Providers.Health;

/// <summary>What calls tell of providers, and what routing makes of it.</summary>
public sealed class HealthRoutingTests
{
    [Fact]
    public async Task Calls_go_to_the_second_provider_while_the_first_is_down_and_back_when_it_is_not()
    {
        await using var scene = await HealthScene.StartAsync();
        Assert.Equal(HttpStatusCode.OK, await scene.CallAsync());
        Assert.Equal((1, 0), (scene.A.Calls, scene.B.Calls));
        Assert.Equal("priority", scene.Host.Stream.Last.RouteReason);

        await scene.A.GoAwayAsync();
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await scene.CallAsync());
            Assert.Equal(("priority", "b", "a/m upstream_unreachable; a/m upstream_unreachable"), Last(scene));
        }

        // The very next call knows.
        Assert.Equal(HttpStatusCode.OK, await scene.CallAsync());
        Assert.Equal(("health", "b", null), Last(scene));
        var down = await scene.HealthAsync("a");
        var model = down.GetProperty("models")[0];
        Assert.Equal(("UNAVAILABLE", "m", "UNAVAILABLE", 5), (down.Text("status"), model.Text("id"), model.Text("status"), model.GetProperty("signals").GetInt64()));
        Assert.Equal(0.8, model.GetProperty("error_rate").GetDouble());

        await scene.A.ComeBackAsync();
        await scene.PassAsync(60);
        Assert.Equal(HttpStatusCode.OK, await scene.CallAsync());
        Assert.Equal((2, 3), (scene.A.Calls, scene.B.Calls));
        Assert.Equal("DEGRADED", await scene.StatusAsync("a"));
    }

    [Fact]
    public async Task Where_all_are_down_the_first_is_tried_so_that_health_refuses_nobody()
    {
        await using var scene = await HealthScene.StartAsync();
        await scene.A.GoAwayAsync();
        await scene.B.GoAwayAsync();
        await scene.PassAsync(60);
        Assert.Equal(("UNAVAILABLE", "UNAVAILABLE"), (await scene.StatusAsync("a"), await scene.StatusAsync("b")));

        Assert.Equal(HttpStatusCode.BadGateway, await scene.CallAsync());
        Assert.StartsWith("a/m upstream_unreachable", scene.Host.Stream.Last.AttemptList, StringComparison.Ordinal);
        await scene.A.ComeBackAsync();
        Assert.Equal(HttpStatusCode.OK, await scene.CallAsync());
        Assert.Equal("a", scene.Host.Stream.Last.Provider);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(422)]
    public async Task What_the_caller_did_wrong_is_not_held_against_the_provider(int status)
    {
        await using var scene = await HealthScene.StartAsync();
        scene.A.Answer = FakeProvider.Only(status);
        for (var i = 0; i < 10; i++)
        {
            _ = await scene.CallAsync();
        }

        var health = await scene.HealthAsync("a");
        Assert.Equal(("HEALTHY", 0), (health.Text("status"), health.GetProperty("signals").GetInt64()));
        Assert.Equal(10, scene.A.Calls);
    }

    [Theory]
    [InlineData(200, """{"error":{"message":"no such tool","type":"invalid_request_error","code":"tool_use_failed"}}""")]
    [InlineData(200, """{"object":"error","message":"too long","type":"BadRequestError","code":400}""")]
    [InlineData(403, """{"error":{"code":403,"message":"flagged","metadata":{"reasons":["violence"],"flagged_input":"x"}}}""")]
    [InlineData(403, """{"error":{"message":"not that","code":"content_policy_violation"}}""")]
    public async Task Nor_is_an_error_that_says_it_is_the_requests_own(int status, string json)
    {
        await using var scene = await HealthScene.StartAsync();
        scene.A.Answer = path => path.EndsWith("/chat/completions", StringComparison.Ordinal) ? (status, json) : FakeProvider.Well(path);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal((HttpStatusCode)status, await scene.CallAsync());
        }

        Assert.Equal(("HEALTHY", 5, 0), (await scene.StatusAsync("a"), scene.A.Calls, scene.B.Calls));
    }

    [Fact]
    public async Task An_answer_that_is_only_larger_than_is_read_is_no_outage()
    {
        await using var scene = await HealthScene.StartAsync(compose: static services => services.AddInProcessRates().Configure<GatewayOptions>(static o => o.MaxAnswerBytes = 1024));
        var large = FakeProvider.Completion.Replace("Hi", new string('a', 2000), StringComparison.Ordinal);
        scene.A.Answer = path => path.EndsWith("/chat/completions", StringComparison.Ordinal) ? (200, large) : FakeProvider.Well(path);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.BadGateway, await scene.CallAsync());
        }

        Assert.Equal(("HEALTHY", 5), (await scene.StatusAsync("a"), scene.A.Calls));
    }

    [Fact]
    public async Task An_account_without_money_is_a_refusal_that_only_a_change_ends()
    {
        await using var scene = await HealthScene.StartAsync(""" "probe_interval_ms":0, """);
        scene.A.Answer = FakeProvider.Only(402);
        _ = await scene.CallAsync();
        await scene.PassAsync(600);
        _ = await scene.CallAsync();
        Assert.Equal(("b", "UNAVAILABLE", 1), (scene.Host.Stream.Last.Provider, await scene.StatusAsync("a"), scene.A.Calls));
    }

    [Fact]
    public async Task Refusals_for_load_degrade_and_do_not_take_it_out()
    {
        await using var scene = await HealthScene.StartAsync();
        scene.A.Answer = FakeProvider.Only(429);
        for (var i = 0; i < 10; i++)
        {
            _ = await scene.CallAsync();
            scene.Host.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(("DEGRADED", 10, 10), (await scene.StatusAsync("a"), scene.A.Calls, scene.B.Calls));
        await scene.TurnAsync();
        Assert.Equal("status_change warning: The provider 'a' is DEGRADED", await scene.AlertsAsync());
        Assert.Equal("statusChange of m HEALTHY-DEGRADED, statusChange HEALTHY-DEGRADED", await scene.HistoryAsync("a"));
    }

    [Fact]
    public async Task A_model_that_is_refused_is_out_alone_where_others_at_the_provider_answer()
    {
        await using var scene = await HealthScene.StartAsync();
        const string Other = """{"model":"n","messages":[{"role":"user","content":"Hi"}]}""";
        var row = HealthScene.Row("a", scene.A.Address, 1, "", """,{"id":"n","upstream_id":"up2","price_as":"openai/gpt-4o"}""");
        _ = await scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/providers/a", row);
        await scene.TurnAsync();
        Assert.Equal(HttpStatusCode.OK, await scene.CallAsync(Other));
        scene.A.Answer = FakeProvider.Only(403);
        _ = await scene.CallAsync();

        var health = await scene.HealthAsync("a");
        Assert.Equal("HEALTHY", health.Text("status"));
        Assert.Equal("m UNAVAILABLE, n HEALTHY", string.Join(", ", health.GetProperty("models").EnumerateArray().Select(static m => $"{m.Text("id")} {m.Text("status")}")));
        Assert.Equal(HttpStatusCode.OK, await scene.CallAsync());
        Assert.Equal("b", scene.Host.Stream.Last.Provider);

        // A good probe lets it be tried again; its next failure takes it out at once.
        scene.A.Answer = static path => path.EndsWith("/models", StringComparison.Ordinal) ? FakeProvider.Well(path) : (500, "{}");
        await scene.PassAsync(60);
        _ = await scene.CallAsync();
        Assert.Equal(
            ("a/m upstream_failed 500; a/m upstream_failed 500", "UNAVAILABLE"),
            (scene.Host.Stream.Last.AttemptList, (await scene.HealthAsync("a")).GetProperty("models")[0].Text("status")));
    }

    [Fact]
    public async Task What_nothing_probes_is_tried_again_after_a_rest()
    {
        await using var scene = await HealthScene.StartAsync(""" "probe_interval_ms":0, """);
        scene.A.Answer = FakeProvider.Only(500);
        for (var i = 0; i < 3; i++)
        {
            _ = await scene.CallAsync();
        }

        await scene.PassAsync(9);
        _ = await scene.CallAsync();
        Assert.Equal(("health", "b", null), Last(scene));
        await scene.PassAsync(1);
        _ = await scene.CallAsync();
        Assert.Equal("a/m upstream_failed 500", Last(scene).Attempts?.Split("; ")[0]);
        Assert.Equal("UNAVAILABLE", await scene.StatusAsync("a"));
        _ = await scene.CallAsync();
        Assert.Equal(("health", "b", null), Last(scene));
    }

    [Fact]
    public async Task Who_is_well_again_is_back_within_one_window_of_its_breaker_whatever_probes_it()
    {
        await using var scene = await HealthScene.StartAsync(""" "probe_interval_ms":0, """);
        scene.A.Answer = FakeProvider.Only(500);
        for (var i = 0; i < 3; i++)
        {
            _ = await scene.CallAsync();
        }

        scene.A.Answer = FakeProvider.Well;
        scene.Host.Time.Advance(TimeSpan.FromSeconds(10));
        for (var i = 0; i < 3; i++)
        {
            _ = await scene.CallAsync();
            Assert.Equal(("a", null), (scene.Host.Stream.Last.Provider, scene.Host.Stream.Last.AttemptList));
        }

        Assert.Equal("DEGRADED", await scene.StatusAsync("a"));
    }

    private static (string? Reason, string? Provider, string? Attempts) Last(HealthScene scene) =>
        (scene.Host.Stream.Last.RouteReason, scene.Host.Stream.Last.Provider, scene.Host.Stream.Last.AttemptList);
}
