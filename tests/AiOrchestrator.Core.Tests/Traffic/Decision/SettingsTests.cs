using System.Net;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers.Chat;

namespace AiOrchestrator.Core.Tests.Traffic.Decision;

/// <summary>What a rule sets of a request, and what stays as the caller has it.</summary>
public sealed class SettingsTests
{
    private const string Response = """{"id":"resp_theirs","object":"response","status":"completed","model":"m","output":[],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}""";

    [Fact]
    public async Task A_call_that_goes_on_with_a_response_still_does_when_a_rule_sets_something()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Response));
        await using var host = await ResponsesScene.StartAsync(upstream, "native");
        var first = await host.Caller.PostAsync("/v1/responses", """{"model":"m","input":"Hi","max_output_tokens":50}""");
        Assert.Equal(HttpStatusCode.Created, (await host.Admin.PostAsync("/control/v1/routes", """{"name":"cool","action":{"set":{"parameters":{"temperature":0} } } }""")).Status);

        var next = await host.Caller.PostAsync("/v1/responses", $$"""{"model":"m","previous_response_id":"{{first.Json.Text("id")}}","input":"Go on","max_output_tokens":50}""");

        Assert.Equal(HttpStatusCode.OK, next.Status);
        Assert.Equal("""{"model":"gpt-4o-mini","previous_response_id":"resp_theirs","input":"Go on","max_output_tokens":50,"temperature":0}""", upstream.Asked.Last().Body);
    }

    [Fact]
    public async Task What_is_not_set_is_sent_as_it_stands_however_it_is_written()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Core.Tests.Providers.FakeProvider.Completion));
        await using var host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" });
        Assert.Equal(HttpStatusCode.Created, (await host.Admin.PostAsync("/control/v1/providers", RoutingScene.Row("p", upstream.Address, 1, "", "m"))).Status);
        Assert.Equal(HttpStatusCode.Created, (await host.Admin.PostAsync("/control/v1/routes", """{"name":"cool","action":{"set":{"max_tokens_cap":9,"parameters":{"temperature":0} } } }""")).Status);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", """{"model":"m","seed":1.50, "messages":[{"role":"user","content":"\ud83d alone, \u00e9"}],"max_tokens":50}""");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("""{"model":"up-m","seed":1.50,"messages":[{"role":"user","content":"\ud83d alone, \u00e9"}],"max_tokens":9,"temperature":0}""", upstream.Asked.Last().Body);
    }

    [Theory]
    [InlineData("\"max_tokens_cap\":1000", ",\"max_tokens\":500", 5000, "\"max_tokens\":1000")]
    [InlineData("\"max_tokens_default\":2000", "", 100, "\"max_tokens\":100")]
    [InlineData("\"parameters\":{\"seed\":1}", ",\"max_completion_tokens\":4000", 200, "\"max_completion_tokens\":200")]
    public async Task A_variants_bound_goes_over_the_callers_and_a_rules_default_and_never_over_its_cap(string set, string asked, int variant, string sent)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Core.Tests.Providers.FakeProvider.Completion));
        await using var host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" });
        Assert.Equal(HttpStatusCode.Created, (await host.Admin.PostAsync("/control/v1/providers", RoutingScene.Row("p", upstream.Address, 1, "", "m").Replace("openai/gpt-4o", "openai/gpt-4", StringComparison.Ordinal))).Status);
        Assert.Equal(HttpStatusCode.Created, (await host.Admin.PostAsync("/control/v1/routes", $$$"""{"name":"r","action":{"set":{{{{set}}}} } }""")).Status);
        string Variant(string name) => $$$"""{"name":"{{{name}}}","model":"m","parameters":{"max_tokens":{{{variant}}}} }""";
        var made = await host.Admin.PostAsync("/control/v1/experiments", $$"""{"name":"x","applies_to":"m","variants":[{{Variant("a")}},{{Variant("b")}}],"metric":"cost"}""");
        Assert.True(made.Status == HttpStatusCode.Created, made.Text);
        Assert.Equal(HttpStatusCode.OK, (await host.Admin.PostAsync($"/control/v1/experiments/{made.Json.Text("id")}/start", "{}")).Status);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", $$"""{"model":"m","messages":[{"role":"user","content":"Hi"}]{{asked}} }""");

        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        Assert.Contains(sent, upstream.Asked.Last().Body, StringComparison.Ordinal);
        Assert.Equal(2, upstream.Asked.Last().Body.Split("\"max_").Length);
    }

    [Fact]
    public async Task What_a_rule_sets_is_not_said_of_the_caller()
    {
        await using var scene = await RoutingScene.StartAsync();
        const string Ask = """{"model":"small","messages":[{"role":"user","content":"Hi"}]}""";
        _ = await scene.PutAsync("routes", """{"name":"short","action":{"set":{"max_tokens_cap":7} } }""");

        var bounded = await scene.Host.Stream.OfAsync((await scene.Host.Caller.PostAsync("/v1/chat/completions", Ask)).Message);

        Assert.Equal((7, null), (bounded.CompletionTokensMax, bounded.LegacyUse));
    }

    [Theory]
    [InlineData(3000, """{"type":"enabled","budget_tokens":1500}""")]
    [InlineData(1100, """{"type":"enabled","budget_tokens":1024}""")]
    [InlineData(1000, """{"type":"disabled"}""")]
    public async Task A_bound_below_what_the_model_may_think_with_bounds_the_thinking_too(int cap, string thinking)
    {
        await using var upstream = await RecordedUpstream.StartAsync(
            "application/json", """{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}"""u8.ToArray());
        await using var host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" });
        Assert.Equal(HttpStatusCode.Created, (await host.Admin.PostAsync("/control/v1/providers", RoutingScene.Row("p", upstream.Address, 1, "\"wire_format\":\"anthropic\",", "m"))).Status);
        Assert.Equal(HttpStatusCode.Created, (await host.Admin.PostAsync("/control/v1/routes", $$$"""{"name":"short","action":{"set":{"max_tokens_cap":{{{cap}}}} } }""")).Status);

        var answer = await host.Caller.PostAsync(
            "/v1/messages", """{"model":"m","max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":4000},"messages":[{"role":"user","content":"Hi"}]}""");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        using var sent = JsonDocument.Parse(upstream.Asked.Last().Body);
        Assert.Equal((cap, thinking), (sent.RootElement.GetProperty("max_tokens").GetInt32(), sent.RootElement.GetProperty("thinking").GetRawText()));
        Assert.Equal("max_tokens, thinking", answer.Message.Headers.GetValues("x-ao-set").Single());
    }

    [Fact]
    public async Task A_bound_that_leaves_room_to_think_leaves_the_thinking_alone()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("routes", """{"name":"short","action":{"set":{"max_tokens_cap":5000} } }""");

        var answer = await scene.Host.Caller.PostAsync(
            "/v1/messages", """{"model":"small","max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":4000},"messages":[{"role":"user","content":"Hi"}]}""");

        Assert.Equal("max_tokens", answer.Message.Headers.GetValues("x-ao-set").Single());
    }
}
