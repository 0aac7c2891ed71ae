using System.Net;
using System.Text;
using AiOrchestrator.Core.Tests.Hosting;
using static AiOrchestrator.Core.Tests.Providers.Chat.MessagesScene;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Anthropic's messages where the provider speaks them too: bytes pass, and money is settled by what they say.</summary>
public sealed class NativeMessagesTests
{
    private const string Start = """{"type":"message_start","message":{"id":"m","model":"claude-haiku-4-5","content":[],"usage":{"input_tokens":8,"output_tokens":1}}}""";
    private const string Block = """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""";
    private const string Delta = """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello there"}}""";
    private const string Finish = """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":40}}""";

    [Theory]
    [InlineData("anthropic-text", 0)]
    [InlineData("anthropic-text", 1)]
    [InlineData("anthropic-json-tool.1", 7)]
    public async Task A_stream_passes_byte_for_byte_and_is_charged_as_reported(string name, int pieceBytes)
    {
        var sent = RecordedUpstream.Sse(Recorded(name), named: true);
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", sent, pieceBytes);
        await using var host = await StartAsync(upstream, "anthropic");

        var answer = await host.Caller.PostAsync("/v1/messages", AskStream);

        Assert.Equal((HttpStatusCode.OK, Encoding.UTF8.GetString(sent)), (answer.Status, answer.Text));
        Assert.Equal(AskStream.Replace("\"m\"", "\"claude-haiku-4-5\"", StringComparison.Ordinal), Assert.Single(upstream.Asked).Body);
        await host.StopAsync();
        var used = host.Stream.Last;
        var said = SaidByAnthropic.Stream(Recorded(name));
        Assert.Equal(("reported", "anthropic", "messages", said.Finish), (used.UsageSource, used.WireFormat, used.Endpoint, used.FinishReason));
        Assert.Equal((said.PromptTokens, said.CompletionTokens), (used.PromptTokens, used.CompletionTokens));
    }

    [Fact]
    public async Task A_whole_answer_passes_byte_for_byte_with_the_headers_that_may_cross()
    {
        var sent = RecordedWhole("anthropic-text");
        await using var upstream = await RecordedUpstream.StartAsync("application/json", sent, headers: [("request-id", "req_theirs"), ("set-cookie", "a=b"), ("anthropic-ratelimit-requests-remaining", "7")]);
        await using var host = await StartAsync(upstream, "anthropic");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages?beta=true") { Content = new StringContent(Ask, null, "application/json") };
        request.Headers.Add("anthropic-version", "2024-01-01");
        request.Headers.Add("anthropic-beta", "context-1m-2025-08-07");
        request.Headers.Add("x-request-id", "mine");

        using var answer = await host.Caller.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(Encoding.UTF8.GetString(sent), await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        string Header(string name) => answer.Headers.TryGetValues(name, out var values) ? values.Single() : "";
        Assert.Equal(("mine", "req_theirs", "7", ""), (Header("request-id"), Header("x-provider-request-id"), Header("x-ratelimit-remaining-requests"), Header("set-cookie")));
        var (path, headers, body) = Assert.Single(upstream.Asked);
        Assert.Equal(("/v1/messages", "sk-secret", "2024-01-01", "context-1m-2025-08-07"), (path, headers["x-api-key"], headers["anthropic-version"], headers["anthropic-beta"]));
        Assert.DoesNotContain("Authorization", headers.Keys);
        Assert.Equal(Ask.Replace("\"m\"", "\"claude-haiku-4-5\"", StringComparison.Ordinal), body);
    }

    [Fact]
    public async Task A_stream_that_is_cut_ends_in_an_error_event_and_is_charged_by_what_was_received()
    {
        var sent = RecordedUpstream.Sse([Start, Block, Delta], named: true);
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", sent);
        await using var host = await StartAsync(upstream, "anthropic");

        var answer = await host.Caller.PostAsync("/v1/messages", AskStream);

        var events = SaidInMessages.Events(answer.Text);
        Assert.Equal(["message_start", "content_block_start", "content_block_delta", "error"], events.ConvertAll(static e => e.Type));
        Assert.StartsWith("""{"type":"error","error":{"message":""", events[^1].Data, StringComparison.Ordinal);
        Assert.Contains("\"type\":\"api_error\",\"param\":null,\"code\":\"upstream_stream_cut\"}", events[^1].Data, StringComparison.Ordinal);
        await host.StopAsync();
        Assert.True(host.Stream.Last.CostNanoUsd > 0);
    }

    [Fact]
    public async Task An_error_of_the_provider_inside_a_stream_is_relayed_once()
    {
        var sent = RecordedUpstream.Sse([Start, Block, Delta, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""], named: true);
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", sent);
        await using var host = await StartAsync(upstream, "anthropic");

        var answer = await host.Caller.PostAsync("/v1/messages", AskStream);

        Assert.Equal(Encoding.UTF8.GetString(sent), answer.Text);
        await host.StopAsync();
        Assert.True(host.Stream.Last.CostNanoUsd > 0);
    }

    [Fact]
    public async Task A_stream_that_lacks_only_its_formal_end_is_given_one()
    {
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", RecordedUpstream.Sse([Start, Block, Delta, Finish], named: true));
        await using var host = await StartAsync(upstream, "anthropic");

        var answer = await host.Caller.PostAsync("/v1/messages", AskStream);

        Assert.EndsWith("\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", answer.Text, StringComparison.Ordinal);
        await host.StopAsync();
        Assert.Equal(("reported", 40), (host.Stream.Last.UsageSource, host.Stream.Last.CompletionTokens));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(""","thinking":{"type":"enabled","budget_tokens":3900}""", false)]
    public async Task Money_that_is_short_lowers_max_tokens_but_never_to_what_the_model_thinks_with(string thinking, bool isClamped)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", RecordedWhole("anthropic-text"));
        await using var host = await StartAsync(upstream, "anthropic");
        var caller = await PurseAsync(host, "0.01");

        var answer = await caller.PostAsync("/v1/messages", $$"""{"model":"m","max_tokens":4000,"messages":[{"role":"user","content":"Hi"}]{{thinking}}}""");

        if (isClamped)
        {
            var clamped = answer.Message.Headers.GetValues("x-max-tokens-clamped").Single();
            Assert.InRange(int.Parse(clamped, System.Globalization.CultureInfo.InvariantCulture), 1800, 2000);
            Assert.Equal($$"""{"model":"claude-haiku-4-5","max_tokens":{{clamped}},"messages":[{"role":"user","content":"Hi"}]}""", Assert.Single(upstream.Asked).Body);
        }
        else
        {
            Assert.Equal((HttpStatusCode.PaymentRequired, "insufficient_budget", "billing_error"), (answer.Status, answer.Code, answer.Json.GetProperty("error").Text("type")));
            Assert.Equal("0.01", answer.Json.GetProperty("error").GetProperty("metadata").Text("limit_usd"));
            Assert.Empty(upstream.Asked);
        }
    }
}
