using System.Net;
using System.Text;
using AiOrchestrator.Core.Tests.Hosting;
using static AiOrchestrator.Core.Tests.Providers.Chat.MessagesScene;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Failures at /v1/messages and below it: Anthropic's envelope, our codes.</summary>
public sealed class MessagesErrorsTests
{
    [Theory]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"Hi"}]}""", "missing_parameter", "max_tokens")]
    [InlineData("""{"model":"m","max_tokens":null,"messages":[{"role":"user","content":"Hi"}]}""", "missing_parameter", "max_tokens")]
    [InlineData("""{"model":"m","max_tokens":5}""", "missing_parameter", "messages")]
    [InlineData("""{"max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}""", "missing_parameter", "model")]
    [InlineData("""{"model":"m","max_tokens":0,"messages":[{"role":"user","content":"Hi"}]}""", "invalid_parameter", "max_tokens")]
    [InlineData("""{"model":"m","max_tokens":5,"messages":[]}""", "invalid_parameter", "messages")]
    [InlineData("""{"model":"m","max_tokens":5,"messages":[{"role":"user"}]}""", "invalid_parameter", "messages[0].content")]
    [InlineData("""{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[7]}]}""", "invalid_parameter", "messages[0].content[0]")]
    [InlineData("""{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hi","content":"a secret that costs"}]}""", "invalid_json", null)]
    [InlineData("""{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"\ud800"}]}]}""", "invalid_json", null)]
    [InlineData("{", "invalid_json", null)]
    public async Task What_is_wrong_with_a_request_is_told_by_name(string body, string code, string? param)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", []);
        await using var host = await StartAsync(upstream, "anthropic");

        var answer = await host.Caller.PostAsync("/v1/messages", body);

        AssertError(answer, HttpStatusCode.BadRequest, "invalid_request_error", code);
        Assert.Equal(param, answer.Param);
        Assert.Empty(upstream.Asked);
    }

    [Theory]
    [InlineData("\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]", "tools[0].type")]
    [InlineData("\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}},{\"name\":\"x\",\"type\":\"code_execution_20250825\"}]", "tools[1].type")]
    [InlineData("\"tools\":[{\"type\":\"web_fetch_20250910\",\"name\":\"web_fetch\"}]", "tools[0].type")]
    [InlineData("\"tools\":[{\"type\":\"mcp_toolset\",\"mcp_server_name\":\"a\"}]", "tools[0].type")]
    [InlineData("\"tools\":[{\"type\":\"advisor_20260301\",\"name\":\"advisor\",\"model\":\"claude-opus-4-6\"}]", "tools[0].type")]
    [InlineData("\"mcp_servers\":[]", "mcp_servers")]
    [InlineData("\"container\":\"c\"", "container")]
    [InlineData("\"fallbacks\":[{\"model\":\"claude-opus-4-6\"}]", "fallbacks")]
    [InlineData("\"speed\":\"fast\"", "speed")]
    [InlineData("\"inference_geo\":\"us\"", "inference_geo")]
    [InlineData("\"context_management\":{\"edits\":[{\"type\":\"compact_20260112\"}]}", "context_management")]
    public async Task What_the_provider_would_run_and_bill_on_its_own_is_refused_by_name(string member, string param)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", []);
        await using var host = await StartAsync(upstream, "anthropic");

        var answer = await host.Caller.PostAsync("/v1/messages", $$"""{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hi"}],{{member}}}""");

        AssertError(answer, HttpStatusCode.BadRequest, "invalid_request_error", "unsupported_parameter");
        Assert.Equal(param, answer.Param);
        Assert.Empty(upstream.Asked);
    }

    [Fact]
    public async Task Tools_that_the_caller_runs_and_edits_that_only_clear_are_taken()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", RecordedWhole("anthropic-text"));
        await using var host = await StartAsync(upstream, "anthropic");

        var answer = await host.Caller.PostAsync("/v1/messages", """
            {"model":"m","max_tokens":50,"messages":[{"role":"user","content":"Hi"}],"speed":"standard","inference_geo":"global","container":null,"metadata":{"user_id":"ann"},
            "tools":[{"type":"bash_20250124","name":"bash"},{"type":"text_editor_20250728","name":"e"},{"type":"computer_20250124","name":"c"},{"type":"memory_20250818","name":"memory"}],
            "context_management":{"edits":[{"type":"clear_tool_uses_20250919"}]}}
            """);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        await host.StopAsync();
        Assert.Equal("ann", host.Stream.Last.EndUser);
    }

    [Fact]
    public async Task Whoever_may_not_or_asks_for_what_is_not_there_is_told_in_Anthropics_words()
    {
        await using var host = await CoreHost.StartAsync();
        const string Unknown = """{"model":"gpt-9","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}""";

        AssertError(await host.Anonymous.PostAsync("/v1/messages", Ask), HttpStatusCode.Unauthorized, "authentication_error", "missing_api_key");
        AssertError(await host.ClientFor("sk-wrong").PostAsync("/v1/messages/count_tokens", Ask), HttpStatusCode.Unauthorized, "authentication_error", "invalid_api_key");
        AssertError(await host.Admin.PostAsync("/v1/messages", Ask), HttpStatusCode.Forbidden, "permission_error", "permission_denied");
        AssertError(await host.Caller.PostAsync("/v1/messages", Unknown), HttpStatusCode.NotFound, "not_found_error", "model_not_found");
        AssertError(await host.Caller.PostAsync("/v1/messages/count_tokens", Unknown), HttpStatusCode.NotFound, "not_found_error", "model_not_found");
        AssertError(await host.Caller.PostAsync("/v1/messages/batches", Unknown), HttpStatusCode.NotFound, "not_found_error", "route_not_found");
        AssertError(await Http.GetAsync(host.Caller, "/v1/messages"), HttpStatusCode.MethodNotAllowed, "invalid_request_error", "method_not_allowed");
        AssertError(await host.Caller.PostAsync("/v1/messages/count_tokens", $$"""{"x":"{{new string('x', 9 << 20)}}"}"""), HttpStatusCode.RequestEntityTooLarge, "request_too_large", "body_too_large");
        Assert.False((await host.Caller.PostAsync("/v1/messagess", Unknown)).Json.TryGetProperty("type", out _));
    }

    [Theory]
    [InlineData("anthropic", 429, "rate_limit_error", HttpStatusCode.TooManyRequests, null)]
    [InlineData("anthropic", 529, "overloaded_error", HttpStatusCode.ServiceUnavailable, "upstream_failed")]
    [InlineData("anthropic", 500, "api_error", HttpStatusCode.BadGateway, "upstream_failed")]
    [InlineData("anthropic", 401, "api_error", HttpStatusCode.BadGateway, "upstream_authentication_failed")]
    [InlineData("openai", 429, "rate_limit_error", HttpStatusCode.TooManyRequests, "upstream_refused")]
    [InlineData("openai", 503, "overloaded_error", HttpStatusCode.ServiceUnavailable, "upstream_failed")]
    [InlineData("openai", 504, "timeout_error", HttpStatusCode.GatewayTimeout, "upstream_failed")]
    [InlineData("openai", 413, "request_too_large", HttpStatusCode.RequestEntityTooLarge, "upstream_refused")]
    public async Task What_the_provider_refuses_keeps_its_meaning_and_when_to_come_back(string format, int status, string type, HttpStatusCode seen, string? code)
    {
        var theirs = $$$"""{"type":"error","error":{"type":"rate_limit_error","message":"Slow down."},"request_id":"req_theirs"}""";
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(theirs), status: status, headers: [("retry-after", "17")]);
        await using var host = await StartAsync(upstream, format);

        var answer = await host.Caller.PostAsync("/v1/messages", Ask);

        if (code is null)
        {
            Assert.Equal((seen, theirs), (answer.Status, answer.Text));
        }
        else
        {
            AssertError(answer, seen, type, code);
        }

        Assert.Equal(seen == HttpStatusCode.BadGateway && status == 401 ? null : "17", answer.Message.Headers.TryGetValues("retry-after", out var after) ? after.Single() : null);
        await host.StopAsync();
        Assert.Equal(0, host.Stream.Last.CostNanoUsd);
    }

    private static void AssertError(Answer answer, HttpStatusCode status, string type, string code)
    {
        Assert.True(status == answer.Status, answer.Text);
        var error = answer.Json.GetProperty("error");
        Assert.Equal(("error", type, code), (answer.Json.Text("type"), error.Text("type"), error.Text("code")));
        Assert.NotEmpty(error.Text("message"));
        var requestId = answer.Message.Headers.GetValues("request-id").Single();
        Assert.Equal((requestId, requestId), (answer.Json.Text("request_id"), answer.Message.Headers.GetValues("x-request-id").Single()));
    }
}
