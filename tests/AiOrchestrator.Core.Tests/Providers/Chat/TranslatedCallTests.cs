using System.Net;
using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Metering;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Calls on their whole way where client and provider speak different formats: real sockets on both sides.</summary>
public sealed class TranslatedCallTests
{
    private const string Ask = """{"model":"m","messages":[{"role":"user","content":"Hi"}],"max_tokens":50,"seed":1}""";
    private const string AskStream = """{"model":"m","messages":[{"role":"user","content":"Hi"}],"max_tokens":4000,"stream":true,"stream_options":{"include_usage":true}}""";

    [Theory]
    [InlineData(0, "\n")]
    [InlineData(1, "\n")]
    [InlineData(1, "\r\n")]
    [InlineData(7, "\r\n")]
    public async Task A_stream_is_told_the_same_however_it_is_cut_into_pieces(int pieceBytes, string newLine)
    {
        var events = File.ReadLines(RecordedData.PathOf("provider-streams", "anthropic", "anthropic-text.chunks.txt")).Where(static l => l.Length > 0).ToList();
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", RecordedUpstream.Sse(events, named: true, newLine), pieceBytes);
        await using var host = await StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", AskStream);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(SaidByAnthropic.Stream(events).ToString(), SaidInChat.Stream(answer.Text).ToString());
        await host.StopAsync();
        var used = host.Stream.Last;
        Assert.Equal(("reported", "anthropic"), (used.UsageSource, used.WireFormat));
        Assert.True(used.CostNanoUsd > 0);
    }

    [Fact]
    public async Task A_whole_answer_is_told_with_its_cost_and_what_was_left_out_stands_in_a_header()
    {
        var json = await File.ReadAllTextAsync(RecordedData.PathOf("provider-streams", "anthropic", "anthropic-text.json"), TestContext.Current.CancellationToken);
        await using var upstream = await RecordedUpstream.StartAsync("application/json", System.Text.Encoding.UTF8.GetBytes(json));
        await using var host = await StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", Ask);

        Assert.Equal(SaidByAnthropic.Whole(json).ToString(), SaidInChat.Whole(answer.Text).ToString());
        Assert.Equal("seed", answer.Message.Headers.GetValues("x-ao-dropped").Single());
        Assert.NotEqual("0.00", answer.Message.Headers.GetValues("x-ao-cost-usd").Single());
        var (path, headers, body) = Assert.Single(upstream.Asked);
        Assert.Equal(("/v1/messages", "sk-secret", "2023-06-01"), (path, headers["x-api-key"], headers["anthropic-version"]));
        Assert.DoesNotContain("Authorization", headers.Keys);
        Assert.Equal("""{"model":"claude-haiku-4-5","max_tokens":50,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}""", body);
    }

    [Fact]
    public async Task What_the_provider_refuses_is_said_in_its_words_without_its_credential()
    {
        var error = """{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: too many for sk-secret"}}"""u8.ToArray();
        await using var upstream = await RecordedUpstream.StartAsync("application/json", error, status: 400);
        await using var host = await StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", Ask);

        Assert.Equal((HttpStatusCode.BadRequest, "upstream_refused", "claude: max_tokens: too many for [credential]"), (answer.Status, answer.Code, answer.ErrorText));
        await host.StopAsync();
        Assert.Equal(0, host.Stream.Last.CostNanoUsd);
    }

    [Fact]
    public async Task What_cannot_be_said_to_the_provider_is_refused_before_anything_is_held()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", []);
        await using var host = await StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"Hi"}],"max_tokens":5,"n":2}""");

        Assert.Equal((HttpStatusCode.BadRequest, "unsupported_parameter", "n"), (answer.Status, answer.Code, answer.Param));
        Assert.Empty(upstream.Asked);
    }

    [Fact]
    public async Task An_error_in_the_middle_of_a_stream_ends_it_in_the_callers_dialect_and_is_charged_by_what_was_received()
    {
        var events = new[]
        {
            """{"type":"message_start","message":{"id":"m","model":"claude-haiku-4-5","content":[],"usage":{"input_tokens":8,"output_tokens":1}}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello there"}}""",
            """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""",
        };
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", RecordedUpstream.Sse(events, named: true));
        await using var host = await StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", AskStream);

        var last = Said.Events(answer.Text)[^1];
        Assert.Contains("\"code\":\"upstream_failed\"", last, StringComparison.Ordinal);
        Assert.Contains("Overloaded", last, StringComparison.Ordinal);
        await host.StopAsync();
        Assert.True(host.Stream.Last.CostNanoUsd > 0);
    }

    [Fact]
    public async Task An_error_that_is_the_last_thing_a_provider_says_is_told_also_where_its_event_does_not_end()
    {
        var events = new[] { """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""" };
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", RecordedUpstream.Sse(events, named: true)[..^2]);
        await using var host = await StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", AskStream);

        Assert.Contains("Overloaded", answer.Text, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"upstream_failed\"", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("openai", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n", "data: [DONE]\n\n")]
    [InlineData("anthropic", "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}\n\n", "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n")]
    public async Task A_stream_whose_provider_is_silent_is_kept_alive_by_comments(string format, string first, string rest)
    {
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", System.Text.Encoding.UTF8.GetBytes(first + rest), holdAt: first.Length);
        await using var host = await StartAsync(upstream, format, static services => services.Configure<GatewayOptions>(static o => o.KeepAliveMs = 40));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(AskStream, null, "application/json") };

        using var answer = await host.Caller.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        for (var comments = 0; comments < 3;)
        {
            comments += await lines.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20)) == ": keep-alive" ? 1 : 0;
        }

        upstream.GoOn.SetResult();
        Assert.EndsWith("data: [DONE]\n\n", await lines.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task<CoreHost> StartAsync(RecordedUpstream upstream, string format = "anthropic", Action<IServiceCollection>? compose = null)
    {
        var host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }, compose: services =>
        {
            services.AddInProcessRates();
            compose?.Invoke(services);
        });
        var row = $$"""{"id":"claude","wire_format":"{{format}}","base_url":"{{upstream.Address}}/v1","api_key_ref":"env:KEY","price_provider":"anthropic","models":[{"id":"m","upstream_id":"claude-haiku-4-5"}]}""";
        var created = await host.Admin.PostAsync("/control/v1/providers", row);
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return host;
    }
}
