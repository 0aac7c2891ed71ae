using System.Net;
using System.Text;
using AiOrchestrator.Core.Tests.Hosting;
using static AiOrchestrator.Core.Tests.Providers.Chat.ResponsesScene;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>OpenAI's responses where the provider has them too: bytes pass, and money is settled by what they say.</summary>
public sealed class NativeResponsesTests
{
    [Theory]
    [InlineData("native", "openai-client-tool-search.2", 0)]
    [InlineData("native", "openai-phase.1", 1)]
    [InlineData("openai_responses", "openai-client-tool-search.2", 7)]
    public async Task A_stream_passes_byte_for_byte_but_for_its_name_and_is_charged_as_reported(string format, string name, int pieceBytes)
    {
        var sent = RecordedUpstream.Sse(Recorded(name), named: true);
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", sent, pieceBytes);
        await using var host = await StartAsync(upstream, format);

        var answer = await host.Caller.PostAsync("/v1/responses", AskStream);

        Assert.Equal((HttpStatusCode.OK, AsSeen(sent, answer.Text)), (answer.Status, answer.Text));
        var (path, headers, body) = Assert.Single(upstream.Asked);
        Assert.Equal(("/v1/responses", "Bearer sk-secret", AskStream.Replace("\"m\"", "\"gpt-4o-mini\"", StringComparison.Ordinal)), (path, headers["Authorization"], body));
        await host.StopAsync();
        var used = host.Stream.Last;
        var said = SaidByResponses.Stream(Recorded(name));
        Assert.Equal(("reported", "responses", said.Finish), (used.UsageSource, used.Endpoint, used.FinishReason));
        Assert.Equal((said.PromptTokens, said.CompletionTokens), (used.PromptTokens, used.CompletionTokens));
        Assert.True(used.CostNanoUsd > 0);
    }

    [Fact]
    public async Task A_whole_answer_passes_byte_for_byte_but_for_its_name_with_its_cost()
    {
        var sent = RecordedWhole("openai-phase.1");
        await using var upstream = await RecordedUpstream.StartAsync("application/json", sent);
        await using var host = await StartAsync(upstream, "native");

        var answer = await host.Caller.PostAsync("/v1/responses", Ask);

        Assert.Equal(AsSeen(sent, answer.Text), answer.Text);
        Assert.Equal(Ask.Replace("\"m\"", "\"gpt-4o-mini\"", StringComparison.Ordinal), Assert.Single(upstream.Asked).Body);
        Assert.NotEqual("0.00", answer.Message.Headers.GetValues("x-ao-cost-usd").Single());
        await host.StopAsync();
        Assert.Equal(("reported", 7243L, 3072L, 423L, 58L), (host.Stream.Last.UsageSource, host.Stream.Last.PromptTokens, host.Stream.Last.CachedPromptTokens, host.Stream.Last.CompletionTokens, host.Stream.Last.ReasoningTokens));
    }

    [Fact]
    public async Task A_stream_that_is_cut_ends_in_an_error_event_and_is_charged_by_what_was_received()
    {
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", RecordedUpstream.Sse([Created, Item, Delta], named: true));
        await using var host = await StartAsync(upstream, "native");

        var answer = await host.Caller.PostAsync("/v1/responses", AskStream);

        var events = SaidInResponses.Events(answer.Text);
        Assert.Equal(["response.created", "response.output_item.added", "response.output_text.delta", "error"], events.ConvertAll(static e => e.Type));
        Assert.Equal(("upstream_stream_cut", "upstream_stream_cut"), (events[^1].Data.Text("code"), events[^1].Data.GetProperty("error").Text("code")));
        await host.StopAsync();
        Assert.True(host.Stream.Last.CostNanoUsd > 0);
    }

    [Fact]
    public async Task An_error_of_the_provider_inside_a_stream_is_relayed_once()
    {
        var sent = RecordedUpstream.Sse([Created, Item, Delta, """{"type":"error","sequence_number":3,"error":{"type":"server_error","code":"server_error","message":"Oh no.","param":null}}"""], named: true);
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", sent);
        await using var host = await StartAsync(upstream, "native");

        var answer = await host.Caller.PostAsync("/v1/responses", AskStream);

        Assert.Equal(AsSeen(sent, answer.Text), answer.Text);
        await host.StopAsync();
        Assert.True(host.Stream.Last.CostNanoUsd > 0);
    }

    [Fact]
    public async Task A_refusal_of_the_provider_is_relayed_as_it_is()
    {
        var error = RecordedWhole("reasoning-model-temperature-error");
        await using var upstream = await RecordedUpstream.StartAsync("application/json", error, status: 400);
        await using var host = await StartAsync(upstream, "native");

        var answer = await host.Caller.PostAsync("/v1/responses", Ask);

        Assert.Equal((HttpStatusCode.BadRequest, Encoding.UTF8.GetString(error)), (answer.Status, answer.Text));
        await host.StopAsync();
        Assert.Equal(0, host.Stream.Last.CostNanoUsd);
    }

    [Theory]
    [InlineData("""{"model":"m","max_output_tokens":4000,"input":"Hi"}""")]
    [InlineData("""{"model":"m","input":"Hi"}""")]
    public async Task Money_that_is_short_lowers_the_bound_or_sets_one(string ask)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", RecordedWhole("openai-phase.1"));
        await using var host = await StartAsync(upstream, "native");
        var caller = await MessagesScene.PurseAsync(host, "0.001");

        var answer = await caller.PostAsync("/v1/responses", ask);

        var clamped = answer.Message.Headers.GetValues("x-max-tokens-clamped").Single();
        Assert.InRange(int.Parse(clamped, System.Globalization.CultureInfo.InvariantCulture), 1600, 1700);
        using var sent = System.Text.Json.JsonDocument.Parse(Assert.Single(upstream.Asked).Body);
        Assert.Equal(clamped, sent.RootElement.GetProperty("max_output_tokens").GetRawText());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_provider_keeps_is_held_as_the_whole_window(bool isWindow)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", RecordedWhole("openai-phase.1"));
        await using var host = await StartAsync(upstream, "native");

        // The window of gpt-4o-mini is 128,000 tokens at $0.15 a million.
        var caller = await MessagesScene.PurseAsync(host, "0.019");
        var first = await caller.PostAsync("/v1/responses", Ask);
        var member = isWindow ? $",\"previous_response_id\":\"{NameIn(first.Text)}\"" : "";
        var answer = await caller.PostAsync("/v1/responses", $$"""{"model":"m","max_output_tokens":20,"input":"Hi"{{member}}}""");

        Assert.Equal(isWindow ? HttpStatusCode.PaymentRequired : HttpStatusCode.OK, answer.Status);
    }

    [Theory]
    [InlineData("\"tools\":[{\"type\":\"web_search\"}]", "tools[0].type")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"name\":\"f\"},{\"type\":\"file_search\",\"vector_store_ids\":[]}]", "tools[1].type")]
    [InlineData("\"tools\":[{\"type\":\"code_interpreter\",\"container\":{\"type\":\"auto\"}}]", "tools[0].type")]
    [InlineData("\"tools\":[{\"type\":\"image_generation\"}]", "tools[0].type")]
    [InlineData("\"tools\":[{\"type\":\"mcp\",\"server_label\":\"a\"}]", "tools[0].type")]
    [InlineData("\"tools\":[{\"type\":\"computer_use_preview\"}]", "tools[0].type")]
    [InlineData("\"background\":true", "background")]
    [InlineData("\"conversation\":\"conv_1\"", "conversation")]
    [InlineData("\"prompt\":{\"id\":\"pmpt_1\"}", "prompt")]
    [InlineData("\"context_management\":[{\"type\":\"compaction\"}]", "context_management")]
    public async Task What_the_provider_would_run_and_bill_on_its_own_is_refused_by_name(string member, string param)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", []);
        await using var host = await StartAsync(upstream, "native");

        var answer = await host.Caller.PostAsync("/v1/responses", $$"""{"model":"m","max_output_tokens":5,"input":"Hi",{{member}}}""");

        Assert.Equal((HttpStatusCode.BadRequest, "unsupported_parameter", param), (answer.Status, answer.Code, answer.Param));
        Assert.Empty(upstream.Asked);
    }

    [Theory]
    [InlineData("""{"model":"m"}""", "missing_parameter", "input")]
    [InlineData("""{"input":"Hi"}""", "missing_parameter", "model")]
    [InlineData("""{"model":"m","input":[]}""", "invalid_parameter", "input")]
    [InlineData("""{"model":"m","input":[7]}""", "invalid_parameter", "input[0]")]
    [InlineData("""{"model":"m","input":null}""", "invalid_parameter", "input")]
    [InlineData("""{"model":"m","input":"Hi","max_output_tokens":0}""", "invalid_parameter", "max_output_tokens")]
    [InlineData("""{"model":"m","input":"Hi","max_completion_tokens":9}""", "invalid_parameter", "max_completion_tokens")]
    [InlineData("""{"model":"m","input":"Hi","messages":[]}""", "invalid_parameter", "messages")]
    [InlineData("""{"model":"m","input":"Hi","max_output_tokens":999999}""", "invalid_parameter", "max_output_tokens")]
    [InlineData("""{"model":"m","input":[{"role":"user","content":"Hi","content":"a secret that costs"}]}""", "invalid_json", null)]
    [InlineData("""{"model":"m","input":[{"type":"\ud800"}]}""", "invalid_json", null)]
    public async Task What_is_wrong_with_a_request_is_told_by_name(string body, string code, string? param)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", []);
        await using var host = await StartAsync(upstream, "native");

        var answer = await host.Caller.PostAsync("/v1/responses", body);

        Assert.Equal((HttpStatusCode.BadRequest, code, param), (answer.Status, answer.Code, answer.Param));
        Assert.Empty(upstream.Asked);
    }
}
