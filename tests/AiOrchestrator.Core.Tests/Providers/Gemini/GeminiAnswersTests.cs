using System.Text.Json;
using AiOrchestrator.Core.Providers.Gemini;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Metering;
using AiOrchestrator.Core.Tests.Providers.Chat;

namespace AiOrchestrator.Core.Tests.Providers.Gemini;

/// <summary>What Gemini's answers mean to a caller of chat completions, beyond what is recorded.</summary>
public sealed class GeminiAnswersTests
{
    private const string Pair = "chat-gemini";

    [Theory]
    [InlineData("STOP", "stop")]
    [InlineData("MAX_TOKENS", "length")]
    [InlineData("SAFETY", "content_filter")]
    [InlineData("RECITATION", "content_filter")]
    [InlineData("PROHIBITED_CONTENT", "content_filter")]
    [InlineData("SPII", "content_filter")]
    [InlineData("SOMETHING_NEW", "stop")]
    public void Why_an_answer_ended_is_told_in_the_callers_words(string reason, string told)
    {
        var json = $$"""{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"{{reason}}"}]}""";
        Assert.Equal(told, SaidInChat.Whole(ChatScene.Whole(Pair, json).Text).Finish);
        Assert.Equal(told, SaidInChat.Stream(ChatScene.Stream(Pair, [json]).Text).Finish);
    }

    [Fact]
    public void A_blocked_prompt_is_an_answer_without_content_that_the_filter_ended()
    {
        const string Json = """{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":4,"totalTokenCount":4},"modelVersion":"gemini-2.5-flash"}""";
        var told = ChatScene.Whole(Pair, Json);
        Assert.Equal(("", "content_filter", 4), (SaidInChat.Whole(told.Text).Text, SaidInChat.Whole(told.Text).Finish, told.Facts.Reported!.Value.Tokens.PromptTokens));
        Assert.Equal("content_filter", SaidInChat.Stream(ChatScene.Stream(Pair, [Json]).Text).Finish);
    }

    [Theory]
    [InlineData("""{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"Malformed function call: a("}]}""", "Malformed function call: a(")]
    [InlineData("""{"candidates":[{"finishReason":"UNEXPECTED_TOOL_CALL"}]}""", "The model's answer ended with UNEXPECTED_TOOL_CALL.")]
    [InlineData("""{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}""", "The model is overloaded.")]
    [InlineData("""{"error":{}}""", "The provider gave no reason.")]
    [InlineData("""{"usageMetadata":{"promptTokenCount":1}}""", "invalid")]
    [InlineData("""{"candidates":[{"content":{"parts":[{"functionCall":{"name":"a","partialArgs":[{"jsonPath":"id","stringValue":"x"}]}}]}}]}""", "invalid")]
    [InlineData("[]", "invalid")]
    public void An_answer_that_is_none_says_so(string json, string failure) => Assert.Equal(failure, ChatScene.Whole(Pair, json).Failure);

    [Theory]
    [InlineData("cut", """{"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]}""")]
    [InlineData("invalid", """{"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]}""", """{"candidates":[{"content":{"pa""")]
    [InlineData("Overloaded", """{"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]}""", """{"error":{"code":503,"message":"Overloaded","status":"UNAVAILABLE"}}""")]
    [InlineData(null, """{"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]}""", """{"candidates":[{"finishReason":"STOP"}]}""", """{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1}}""")]
    public void A_stream_that_breaks_off_says_so(string? failure, params string[] events) => Assert.Equal(failure, ChatScene.Stream(Pair, events).Failure);

    [Fact]
    public void Thoughts_are_reasoning_and_seals_go_to_the_caller_to_be_sent_back()
    {
        const string Json = """
            {"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"Hi","thoughtSignature":"c2ln"},
            {"functionCall":{"id":"f1","name":"a","args":{"x":1}},"thoughtSignature":"c2VhbA=="},{"functionCall":{"name":"b"}}]},"finishReason":"STOP"}],"responseId":"r1"}
            """;
        var message = Message(ChatScene.Whole(Pair, Json));
        Assert.Equal(("Hi", "hm"), (message.Text("content"), message.Text("reasoning_content")));
        Assert.Equal("gemini:c2ln", message.GetProperty("reasoning_details").EnumerateArray().Last().Text("signature"));
        var calls = message.GetProperty("tool_calls");
        Assert.Equal(("f1", "{\"x\":1}"), (calls[0].Text("id"), calls[0].GetProperty("function").Text("arguments")));
        Assert.Equal("c2VhbA==", calls[0].GetProperty("extra_content").GetProperty("google").Text("thought_signature"));
        Assert.StartsWith("call_", calls[1].Text("id"), StringComparison.Ordinal);
        Assert.False(calls[1].TryGetProperty("extra_content", out _));
        var stream = ChatScene.Stream(Pair, [Json.ReplaceLineEndings("")]).Text;
        Assert.Contains("\"thought_signature\":\"c2VhbA==\"", stream, StringComparison.Ordinal);
        Assert.Contains("gemini:c2ln", stream, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_candidates_are_as_many_choices()
    {
        const string First = """{"candidates":[{"index":0,"content":{"parts":[{"text":"a"}]}},{"index":1,"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}]}""";
        const string Second = """{"candidates":[{"index":1,"finishReason":"STOP"},{"index":0,"content":{"parts":[{"text":"b"}]},"finishReason":"MAX_TOKENS"}]}""";
        var told = ChatScene.Stream(Pair, [First, Second]);
        var finishes = Said.Events(told.Text).SkipLast(1).SelectMany(static e => JsonDocument.Parse(e).RootElement.GetProperty("choices").EnumerateArray())
            .Where(static c => c.GetProperty("finish_reason").ValueKind == JsonValueKind.String).Select(static c => (c.GetProperty("index").GetInt32(), c.Text("finish_reason")));
        Assert.Equal([(1, "tool_calls"), (0, "length")], finishes);
    }

    [Fact]
    public void Sources_are_annotations_once_however_often_a_stream_repeats_them()
    {
        const string One = """{"web":{"uri":"https://a.example","title":"A"}}""";
        const string Two = """{"web":{"uri":"https://b.example","title":"B"}}""";
        const string Start = """{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"groundingMetadata":{"groundingChunks":[""";
        var stream = ChatScene.Stream(Pair, [$"{Start}{One}]}}}}]}}", $"{Start}{One},{Two}]}}}}]}}", """{"candidates":[{"finishReason":"STOP"}]}"""]).Text;
        Assert.Equal(2, stream.Split("url_citation\":{").Length - 1);
        var cited = """{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"citationMetadata":{"citationSources":[{"uri":"https://c.example"}]},"finishReason":"STOP"}]}""";
        Assert.Equal("https://c.example", Message(ChatScene.Whole(Pair, cited)).GetProperty("annotations")[0].GetProperty("url_citation").Text("url"));
    }

    [Fact]
    public void Arguments_that_come_value_by_value_are_one_JSON_text()
    {
        static string Args(string values) => $$$"""{"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{{{values}}}],"willContinue":true}}]}}]}""";
        var told = ChatScene.Stream(Pair,
        [
            """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","willContinue":true}}]}}]}""",
            Args("""{"jsonPath":"$.a[0].b","stringValue":"x\n","willContinue":true}"""),
            Args("""{"jsonPath":"$.a[0].b","stringValue":"\"y\"","willContinue":true},{"jsonPath":"$.a[0].c","boolValue":true}"""),
            Args("""{"jsonPath":"$.a[1][0]","numberValue":1.5},{"jsonPath":"$.a[1][1]","nullValue":null},{"jsonPath":"$['d e']","stringValue":""}"""),
            """{"candidates":[{"content":{"parts":[{"functionCall":{}}]},"finishReason":"STOP"}]}""",
        ]);
        var call = Assert.Single(SaidInChat.Stream(told.Text).Calls);
        Assert.Equal(("f", """{"a":[{"b":"x\n\"y\"","c":true},[1.5,null]],"d e":""}"""), (call.Name, call.Arguments));
    }

    [Fact]
    public void An_error_says_when_to_try_again()
    {
        using var recorded = JsonDocument.Parse(File.ReadAllText(RecordedData.PathOf("provider-streams", "google", "google-429-retry-info.json")));
        var error = new GeminiFormat().ReadError(recorded.RootElement)!;
        Assert.Equal(("RESOURCE_EXHAUSTED", 35), (error.Type, error.RetryAfterSeconds));
        using var array = JsonDocument.Parse("""[{"error":{"code":400,"message":"No.","status":"INVALID_ARGUMENT"}}]""");
        Assert.Equal(("No.", null), (new GeminiFormat().ReadError(array.RootElement)!.Message, new GeminiFormat().ReadError(array.RootElement)!.RetryAfterSeconds));
    }

    private static JsonElement Message(Told told)
    {
        Assert.Null(told.Failure);
        return JsonDocument.Parse(told.Text).RootElement.GetProperty("choices")[0].GetProperty("message");
    }
}
