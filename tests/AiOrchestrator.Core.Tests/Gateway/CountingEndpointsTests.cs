using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Gateway;

public sealed class CountingEndpointsTests
{
    private static readonly Dictionary<string, string> Vendors = new() { ["OPENAI_API_KEY"] = "env-secret", ["ANTHROPIC_API_KEY"] = "env-secret" };

    [Fact]
    public async Task A_text_is_counted_and_its_tokens_told_where_they_are_asked_for()
    {
        await using var host = await CoreHost.StartAsync(Vendors);

        var answer = await host.Caller.PostAsync("/v1/tokenize", """{"model":"gpt-4o","input":"a\uFEFFb","ids":true}""");
        var plain = await host.Caller.PostAsync("/v1/tokenize", """{"model":"gpt-4o","input":"hello world"}""");
        var several = await host.Caller.PostAsync("/v1/tokenize", """{"model":"text-embedding-3-small","input":["hello","hello world",""],"ids":true}""");

        Assert.Equal("""{"model":"gpt-4o","tokenizer":"o200k_base","exact":true,"count":3,"ids":[[64,5574,65]]}""", answer.Text);
        Assert.Equal("""{"model":"gpt-4o","tokenizer":"o200k_base","exact":true,"count":2}""", plain.Text);
        Assert.Equal("""{"model":"text-embedding-3-small","tokenizer":"cl100k_base","exact":true,"count":3,"counts":[1,2,0],"ids":[[15339],[15339,1917],[]]}""", several.Text);
        var balance = (await Http.GetAsync(host.Caller, "/v1/wallet/balance")).Json;
        Assert.Equal(("0.00", "0.00"), (balance.Text("spent_usd"), balance.Text("held_usd")));
    }

    [Fact]
    public async Task A_conversation_is_counted_as_the_model_is_shown_it()
    {
        await using var host = await CoreHost.StartAsync(Vendors);

        var answer = await host.Caller.PostAsync(
            "/v1/tokenize", """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"functions":[{"name":"foo","parameters":{"type":"object","properties":{}}}]}""");

        Assert.Equal("""{"model":"gpt-4o","tokenizer":"o200k_base","exact":true,"count":31}""", answer.Text);
    }

    [Theory]
    [InlineData("""{"model":"gpt-9","input":"a"}""", 404, "model_not_found")]
    [InlineData("""{"input":"a"}""", 400, "invalid_request")]
    [InlineData("""{"model":"gpt-4o"}""", 400, "invalid_request")]
    [InlineData("""{"model":"gpt-4o","input":"a","messages":[]}""", 400, "invalid_request")]
    [InlineData("""{"model":"gpt-4o","input":"a","text":"b"}""", 400, "invalid_request")]
    [InlineData("""{"model":"gpt-4o","input":7}""", 400, "invalid_parameter")]
    [InlineData("""{"model":"gpt-4o","input":["a",7]}""", 400, "invalid_parameter")]
    [InlineData("""{"model":"gpt-4o","messages":[]}""", 400, "invalid_parameter")]
    [InlineData("""{"model":"gpt-4o","messages":[{"role":"user","content":"a"}],"ids":true}""", 400, "invalid_parameter")]
    [InlineData("""{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"file","file":{}}]}]}""", 400, "unsupported_parameter")]
    [InlineData("""{"model":"gpt-4o","input":"\ud800"}""", 400, "invalid_json")]
    [InlineData("", 400, "invalid_json")]
    public async Task What_is_wrong_with_a_request_to_tokenize_is_told(string body, int status, string code)
    {
        await using var host = await CoreHost.StartAsync(Vendors);

        var answer = await host.Caller.PostAsync("/v1/tokenize", body);

        Assert.Equal(((HttpStatusCode)status, code), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_body_beyond_the_bound_is_refused()
    {
        await using var host = await CoreHost.StartAsync(Vendors);

        var answer = await host.Caller.PostAsync("/v1/tokenize", $$"""{"model":"gpt-4o","input":"{{new string('x', 9 << 20)}}"}""");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
    }

    [Fact]
    public async Task Anthropics_shape_is_counted_for_any_model()
    {
        await using var host = await CoreHost.StartAsync(Vendors);
        const string Request = """
            "system":[{"type":"text","text":"hello world"}],"messages":[
              {"role":"user","content":[{"type":"text","text":"hello"},{"type":"image","source":{"type":"url","url":"https://example.org/a.png"}}]},
              {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"get","input":{}}]},
              {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"hello"}]}]
            """;

        var openAi = await host.Caller.PostAsync("/v1/messages/count_tokens", "{\"model\":\"gpt-4o\"," + Request + "}");
        var claude = await host.Caller.PostAsync("/v1/messages/count_tokens", "{\"model\":\"claude-sonnet-4-5\"," + Request + ",\"tools\":[{\"name\":\"get\",\"input_schema\":{\"type\":\"object\"}}]}");

        // 2 and 1 and 1 of text, 1 for the name, 1 for its arguments, a role and 3 around each message, 3 for the start of the answer.
        Assert.Equal(2 + 1 + 1 + 1 + 1 + (3 * 4) + 3 + 765, openAi.Json.GetProperty("input_tokens").GetInt64());
        Assert.InRange(claude.Json.GetProperty("input_tokens").GetInt64(), 346 + 1300, 346 + 1450);
    }

    [Theory]
    [InlineData("""{"messages":[]}""", 400)]
    [InlineData("""{"model":"gpt-9","messages":[{"role":"user","content":"a"}]}""", 404)]
    [InlineData("""{"model":"gpt-4o"}""", 400)]
    [InlineData("""{"model":"gpt-4o","messages":[]}""", 400)]
    [InlineData("""{"model":"gpt-4o","messages":[7]}""", 400)]
    [InlineData("""{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"text"}]}]}""", 400)]
    [InlineData("""{"model":"gpt-4o","system":7,"messages":[{"role":"user","content":"a"}]}""", 400)]
    [InlineData("""{"model":"gpt-4o","tools":{},"messages":[{"role":"user","content":"a"}]}""", 400)]
    [InlineData("""{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","data":""}}]}]}""", 400)]
    public async Task What_is_wrong_with_a_request_in_anthropics_shape_is_told(string body, int status)
    {
        await using var host = await CoreHost.StartAsync(Vendors);

        Assert.Equal((HttpStatusCode)status, (await host.Caller.PostAsync("/v1/messages/count_tokens", body)).Status);
    }

    [Fact]
    public async Task What_was_learned_of_a_model_is_shown_and_applied()
    {
        await using var host = await CoreHost.StartAsync(Vendors);
        const string Request = """{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"hello hello hello hello"}]}""";
        var before = (await host.Caller.PostAsync("/v1/messages/count_tokens", Request)).Json.GetProperty("input_tokens").GetInt64();
        var ratios = host.Services.GetRequiredService<CountingRatios>();
        for (var i = 0; i < 20; i++)
        {
            ratios.Learn("anthropic", "claude-sonnet-4-5", 100, 150, 100, 120);
        }

        var counting = (await Http.GetAsync(host.Caller, "/v1/models/claude-sonnet-4-5")).Json.GetProperty("counting");
        var after = (await host.Caller.PostAsync("/v1/messages/count_tokens", Request)).Json.GetProperty("input_tokens").GetInt64();

        Assert.Equal("""{"tokenizer":"o200k_base*1.22","exact":false,"stated_error_percent":30,"ratio":1.5,"completion_ratio":1.2,"samples":20}""", JsonSerializer.Serialize(counting));
        Assert.Equal((long)Math.Ceiling(before * 1.5), after);
    }

    [Fact]
    public async Task A_key_counts_only_for_models_it_may_call()
    {
        await using var host = await CoreHost.StartAsync(Vendors);
        var key = await host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"n","wallet_id":"{{host.Installation.WalletId}}","allowed_models":["echo"]}""");
        var caller = host.ClientFor(key.Json.Text("key"));

        Assert.Equal("model_not_allowed", (await caller.PostAsync("/v1/tokenize", """{"model":"gpt-4o","input":"a"}""")).Code);
        Assert.Equal("model_not_allowed", (await caller.PostAsync("/v1/messages/count_tokens", """{"model":"gpt-4o","messages":[{"role":"user","content":"a"}]}""")).Code);
        Assert.Equal(HttpStatusCode.OK, (await caller.PostAsync("/v1/tokenize", """{"model":"echo","input":"a"}""")).Status);
    }
}
