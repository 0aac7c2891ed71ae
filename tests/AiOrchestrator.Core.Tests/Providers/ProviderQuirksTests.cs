using System.Net;
using System.Text;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers.Chat;

namespace AiOrchestrator.Core.Tests.Providers;

/// <summary>What a row says of requests to its provider, as a provider on a real socket sees it.</summary>
public sealed class ProviderQuirksTests
{
    private const string Answer = """{"id":"a","object":"chat.completion","model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}""";
    private const string Ask = """{"model":"m","messages":[{"role":"user","content":"Hi"}],"max_completion_tokens":50,"seed":1,"user":"u"}""";

    [Fact]
    public async Task Members_are_dropped_and_renamed_on_the_way_and_the_caller_is_told()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Answer));
        await using var host = await StartAsync(upstream, """ "drop_members":["user"],"rename_members":{"seed":"random_seed","max_completion_tokens":"max_tokens"}, """);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", Ask);

        Assert.Equal((HttpStatusCode.OK, Answer), (answer.Status, answer.Text));
        Assert.Equal("user", answer.Message.Headers.GetValues("x-ao-dropped").Single());
        Assert.Equal("""{"model":"up","messages":[{"role":"user","content":"Hi"}],"max_tokens":50,"random_seed":1}""", Assert.Single(upstream.Asked).Body);
        await host.StopAsync();
        Assert.Equal("reported", host.Stream.Last.UsageSource);
    }

    [Fact]
    public async Task Rows_without_quirks_send_what_they_were_sent()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Answer));
        await using var host = await StartAsync(upstream, "");

        var answer = await host.Caller.PostAsync("/v1/chat/completions", Ask);

        Assert.False(answer.Message.Headers.Contains("x-ao-dropped"));
        var (path, headers, body) = Assert.Single(upstream.Asked);
        Assert.Equal(("/v1/chat/completions", "Bearer sk-secret", Ask.Replace("\"m\"", "\"up\"", StringComparison.Ordinal)), (path, headers["Authorization"], body));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_streams_are_not_asked_for_usage_its_last_chunk_tells_it_or_it_is_counted(bool tells)
    {
        const string Usage = ""","usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}""";
        var events = new[]
        {
            """{"id":"a","object":"chat.completion.chunk","model":"up","choices":[{"index":0,"delta":{"content":"Hello there"},"finish_reason":null}]}""",
            $$"""{"id":"a","object":"chat.completion.chunk","model":"up","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}]{{(tells ? Usage : "")}}}""",
            "[DONE]",
        };
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", RecordedUpstream.Sse(events, named: false));
        await using var host = await StartAsync(upstream, """ "stream_options":false, """);

        var answer = await host.Caller.PostAsync(
            "/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,"stream_options":{"include_usage":true},"max_tokens":9}""");

        Assert.EndsWith("data: [DONE]\n\n", answer.Text, StringComparison.Ordinal);
        Assert.Equal("stream_options", answer.Message.Headers.GetValues("x-ao-dropped").Single());
        Assert.Equal("""{"model":"up","messages":[{"role":"user","content":"Hi"}],"stream":true,"max_tokens":9}""", Assert.Single(upstream.Asked).Body);
        await host.StopAsync();
        Assert.Equal(tells ? "reported" : "counted", host.Stream.Last.UsageSource);
        Assert.True(host.Stream.Last.CostNanoUsd > 0);
    }

    [Fact]
    public async Task A_stream_whose_caller_says_nothing_of_usage_is_not_asked_for_it_either()
    {
        const string AskPlain = """{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,"max_tokens":9}""";
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", "data: [DONE]\n\n"u8.ToArray());
        await using var host = await StartAsync(upstream, """ "stream_options":false, """);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", AskPlain);

        Assert.Equal(AskPlain.Replace("\"m\"", "\"up\"", StringComparison.Ordinal), Assert.Single(upstream.Asked).Body);
        Assert.False(answer.Message.Headers.Contains("x-ao-dropped"));
    }

    [Theory]
    [InlineData("bearer", "Authorization", "Bearer sk-secret")]
    [InlineData("x-api-key", "x-api-key", "sk-secret")]
    [InlineData("api-key", "api-key", "sk-secret")]
    [InlineData("none", null, null)]
    public async Task The_key_is_presented_as_the_row_says_and_in_no_other_way(string auth, string? header, string? value)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Answer));
        await using var host = await StartAsync(upstream, $$""" "auth":"{{auth}}", """);

        await host.Caller.PostAsync("/v1/chat/completions", Ask);

        var headers = Assert.Single(upstream.Asked).Headers;
        Assert.Equal(value, header is null ? null : headers[header]);
        Assert.Equal(header is null ? 0 : 1, headers.Values.Count(static v => v.Contains("sk-secret", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Headers_secrets_among_them_and_the_query_reach_the_provider_and_secrets_nobody_else()
    {
        var refusal = """{"error":{"message":"pk-secret is not known, nor is sk-secret"}}"""u8.ToArray();
        await using var upstream = await RecordedUpstream.StartAsync("application/json", refusal, status: 400);
        await using var host = await StartAsync(upstream, "");
        await PutAsync(host, upstream, """ "headers":{"x-portkey-provider":"openai","x-portkey-api-key":"secret:env:PORTKEY"},"query":{"api-version":"2024-10-21","q":"a&b"}, """);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", Ask);

        var (path, headers, _) = Assert.Single(upstream.Asked);
        Assert.Equal("/v1/chat/completions?api-version=2024-10-21&q=a%26b", path);
        Assert.Equal(("openai", "pk-secret", "Bearer sk-secret"), (headers["x-portkey-provider"], headers["x-portkey-api-key"], headers["Authorization"]));
        Assert.Equal("p: [credential] is not known, nor is [credential]", answer.ErrorText);
        var shown = (await Http.GetAsync(host.Admin, "/control/v1/providers/p")).Text;
        Assert.Contains("\"x-portkey-api-key\":\"secret:env:PORTKEY\"", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("pk-secret", shown + host.Documents.AllText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Urls_that_name_a_deployment_are_made_by_the_template()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Answer));
        await using var host = await StartAsync(upstream, """ "preset":"azure-openai-deployments", """, upstreamId: "my+gpt/4");

        await host.Caller.PostAsync("/v1/chat/completions", Ask);

        var (path, headers, _) = Assert.Single(upstream.Asked);
        Assert.Equal("/v1/openai/deployments/my%2Bgpt%2F4/chat/completions?api-version=2024-10-21", path);
        Assert.Equal("sk-secret", headers["api-key"]);
        Assert.DoesNotContain("Authorization", headers.Keys);
    }

    [Theory]
    [InlineData("""{"error":"model 'up' not found"}""", 404, "p: model 'up' not found", null)]
    [InlineData("""{"detail":[{"loc":["body","seed"],"msg":"Extra inputs are not permitted"}]}""", 422, "p: seed: Extra inputs are not permitted", "seed")]
    public async Task Errors_in_shapes_of_their_own_are_told_in_OpenAIs(string body, int status, string message, string? param)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(body), status: status);
        await using var host = await StartAsync(upstream, "");

        var answer = await host.Caller.PostAsync("/v1/chat/completions", Ask);

        Assert.Equal((status, message, param), ((int)answer.Status, answer.ErrorText, answer.Param));
    }

    private static async Task<CoreHost> StartAsync(RecordedUpstream upstream, string members, string upstreamId = "up")
    {
        var host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret", ["PORTKEY"] = "pk-secret" }, compose: static services => services.AddInProcessRates());
        var created = await host.Admin.PostAsync("/control/v1/providers", Row(upstream, members, upstreamId));
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return host;
    }

    private static async Task PutAsync(CoreHost host, RecordedUpstream upstream, string members)
    {
        var put = await host.Admin.SendAsync(HttpMethod.Put, "/control/v1/providers/p", Row(upstream, members, "up"));
        Assert.True(put.Status == HttpStatusCode.OK, put.Text);
    }

    private static string Row(RecordedUpstream upstream, string members, string upstreamId) =>
        $$"""{"id":"p",{{members}}"base_url":"{{upstream.Address}}/v1","api_key_ref":"env:KEY","models":[{"id":"m","upstream_id":"{{upstreamId}}","price_as":"openai/gpt-4o"}]}""";
}
