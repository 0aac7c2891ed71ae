using System.Net;
using System.Text;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Metering;
using static AiOrchestrator.Core.Tests.Providers.Chat.CompletionsScene;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Legacy completions served by models of conversations.</summary>
public sealed class TranslatedCompletionsTests
{
    private const string Claude = "claude-haiku-4-5";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_stream_is_told_as_chunks_of_text(int pieceBytes)
    {
        var events = File.ReadLines(RecordedData.PathOf("provider-streams", "anthropic", "anthropic-text.chunks.txt")).Where(static l => l.Length > 0).ToList();
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", RecordedUpstream.Sse(events, named: true), pieceBytes);
        await using var host = await StartAsync(upstream, "anthropic", Claude);

        var answer = await host.Caller.PostAsync("/v1/completions", """{"model":"m","prompt":"H\u0069","max_tokens":4000,"stream":true,"stream_options":{"include_usage":true}}""");

        Assert.Equal(SaidInCompletions.AsText(SaidByAnthropic.Stream(events)).ToString(), SaidInCompletions.Stream(answer.Text).ToString());
        await host.StopAsync();
        var used = host.Stream.Last;
        Assert.Equal(("reported", "anthropic", "completions"), (used.UsageSource, used.WireFormat, used.Endpoint));
        Assert.True(used.CostNanoUsd > 0);
    }

    [Fact]
    public async Task A_whole_answer_is_told_and_sixteen_tokens_are_asked_for()
    {
        var json = await File.ReadAllTextAsync(RecordedData.PathOf("provider-streams", "anthropic", "anthropic-text.json"), TestContext.Current.CancellationToken);
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(json));
        await using var host = await StartAsync(upstream, "anthropic", Claude);

        var answer = await host.Caller.PostAsync("/v1/completions", """{"model":"m","prompt":["Hi"],"seed":1,"logit_bias":{"50256":-100},"suffix":"","best_of":1,"stop":"\n"}""");

        Assert.Equal(SaidInCompletions.AsText(SaidByAnthropic.Whole(json)).ToString(), SaidInCompletions.Whole(answer.Text).ToString());
        Assert.Equal("seed, logit_bias", answer.Message.Headers.GetValues("x-ao-dropped").Single());
        Assert.Equal(
            """{"model":"claude-haiku-4-5","max_tokens":16,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}],"stop_sequences":["\n"]}""",
            Assert.Single(upstream.Asked).Body);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_prompt_is_told_again_where_that_is_asked_for(bool stream)
    {
        var sent = stream
            ? "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" there\"},\"finish_reason\":\"stop\"},{\"index\":1,\"delta\":{\"content\":\" you\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
            : """{"choices":[{"index":0,"message":{"content":" there"},"finish_reason":"stop"},{"index":1,"message":{"content":" you"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10}}""";
        await using var upstream = await RecordedUpstream.StartAsync(stream ? "text/event-stream" : "application/json", Encoding.UTF8.GetBytes(sent));
        await using var host = await StartAsync(upstream, "openai", "gpt-4o-mini");

        var answer = await host.Caller.PostAsync("/v1/completions", $$"""{"model":"m","prompt":"H\u00e4llo \"","echo":true,"n":2,"logit_bias":{"1":5},"stream":{{(stream ? "true" : "false")}}}""");

        var said = stream ? SaidInCompletions.Stream(answer.Text) : SaidInCompletions.Whole(answer.Text);
        Assert.Equal(("Hällo \" there", "stop"), (said.Text, said.Finish));
        Assert.Equal(stream ? 2 : 1, answer.Text.Split("you").Length - 1 + (stream ? 1 : 0));
        var (path, _, body) = Assert.Single(upstream.Asked);
        Assert.Equal("/v1/chat/completions", path);
        Assert.Contains("\"n\":2", body, StringComparison.Ordinal);
        Assert.Contains("\"logit_bias\":{\"1\":5}", body, StringComparison.Ordinal);
        await host.StopAsync();
        Assert.Equal(2, host.Stream.Last.CompletionTokens);
    }

    [Theory]
    [InlineData("\"prompt\":[\"a\",\"b\"]", "prompt")]
    [InlineData("\"prompt\":[1,2]", "prompt")]
    [InlineData("\"prompt\":[[1,2]]", "prompt")]
    [InlineData("\"prompt\":\"a\",\"suffix\":\"b\"", "suffix")]
    [InlineData("\"prompt\":\"a\",\"logprobs\":0", "logprobs")]
    [InlineData("\"prompt\":\"a\",\"best_of\":2", "best_of")]
    [InlineData("\"prompt\":\"a\",\"n\":2", "n")]
    [InlineData("\"prompt\":\"a\",\"max_tokens\":0", "max_tokens")]
    public async Task What_a_conversation_cannot_say_is_refused_by_name_before_anything_is_held(string members, string param)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", []);
        await using var host = await StartAsync(upstream, "anthropic", Claude);

        var answer = await host.Caller.PostAsync("/v1/completions", $$"""{"model":"m",{{members}}}""");

        Assert.Equal((HttpStatusCode.BadRequest, "unsupported_parameter", param), (answer.Status, answer.Code, answer.Param));
        Assert.Empty(upstream.Asked);
    }

    [Theory]
    [InlineData("completions", "\"max_tokens\":20,\"prompt\":\"a\\ud800\"")]
    [InlineData("completions", "\"max_tokens\":20,\"prompt\":\"a\",\"stop\":\"\\ud800\"")]
    [InlineData("completions", "\"max_tokens\":20,\"prompt\":\"a\",\"logit_bias\":{\"\\ud800\":1}")]
    [InlineData("messages", "\"max_tokens\":20,\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]")]
    [InlineData("responses", "\"max_output_tokens\":20,\"input\":\"\\ud800\"")]
    public async Task Half_a_surrogate_pair_is_refused_where_it_would_be_written_anew(string call, string members)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", []);
        await using var host = await StartAsync(upstream, "openai", "gpt-4o-mini");

        var answer = await host.Caller.PostAsync($"/v1/{call}", $$"""{"model":"m",{{members}}}""");

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_json"), (answer.Status, answer.Code));
        Assert.Empty(upstream.Asked);
    }

    [Fact]
    public void A_refusal_is_the_text_and_thoughts_are_not()
    {
        var whole = ChatScene.Whole("completions-openai", """{"choices":[{"index":0,"message":{"content":null,"refusal":"No.","reasoning_content":"hm"},"finish_reason":"stop"}]}""");
        var stream = ChatScene.Stream("completions-openai", ["""{"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}""", """{"choices":[{"index":0,"delta":{"refusal":"No."},"finish_reason":"stop"}]}""", "[DONE]"]);

        Assert.Equal("No.", SaidInCompletions.Whole(whole.Text).Text);
        Assert.Equal("No.", SaidInCompletions.Stream(stream.Text).Text);
        Assert.DoesNotContain("hm", whole.Text + stream.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_ends_in_an_error_event()
    {
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello there\"}}]}\n\n"u8.ToArray());
        await using var host = await StartAsync(upstream, "openai", "gpt-4o-mini");

        var answer = await host.Caller.PostAsync("/v1/completions", """{"model":"m","prompt":"a","stream":true}""");

        Assert.Contains("\"code\":\"upstream_stream_cut\"", Said.Events(answer.Text)[^1], StringComparison.Ordinal);
        await host.StopAsync();
        Assert.Equal(("counted", 2L), (host.Stream.Last.UsageSource, host.Stream.Last.CompletionTokens));
    }

    [Fact]
    public async Task The_echo_provider_answers_as_any_other()
    {
        await using var host = await CoreHost.StartAsync();
        var answer = await host.Caller.PostAsync("/v1/completions", """{"model":"echo","prompt":"Hi","max_tokens":50}""");
        Assert.Equal((HttpStatusCode.OK, "You said: Hi"), (answer.Status, SaidInCompletions.Whole(answer.Text).Text));
    }
}
