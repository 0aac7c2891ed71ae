using System.Net;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;
using static AiOrchestrator.Core.Tests.Providers.Chat.MessagesScene;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Anthropic's messages served by a provider that speaks OpenAI's chat completions.</summary>
public sealed class TranslatedMessagesTests
{
    private const string Role = "\"delta\":{\"role\":\"assistant\",\"content\":\"\"}";
    private const string Done = "\"delta\":{},\"finish_reason\":\"stop\"";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_stream_is_told_as_events_of_Anthropics(int pieceBytes)
    {
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", Chunks(Role, "\"delta\":{\"content\":\"H\\u00e4 \"}", "\"delta\":{\"content\":\"\\ud83d\\ude00\"}", Done), pieceBytes);
        await using var host = await StartAsync(upstream, "openai");

        var answer = await host.Caller.PostAsync("/v1/messages", AskStream);

        Assert.Equal("Hä 😀", SaidInMessages.Stream(answer.Text).Text);
        var events = SaidInMessages.Events(answer.Text);
        Assert.Equal(
            ["message_start", "ping", "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop", "message_delta", "message_stop"],
            events.ConvertAll(static e => e.Type));
        Assert.Equal("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"H\u00e4 "}}""", events[3].Data);
        Assert.Equal(
            """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":40,"cache_creation_input_tokens":0,"cache_read_input_tokens":60,"output_tokens":7,"output_tokens_details":{"thinking_tokens":0}}}""",
            events[^2].Data);
        Assert.Equal(
            """{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}],"max_tokens":4000,"stream":true,"stream_options":{"include_usage":true}}""",
            Assert.Single(upstream.Asked).Body.Replace("max_completion_tokens", "max_tokens", StringComparison.Ordinal));
        await host.StopAsync();
        var used = host.Stream.Last;
        Assert.Equal(("reported", "openai", "messages", 100L, 60L, 7L), (used.UsageSource, used.WireFormat, used.Endpoint, used.PromptTokens, used.CachedPromptTokens, used.CompletionTokens));
    }

    [Fact]
    public void The_arguments_of_calls_that_interleave_end_up_in_blocks_of_their_own()
    {
        var told = ChatScene.Stream("messages-openai", [
            Chunk("""{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":\"}"}}"""),
            Chunk("""{"index":1,"id":"b","function":{"name":"g","arguments":""}}"""),
            Chunk("""{"index":1,"function":{"arguments":"{\"y\":"}}"""),
            Chunk("""{"index":0,"function":{"arguments":"\\\"\"}"}}"""),
            Chunk("""{"index":1,"function":{"arguments":"[1]}"}}"""),
            """{"choices":[{"index":0,"delta":{"content":"beside"},"finish_reason":null}]}""",
            Chunk("""{"index":2,"id":"c","function":{"name":"h","arguments":""}}"""),
            """{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}""",
            "[DONE]",
        ]);

        var said = SaidInMessages.Stream(told.Text);
        Assert.Equal([("f", """{"x":"}\""}"""), ("g", """{"y":[1]}"""), ("h", "{}")], said.Calls);
        Assert.Equal(("beside", "tool_calls"), (said.Text, said.Finish));
        var starts = SaidInMessages.Events(told.Text).Where(static e => e.Type == "content_block_start").Select(static e => JsonDocument.Parse(e.Data).RootElement.GetProperty("content_block").Text("type"));
        Assert.Equal(["tool_use", "tool_use", "text", "tool_use"], starts);

        static string Chunk(string call) => $$"""{"choices":[{"index":0,"delta":{"tool_calls":[{{call}}]},"finish_reason":null}]}""";
    }

    [Fact]
    public void A_seal_that_comes_in_pieces_is_told_once()
    {
        var told = ChatScene.Stream("messages-openai", [
            """{"choices":[{"index":0,"delta":{"reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm"}]}}]}""",
            """{"choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.text","signature":"si"}]}}]}""",
            """{"choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.text","signature":"gn"},{"type":"reasoning.encrypted","data":"secret"}]}}]}""",
            """{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"length"}]}""",
            "[DONE]",
        ]);

        Assert.Equal(("hm", "Hi", "length"), (SaidInMessages.Stream(told.Text).Reasoning, SaidInMessages.Stream(told.Text).Text, SaidInMessages.Stream(told.Text).Finish));
        Assert.Single(SaidInMessages.Events(told.Text), static e => e.Data.Contains("""{"type":"signature_delta","signature":"sign"}""", StringComparison.Ordinal));
        Assert.Single(SaidInMessages.Events(told.Text), static e => e.Data.Contains("""{"type":"redacted_thinking","data":"secret"}""", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("stop", "\"content\":\"Hi\"", "end_turn")]
    [InlineData("length", "\"content\":\"Hi\"", "max_tokens")]
    [InlineData("content_filter", "\"content\":\"Hi\"", "refusal")]
    [InlineData("stop", "\"content\":null,\"refusal\":\"No.\"", "refusal")]
    [InlineData("tool_calls", "\"content\":null,\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]", "tool_use")]
    public async Task A_whole_answer_says_why_it_ended_in_Anthropics_words(string finish, string message, string reason)
    {
        var sent = $$$"""{"id":"chatcmpl-1","model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant",{{{message}}} },"finish_reason":"{{{finish}}}"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}""";
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(sent));
        await using var host = await StartAsync(upstream, "openai");

        var answer = await host.Caller.PostAsync("/v1/messages", Ask);

        Assert.Equal((reason, "chatcmpl-1", "message"), (answer.Json.Text("stop_reason"), answer.Json.Text("id"), answer.Json.Text("type")));
        Assert.Equal("unheard_of", answer.Message.Headers.GetValues("x-ao-dropped").Single());
        Assert.Equal((9, 3), (answer.Json.GetProperty("usage").GetProperty("input_tokens").GetInt32(), answer.Json.GetProperty("usage").GetProperty("output_tokens").GetInt32()));
        Assert.Single(answer.Json.GetProperty("content").EnumerateArray());
    }

    [Theory]
    [InlineData("""{\"city\":\"Bern\"}""", """{"city":"Bern"}""")]
    [InlineData("", "{}")]
    [InlineData("""{\"city\":\"Be""", """{"arguments":"{\"city\":\"Be"}""")]
    [InlineData("7", """{"arguments":"7"}""")]
    [InlineData("\\ud800", """{"arguments":"\ud800"}""")]
    public void Arguments_become_an_object_and_stay_readable_where_they_are_none(string arguments, string input)
    {
        var told = ChatScene.Whole("messages-openai", $$$"""{"choices":[{"index":0,"message":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{{{arguments}}}"}}]},"finish_reason":"tool_calls"}]}""");
        Assert.Contains($$$"""{"type":"tool_use","id":"a","name":"f","input":{{{input}}},"caller":{"type":"direct"}}""", told.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_an_answer_of_Anthropics_ended_is_kept()
    {
        foreach (var reason in (string[])["end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal", "model_context_window_exceeded"])
        {
            var told = ChatScene.Whole("messages-anthropic", $$"""{"type":"message","content":[],"stop_reason":"{{reason}}","stop_sequence":"END"}""");
            Assert.Contains($"\"stop_reason\":\"{reason}\",\"stop_sequence\":\"END\",", told.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_stream_that_breaks_off_ends_in_an_error_event_and_is_charged_by_what_was_received()
    {
        var sent = Chunks(Role, "\"delta\":{\"content\":\"Hello there\"}");
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", sent[..Encoding.UTF8.GetString(sent).IndexOf("data: {\"id\":\"chatcmpl-1\",\"choices\":[]", StringComparison.Ordinal)]);
        await using var host = await StartAsync(upstream, "openai");

        var answer = await host.Caller.PostAsync("/v1/messages", AskStream);

        var (type, data) = SaidInMessages.Events(answer.Text)[^1];
        Assert.Equal("error", type);
        Assert.Contains("\"type\":\"api_error\",\"param\":null,\"code\":\"upstream_stream_cut\"", data, StringComparison.Ordinal);
        await host.StopAsync();
        Assert.Equal("counted", host.Stream.Last.UsageSource);
        Assert.True(host.Stream.Last.CostNanoUsd > 0);
    }

    [Fact]
    public async Task A_stream_without_a_usage_tells_what_is_charged()
    {
        var sent = Encoding.UTF8.GetBytes("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello there\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", sent);
        await using var host = await StartAsync(upstream, "openai");

        var answer = await host.Caller.PostAsync("/v1/messages", AskStream);

        await host.StopAsync();
        var said = SaidInMessages.Stream(answer.Text);
        Assert.Equal((host.Stream.Last.PromptTokens, host.Stream.Last.CompletionTokens), (said.PromptTokens!.Value, said.CompletionTokens!.Value));
        Assert.Equal(2, said.CompletionTokens);
    }

    [Fact]
    public async Task The_echo_provider_answers_as_any_other()
    {
        await using var host = await CoreHost.StartAsync();
        var answer = await host.Caller.PostAsync("/v1/messages", """{"model":"echo","max_tokens":50,"system":"x","messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}""");
        Assert.Equal((HttpStatusCode.OK, "You said: Hi"), (answer.Status, SaidInMessages.Whole(answer.Text).Text));
    }
}
