using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers;
using AiOrchestrator.Core.Tests.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Queueing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Traffic.Queueing;

/// <summary>P31 for calls that come to a provider on a way of their own: another's failure, a hedge, another's full limit.</summary>
public sealed class PassingTheLineTests
{
    [Fact]
    public async Task A_call_whose_provider_has_failed_passes_nobody_who_waits_for_the_next()
    {
        await using var scene = await RoutingScene.StartAsync();
        var limit = await scene.PutAsync("limits", """{"scope":"provider","subject":"b","requests_per_minute":1}""");
        var waiting = await WaitForOtherAsync(scene);
        scene.A.Answer = FakeProvider.Only(500);

        // There is room again, but it is the other one's.
        scene.Host.Time.Advance(TimeSpan.FromMinutes(1));
        var (answer, _, usage) = await scene.AskAsync("large");

        Assert.Equal((HttpStatusCode.BadGateway, "a", 1), (answer.StatusCode, usage.Provider, scene.B.Calls));
        await ServedAsync(scene, limit, waiting);
    }

    [Fact]
    public async Task A_call_that_is_asked_twice_passes_nobody_who_waits_for_the_second()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("chains", """{"name":"twice","entries":[{"model":"small"},{"model":"other"}],"hedge_after_ms":20}""");
        var limit = await scene.PutAsync("limits", """{"scope":"provider","subject":"b","requests_per_minute":1}""");
        var waiting = await WaitForOtherAsync(scene);
        scene.Host.Time.Advance(TimeSpan.FromMinutes(1));

        // The first answers when the second has been asked, or has not for much longer than it takes to ask it.
        scene.A.Wait = () => Task.WhenAny(QueueScene.UntilAsync(() => scene.B.Calls > 1), Task.Delay(1000, TestContext.Current.CancellationToken));
        var (answer, _, usage) = await scene.AskAsync("chain:twice");

        Assert.Equal((HttpStatusCode.OK, "a", 1), (answer.StatusCode, usage.Provider, scene.B.Calls));
        Assert.False(answer.Headers.Contains("x-ao-attempts"));
        await ServedAsync(scene, limit, waiting);
    }

    [Fact]
    public async Task A_call_whose_provider_is_full_is_not_sent_to_one_that_is_known_to_be_down()
    {
        await using var scene = await RoutingScene.StartAsync();
        scene.B.Answer = FakeProvider.Only(500);
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(HttpStatusCode.BadGateway, (await scene.AskAsync("other")).Answer.StatusCode);
        }

        _ = await scene.PutAsync("limits", """{"scope":"provider","subject":"a","requests_per_minute":1}""");
        Assert.Equal("a", (await scene.AskAsync("large")).Usage.Provider);
        var asked = scene.B.Calls;
        var (answer, json, _) = await scene.AskAsync("large");

        Assert.Equal((HttpStatusCode.TooManyRequests, "provider_limit_reached"), (answer.StatusCode, json.GetProperty("error").Text("code")));
        Assert.Equal(asked, scene.B.Calls);
    }

    /// <summary>One call has taken what the provider's limit allows, and another waits for more.</summary>
    private static async Task<Task<(HttpResponseMessage Answer, JsonElement Json, UsageEvent Usage)>> WaitForOtherAsync(RoutingScene scene)
    {
        Assert.Equal(HttpStatusCode.OK, (await scene.AskAsync("other")).Answer.StatusCode);
        var waiting = scene.AskAsync("other", headers: ("x-max-wait-ms", "300000"));
        var queues = scene.Host.Services.GetRequiredService<ProviderQueues>();
        await QueueScene.UntilAsync(() => queues.Find(scene.Host.Installation.OrganisationId, "b") is { Count: 1 });
        return waiting;
    }

    private static async Task ServedAsync(RoutingScene scene, string limit, Task<(HttpResponseMessage Answer, JsonElement Json, UsageEvent Usage)> waiting)
    {
        var reset = await scene.Host.Admin.PostAsync($"/control/v1/limits/{limit}/reset", "{}");
        Assert.Equal(HttpStatusCode.NoContent, reset.Status);
        Assert.Equal(HttpStatusCode.OK, (await waiting.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).Answer.StatusCode);
    }
}
