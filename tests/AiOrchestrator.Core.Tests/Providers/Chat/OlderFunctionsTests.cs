using System.Net;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Clients that offer <c>functions</c>, before providers of each wire format: they are asked in the words they know.</summary>
public sealed class OlderFunctionsTests
{
    private const string Ask =
        """{"model":"m","max_tokens":50,"function_call":"auto","functions":[{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}],"messages":[{"role":"user","content":"Paris?"},{"role":"assistant","content":null,"function_call":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}},{"role":"function","name":"weather","content":"12"},{"role":"assistant","content":null,"function_call":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}},{"role":"function","name":"weather","content":"3"}]}""";

    [Theory]
    [InlineData("anthropic", """{"id":"a","type":"message","role":"assistant","model":"m","content":[{"type":"tool_use","id":"t1","name":"weather","input":{"city":"Paris"}}],"stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":1}}""")]
    [InlineData("gemini", """{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"weather","args":{"city":"Paris"}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1}}""")]
    [InlineData("cohere", """{"id":"a","finish_reason":"TOOL_CALL","message":{"role":"assistant","tool_calls":[{"id":"t1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}}]},"usage":{"tokens":{"input_tokens":3,"output_tokens":1}}}""")]
    [InlineData("bedrock", """{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"weather","input":{"city":"Paris"}}}]}},"stopReason":"tool_use","usage":{"inputTokens":3,"outputTokens":1,"totalTokens":4}}""")]
    [InlineData("openai_responses", """{"id":"a","object":"response","status":"completed","model":"m","output":[{"type":"function_call","id":"i1","call_id":"t1","name":"weather","arguments":"{\"city\":\"Paris\"}","status":"completed"}],"usage":{"input_tokens":3,"output_tokens":1,"total_tokens":4}}""")]
    [InlineData("openai", """{"id":"a","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"function_call":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}},"finish_reason":"function_call"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}""")]
    public async Task A_call_comes_back_as_function_call_and_every_earlier_one_has_its_own_result(string format, string upstreamAnswer)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(upstreamAnswer));
        await using var host = await StartAsync(upstream, format);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", Ask);

        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        var choice = answer.Json.GetProperty("choices")[0];
        Assert.Equal("function_call", choice.Text("finish_reason"));
        Assert.Equal("weather", choice.GetProperty("message").GetProperty("function_call").Text("name"));
        Assert.Equal("Paris", JsonDocument.Parse(choice.GetProperty("message").GetProperty("function_call").Text("arguments")).RootElement.Text("city"));
        Assert.False(choice.GetProperty("message").TryGetProperty("tool_calls", out _));
        Assert.StartsWith("functions (use tools)", answer.Message.Headers.GetValues("x-ao-deprecated").Single(), StringComparison.Ordinal);
        var asked = Assert.Single(upstream.Asked).Body;
        Assert.Contains("Rome", asked, StringComparison.Ordinal);
        if (format is "anthropic" or "bedrock" or "cohere" or "openai_responses")
        {
            Assert.Equal(2, asked.Split("\"weather_2\"").Length - 1);
        }
    }

    [Fact]
    public async Task A_stream_tells_it_in_the_older_shape_and_loses_no_second_call()
    {
        string[] events =
        [
            """{"type":"message_start","message":{"id":"m","model":"x","content":[],"usage":{"input_tokens":8,"output_tokens":1}}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"weather","input":{}}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"city\":\"Paris\"}"}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t2","name":"time","input":{}}}""",
            """{"type":"content_block_stop","index":1}""",
            """{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}""",
            """{"type":"message_stop"}""",
        ];
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", RecordedUpstream.Sse(events, named: true));
        await using var host = await StartAsync(upstream, "anthropic");

        var answer = await host.Caller.PostAsync("/v1/chat/completions", Ask[..^1] + ",\"stream\":true}");

        Assert.Contains("\"delta\":{\"function_call\":{\"name\":\"weather\",\"arguments\":\"\"}}", answer.Text, StringComparison.Ordinal);
        Assert.Contains("""{"function_call":{"arguments":"{\"city\":\"Paris\"}"}}""", answer.Text, StringComparison.Ordinal);
        Assert.Contains("\"tool_calls\":[{\"index\":1,\"id\":\"t2\"", answer.Text, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"function_call\"", answer.Text, StringComparison.Ordinal);
    }

    private static async Task<CoreHost> StartAsync(RecordedUpstream upstream, string format)
    {
        var secret = format == "bedrock" ? "AKIA:s" : "sk-secret";
        var host = await CoreHost.StartAsync(new() { ["KEY"] = secret }, compose: static services => services.AddInProcessRates());
        var region = format == "bedrock" ? "\"region\":\"us-east-1\"," : "";
        var row = $$"""{"id":"lab","wire_format":"{{format}}",{{region}}"base_url":"{{upstream.Address}}/v1","api_key_ref":"env:KEY","models":[{"id":"m","context_window_tokens":10000,"max_output_tokens":1000,"price":{"input_usd_per_million":"1","output_usd_per_million":"1"} } ] }""";
        var created = await host.Admin.PostAsync("/control/v1/providers", row);
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return host;
    }
}
