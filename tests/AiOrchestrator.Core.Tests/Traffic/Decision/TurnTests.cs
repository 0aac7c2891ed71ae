using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Traffic.Decision;

/// <summary>Who comes first where several could serve.</summary>
public sealed class TurnTests
{
    [Fact]
    public async Task The_cheapest_is_found_however_many_stand_before_it()
    {
        await using var scene = await RoutingScene.StartAsync();
        var names = Enumerable.Range(1, 18).Select(static n => $"dear-{n}").ToArray();
        await scene.PutAsync("providers", RoutingScene.Row("c", scene.A.Address, 3, "", names));
        await scene.PutAsync("providers", RoutingScene.Row("d", scene.A.Address, 4, "", "cheap").Replace("openai/gpt-4o", "openai/gpt-4o-mini", StringComparison.Ordinal));
        _ = await scene.PutAsync("chains", JsonSerializer.Serialize(new { name = "many", strategy = "cheapest", entries = names.Append("cheap").Select(static n => new { model = n }) }));

        Assert.Equal("cheap", (await scene.AskAsync("chain:many")).Usage.Model);
    }

    [Fact]
    public async Task Chains_take_their_turns_by_themselves_and_who_only_asks_takes_none()
    {
        await using var scene = await RoutingScene.StartAsync();
        foreach (var name in new[] { "one", "two" })
        {
            _ = await scene.PutAsync("chains", $$"""{"name":"{{name}}","strategy":"round_robin","entries":[{"model":"small"},{"model":"other"}]}""");
        }

        var served = new List<string>();
        for (var turn = 0; turn < 4; turn++)
        {
            served.Add((await scene.AskAsync("chain:one")).Usage.Model!);
            _ = await scene.AskAsync("chain:two");
            _ = await scene.ExplainAsync("""{"model":"chain:one","messages":[{"role":"user","content":"Hi"}]}""");
            Assert.Equal(HttpStatusCode.OK, (await DryAsync(scene)).StatusCode);
        }

        Assert.Equal(["small", "other", "small", "other"], served);
    }

    [Fact]
    public async Task A_chain_that_only_stands_behind_takes_no_turn()
    {
        await using var scene = await RoutingScene.StartAsync();
        await scene.PutAsync("providers", RoutingScene.Row("c", scene.A.Address, 3, "", "gpt-4o"));
        _ = await scene.PutAsync("chains", """{"name":"one","strategy":"round_robin","entries":[{"model":"small"},{"model":"other"}]}""");
        foreach (var category in Core.Traffic.Facts.TaskCategories.Words)
        {
            _ = await scene.Host.Admin.SendAsync(HttpMethod.Put, $"/control/v1/categories/{category}", """{"chain":"one"}""");
        }

        var served = new List<string>();
        for (var turn = 0; turn < 4; turn++)
        {
            served.Add((await scene.AskAsync("auto:simple")).Usage.Model!);
            Assert.Equal("rule:sys_customer_service", (await scene.AskAsync("auto", "I need help")).Usage.RouteReason);
        }

        Assert.Equal(["small", "other", "small", "other"], served);
    }

    private static async Task<HttpResponseMessage> DryAsync(RoutingScene scene)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent("""{"model":"chain:one","messages":[{"role":"user","content":"Hi"}]}""", System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("x-dry-run", "true");
        return await scene.Host.Caller.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
