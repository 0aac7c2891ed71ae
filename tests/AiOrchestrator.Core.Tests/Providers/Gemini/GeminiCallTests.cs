using System.Net;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Metering;
using AiOrchestrator.Core.Tests.Providers.Chat;

namespace AiOrchestrator.Core.Tests.Providers.Gemini;

/// <summary>Calls to Gemini at AI Studio on their whole way: real sockets on both sides.</summary>
public sealed class GeminiCallTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_stream_that_has_no_end_marker_is_told_to_its_end(int pieceBytes)
    {
        var events = File.ReadLines(RecordedData.PathOf("provider-streams", "google", "google-text.chunks.txt")).Where(static l => l.Length > 0).ToList();
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", RecordedUpstream.Sse(events, named: false, "\r\n"), pieceBytes);
        await using var host = await GeminiScene.StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", GeminiScene.AskStream);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(SaidByGemini.Stream(events).ToString(), SaidInChat.Stream(answer.Text).ToString());
        var (path, headers, body) = Assert.Single(upstream.Asked);
        Assert.Equal(("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", "sk-secret"), (path, headers["x-goog-api-key"]));
        Assert.DoesNotContain("Authorization", headers.Keys);
        Assert.Equal("""{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generationConfig":{"maxOutputTokens":4000}}""", body);
        await host.StopAsync();
        var used = host.Stream.Last;
        Assert.Equal(("reported", "gemini", "gemini-3-pro-preview"), (used.UsageSource, used.WireFormat, used.ModelReported));
        Assert.True(used.CostNanoUsd > 0);
    }

    [Fact]
    public async Task A_quota_that_is_used_up_is_said_with_the_time_to_wait()
    {
        var error = await File.ReadAllTextAsync(RecordedData.PathOf("provider-streams", "google", "google-429-retry-info.json"), TestContext.Current.CancellationToken);
        await using var upstream = await GeminiScene.UpstreamAsync(error, status: 429);
        await using var host = await GeminiScene.StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", GeminiScene.Ask);

        Assert.Equal((HttpStatusCode.TooManyRequests, "gem: You exceeded your current quota, please check your plan."), (answer.Status, answer.ErrorText));
        Assert.Equal("35", answer.Message.Headers.GetValues("retry-after").Single());
    }

    [Fact]
    public async Task A_key_that_AI_Studio_does_not_know_is_the_gateways_affair_and_never_the_callers()
    {
        const string Error = """{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com","metadata":{"service":"generativelanguage.googleapis.com"}}]}}""";
        await using var upstream = await GeminiScene.UpstreamAsync(Error, status: 400);
        await using var host = await GeminiScene.StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", GeminiScene.Ask);
        var test = await host.Admin.PostAsync("/control/v1/providers/gem/test", "");

        Assert.Equal((HttpStatusCode.BadGateway, "upstream_authentication_failed"), (answer.Status, answer.Code));
        var auth = test.Json.GetProperty("checks").EnumerateArray().Single(static c => c.Text("check") == "auth");
        Assert.Equal(("failed", "status 400: API key not valid. Please pass a valid API key."), (auth.Text("status"), auth.Text("detail")));
    }

    [Fact]
    public async Task Embeddings_are_asked_for_in_one_batch_and_told_as_OpenAIs_and_charged_as_counted()
    {
        await using var upstream = await GeminiScene.UpstreamAsync("""{"embeddings":[{"values":[0.5,-1e-3]},{"values":[1,2]}]}""");
        await using var host = await GeminiScene.StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/embeddings", """{"model":"e","input":["one \u00fc","two"],"dimensions":2,"user":"u"}""");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.StartsWith(
            """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1e-3]},{"object":"embedding","index":1,"embedding":[1,2]}],"model":"e","usage":{"prompt_tokens":""",
            answer.Text, StringComparison.Ordinal);
        Assert.Equal("user", answer.Message.Headers.GetValues("x-ao-dropped").Single());
        var (path, _, body) = Assert.Single(upstream.Asked);
        Assert.Equal("/v1beta/models/gemini-embedding-001:batchEmbedContents", path);
        Assert.Equal(
            """{"requests":[{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"one ü"}]},"outputDimensionality":2},{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"two"}]},"outputDimensionality":2}]}""",
            body);
        await host.StopAsync();
        var used = host.Stream.Last;
        Assert.Equal(("counted", null), (used.UsageSource, used.UsageAnomaly));
        Assert.True(used.CostNanoUsd > 0);
        Assert.Equal(used.PromptTokens, answer.Json.GetProperty("usage").GetProperty("prompt_tokens").GetInt64());
    }

    [Fact]
    public async Task Embeddings_in_base64_are_floats_with_the_least_byte_first()
    {
        await using var upstream = await GeminiScene.UpstreamAsync("""{"embeddings":[{"values":[1,-0.5]}],"usageMetadata":{"promptTokenCount":7}}""");
        await using var host = await GeminiScene.StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/embeddings", """{"model":"e","input":"one","encoding_format":"base64"}""");

        Assert.Equal("AACAPwAAAL8=", answer.Json.GetProperty("data")[0].GetProperty("embedding").GetString());
        Assert.Equal(7, answer.Json.GetProperty("usage").GetProperty("total_tokens").GetInt64());
        await host.StopAsync();
        Assert.Equal("reported", host.Stream.Last.UsageSource);
    }

    [Theory]
    [InlineData("""{"model":"e","input":[1,2]}""", "input")]
    [InlineData("""{"model":"e","input":[[1],[2]]}""", "input")]
    [InlineData("""{"model":"e","input":"a","dimensions":0}""", "dimensions")]
    [InlineData("""{"model":"e","input":"a","encoding_format":"int8"}""", "encoding_format")]
    public async Task What_cannot_be_embedded_is_refused_by_name(string ask, string param)
    {
        await using var upstream = await GeminiScene.UpstreamAsync("{}");
        await using var host = await GeminiScene.StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/embeddings", ask);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Empty(upstream.Asked);
    }

    [Theory]
    [InlineData("""{"embeddings":[]}""")]
    [InlineData("""{"embeddings":[{"values":["a"]}]}""")]
    [InlineData("""{"embeddings":[{"values":1}]}""")]
    [InlineData("""{"embeddings":[[]]}""")]
    [InlineData("[]")]
    [InlineData("no JSON")]
    [InlineData("")]
    public async Task Embeddings_that_are_none_are_an_error(string broken)
    {
        await using var upstream = await GeminiScene.UpstreamAsync(broken);
        await using var host = await GeminiScene.StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/embeddings", """{"model":"e","input":"a","encoding_format":"base64"}""");

        Assert.Equal((HttpStatusCode.BadGateway, "upstream_invalid_answer"), (answer.Status, answer.Code));
    }
}
