using System.Net;
using System.Text;
using AiOrchestrator.Core.Tests.Hosting;
using static AiOrchestrator.Core.Tests.Providers.Chat.ResponsesScene;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>OpenAI's responses served by providers of other formats, and models that have responses alone served to callers of other dialects.</summary>
public sealed class TranslatedResponsesTests
{
    private const string Role = "\"delta\":{\"role\":\"assistant\",\"content\":\"\"}";
    private const string Done = "\"delta\":{},\"finish_reason\":\"stop\"";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_stream_of_chunks_is_told_as_events_of_a_response(int pieceBytes)
    {
        var sent = MessagesScene.Chunks(Role, "\"delta\":{\"content\":\"H\\u00e4 \"}", "\"delta\":{\"content\":\"\\ud83d\\ude00\"}", Done);
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", sent, pieceBytes);
        await using var host = await StartAsync(upstream, "openai");

        var answer = await host.Caller.PostAsync("/v1/responses", AskStream);

        Assert.Equal("Hä 😀", SaidInResponses.Stream(answer.Text).Text);
        var events = SaidInResponses.Events(answer.Text);
        Assert.Equal(
            [
                "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added", "response.output_text.delta", "response.output_text.delta",
                "response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed",
            ],
            events.ConvertAll(static e => e.Type));
        Assert.Equal("""{"input_tokens":100,"input_tokens_details":{"cached_tokens":60,"cache_write_tokens":0},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":107}""", events[^1].Data.GetProperty("response").GetProperty("usage").GetRawText());
        Assert.Equal(
            """{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}],"max_tokens":4000,"stream":true,"stream_options":{"include_usage":true}}""",
            Assert.Single(upstream.Asked).Body.Replace("max_completion_tokens", "max_tokens", StringComparison.Ordinal));
        await host.StopAsync();
        var used = host.Stream.Last;
        Assert.Equal(("reported", "responses", 100L, 60L, 7L), (used.UsageSource, used.Endpoint, used.PromptTokens, used.CachedPromptTokens, used.CompletionTokens));
    }

    [Fact]
    public async Task Money_that_is_short_bounds_the_answer_at_a_provider_of_chats_though_the_caller_set_no_bound()
    {
        var json = """{"id":"c","object":"chat.completion","model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":1,"total_tokens":9}}"""u8.ToArray();
        await using var upstream = await RecordedUpstream.StartAsync("application/json", json);
        await using var host = await StartAsync(upstream, "openai");
        var caller = await MessagesScene.PurseAsync(host, "0.001");

        var answer = await caller.PostAsync("/v1/responses", """{"model":"m","input":"Hi"}""");

        var clamped = answer.Message.Headers.GetValues("x-max-tokens-clamped").Single();
        Assert.InRange(int.Parse(clamped, System.Globalization.CultureInfo.InvariantCulture), 1600, 1700);
        Assert.Contains($"tokens\":{clamped}", Assert.Single(upstream.Asked).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_whole_answer_repeats_what_was_asked_and_says_what_was_left_out()
    {
        var json = MessagesScene.RecordedWhole("anthropic-text");
        await using var upstream = await RecordedUpstream.StartAsync("application/json", json);
        await using var host = await StartAsync(upstream, "anthropic");

        var answer = await host.Caller.PostAsync("/v1/responses", """{"model":"m","input":"Hi","instructions":"Be brief.","max_output_tokens":50,"metadata":{"team":"a"},"temperature":0.5}""");

        Assert.Equal(SaidByAnthropic.Whole(Encoding.UTF8.GetString(json)).ToString(), SaidInResponses.Whole(answer.Text).ToString());
        Assert.Equal(("Be brief.", """{"team":"a"}""", "0.5", "50"), (answer.Json.Text("instructions"), Raw("metadata"), Raw("temperature"), Raw("max_output_tokens")));
        Assert.Equal("metadata", answer.Message.Headers.GetValues("x-ao-dropped").Single());
        Assert.StartsWith("resp_", answer.Json.Text("id"), StringComparison.Ordinal);
        string Raw(string name) => answer.Json.GetProperty(name).GetRawText();
    }

    [Theory]
    [InlineData("previous_response_id", "\"resp_1\"")]
    [InlineData("conversation", "\"conv_1\"")]
    public async Task What_another_provider_keeps_is_refused_by_name(string name, string value)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", []);
        await using var host = await StartAsync(upstream, "openai");

        var answer = await host.Caller.PostAsync("/v1/responses", $$"""{"model":"m","max_output_tokens":5,"input":"Hi","{{name}}":{{value}}}""");

        Assert.Equal((HttpStatusCode.BadRequest, "unsupported_parameter", name), (answer.Status, answer.Code, answer.Param));
        Assert.Empty(upstream.Asked);
    }

    [Fact]
    public async Task An_error_in_the_middle_of_a_stream_ends_it_in_the_callers_dialect_and_is_charged_by_what_was_received()
    {
        var sent = Encoding.UTF8.GetBytes("data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello there\"}}]}\n\ndata: {\"error\":{\"message\":\"Oh no.\"}}\n\n");
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", sent);
        await using var host = await StartAsync(upstream, "openai");

        var answer = await host.Caller.PostAsync("/v1/responses", AskStream);

        var events = SaidInResponses.Events(answer.Text);
        Assert.Equal(["error", "response.failed"], events.TakeLast(2).Select(static e => e.Type));
        Assert.Equal(("upstream_failed", "p: Oh no.", events.Count - 2), (events[^2].Data.Text("code"), events[^2].Data.GetProperty("error").Text("message"), events[^2].Data.GetProperty("sequence_number").GetInt32()));
        var failed = events[^1].Data.GetProperty("response");
        Assert.Equal(("failed", "server_error", "Hello there"), (failed.Text("status"), failed.GetProperty("error").Text("code"), failed.GetProperty("output")[0].GetProperty("content")[0].Text("text")));
        await host.StopAsync();
        Assert.True(host.Stream.Last.CostNanoUsd > 0);
    }

    [Fact]
    public void Calls_whose_arguments_take_turns_thoughts_and_refusals_end_up_in_items_of_their_own()
    {
        var told = ChatScene.Stream("responses-openai", [
            """{"choices":[{"index":0,"delta":{"reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"c2ln"},{"type":"reasoning.encrypted","data":"secret"}]}}]}""",
            Chunk("""{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":\"}"}}"""),
            Chunk("""{"index":1,"id":"b","function":{"name":"g","arguments":""}}"""),
            Chunk("""{"index":1,"function":{"arguments":"{\"y\":"}}"""),
            Chunk("""{"index":0,"function":{"arguments":"\\\"\"}"}}"""),
            Chunk("""{"index":1,"function":{"arguments":"[1]}"}}"""),
            """{"choices":[{"index":0,"delta":{"content":"beside"}}]}""",
            """{"choices":[{"index":0,"delta":{"refusal":"No."}}]}""",
            Chunk("""{"index":2,"id":"","function":{"name":"h","arguments":""}}"""),
            """{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}""",
            "[DONE]",
        ]);

        var said = SaidInResponses.Stream(told.Text);
        Assert.Equal([("f", """{"x":"}\""}"""), ("g", """{"y":[1]}"""), ("h", "{}")], said.Calls);
        Assert.Equal(("beside", "hm", "tool_calls"), (said.Text, said.Reasoning, said.Finish));
        var output = SaidInResponses.Events(told.Text)[^1].Data.GetProperty("response").GetProperty("output").EnumerateArray().ToList();
        Assert.Equal(["reasoning", "reasoning", "function_call", "function_call", "message", "function_call"], output.ConvertAll(static i => i.Text("type")));
        Assert.Equal(("c2ln", "secret", "a", "No."), (output[0].Text("encrypted_content"), output[1].Text("encrypted_content"), output[2].Text("call_id"), output[4].GetProperty("content")[1].Text("refusal")));
        Assert.NotEqual("", output[5].Text("call_id"));

        static string Chunk(string call) => $$$"""{"choices":[{"index":0,"delta":{"tool_calls":[{{{call}}}]}}]}""";
    }

    [Theory]
    [InlineData("length", "max_output_tokens")]
    [InlineData("content_filter", "content_filter")]
    public void An_answer_that_was_ended_is_incomplete_and_says_why(string finish, string reason)
    {
        var told = ChatScene.Stream("responses-openai", [$$"""{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"{{finish}}"}]}""", "[DONE]"]);

        Assert.Equal(finish, SaidInResponses.Stream(told.Text).Finish);
        var (type, data) = SaidInResponses.Events(told.Text)[^1];
        var response = data.GetProperty("response");
        Assert.Equal(("response.incomplete", "incomplete", reason, "incomplete"), (type, response.Text("status"), response.GetProperty("incomplete_details").Text("reason"), response.GetProperty("output")[0].Text("status")));
    }

    [Theory]
    [InlineData("/v1/chat/completions", "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_completion_tokens\":50")]
    [InlineData("/v1/messages", "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":50")]
    public async Task A_model_that_has_responses_alone_serves_callers_of_other_dialects(string path, string members)
    {
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", RecordedUpstream.Sse([Created, Item, Delta, Completed], named: true), pieceBytes: 5);
        await using var host = await StartAsync(upstream, "openai_responses");

        var answer = await host.Caller.PostAsync(path, $$"""{"model":"m","stream":true,{{members}}}""");

        var said = path == "/v1/messages" ? SaidInMessages.Stream(answer.Text) : SaidInChat.Stream(answer.Text);
        Assert.Equal(("Hello there", "stop"), (said.Text, said.Finish));
        var (asked, headers, body) = Assert.Single(upstream.Asked);
        Assert.Equal(("/v1/responses", "Bearer sk-secret"), (asked, headers["Authorization"]));
        Assert.Equal("""{"model":"gpt-4o-mini","input":[{"type":"message","role":"user","content":"Hi"}],"max_output_tokens":50,"store":false,"stream":true}""", body);
        await host.StopAsync();
        var used = host.Stream.Last;
        Assert.Equal(("reported", "openai_responses", 100L, 60L, 7L, "default"), (used.UsageSource, used.WireFormat, used.PromptTokens, used.CachedPromptTokens, used.CompletionTokens, used.ServiceTier));
    }

    [Fact]
    public async Task A_refusal_of_such_a_model_is_said_in_its_words_without_its_credential()
    {
        var error = """{"error":{"message":"No such thing for sk-secret.","type":"invalid_request_error","param":"input","code":null}}"""u8.ToArray();
        await using var upstream = await RecordedUpstream.StartAsync("application/json", error, status: 400);
        await using var host = await StartAsync(upstream, "openai_responses");

        var answer = await host.Caller.PostAsync("/v1/chat/completions", """{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}""");

        Assert.Equal((HttpStatusCode.BadRequest, "upstream_refused", "p: No such thing for [credential]."), (answer.Status, answer.Code, answer.ErrorText));
    }
}
