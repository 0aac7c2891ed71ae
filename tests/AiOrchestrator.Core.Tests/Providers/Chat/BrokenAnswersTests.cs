using AiOrchestrator.Core.Tests.Metering;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Answers that are not what their format says end in an error or a correct finish, never in a mixture of two.</summary>
public sealed class BrokenAnswersTests
{
    private const string Start = """{"type":"message_start","message":{"id":"m","model":"claude","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}""";
    private const string Block = """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""";
    private const string Delta = """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}""";
    private const string End = """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}""";

    private const string ChunkOfHi = """{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}""";

    [Fact]
    public void A_message_of_Anthropic_that_begins_twice_is_one()
    {
        var told = ChatScene.Stream("chat-anthropic", Recorded("duplicate-message-start"));
        Assert.Equal((null, "Hello, World!"), (told.Failure, SaidInChat.Stream(told.Text).Text));
    }

    [Fact]
    public void A_message_of_Anthropic_in_the_middle_of_another_is_refused() =>
        Assert.Equal("invalid", ChatScene.Stream("chat-anthropic", Recorded("spliced-message-start")).Failure);

    [Theory]
    [InlineData("cut", Start, Block, Delta)]
    [InlineData(null, Start, Block, Delta, End)]
    [InlineData("invalid", Start, Block, "{\"type\":\"content_block_delta\",\"index\":0,\"del")]
    [InlineData("invalid", Start, "[]")]
    [InlineData("Overloaded", Start, Block, Delta, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""")]
    [InlineData("The provider gave no reason.", Start, """{"type":"error","error":{}}""")]
    public void A_stream_of_Anthropic_that_breaks_off_says_so(string? failure, params string[] events) =>
        Assert.Equal(failure, ChatScene.Stream("chat-anthropic", events).Failure);

    [Fact]
    public void An_error_in_place_of_a_whole_answer_is_one() => Assert.Equal(
        "No.", ChatScene.Whole("chat-anthropic", """{"type":"error","error":{"type":"api_error","message":"No."}}""").Failure);

    [Theory]
    [InlineData("cut", "Hi", ChunkOfHi)]
    [InlineData(null, "Hi", ChunkOfHi, """{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""")]
    [InlineData(null, "Hi", ChunkOfHi, "[DONE]")]
    [InlineData(null, "", "[DONE]")]
    [InlineData(null, "HiHi", ChunkOfHi, """{"choices":[]}""", ChunkOfHi, """{"choices":[{"delta":{"tool_calls":[{"index":3,"function":{"arguments":"}"}}]}}]}""", "[DONE]", ChunkOfHi)]
    [InlineData("invalid", "Hi", ChunkOfHi, """{"choices":[{"index":0,"delta":{"content":"Hi""")]
    [InlineData("No.", "Hi", ChunkOfHi, """{"error":{"message":"No."}}""")]
    public void A_stream_of_OpenAIs_that_breaks_off_is_in_order_as_far_as_it_goes(string? failure, string text, params string[] events)
    {
        var told = ChatScene.Stream("messages-openai", events);
        Assert.Equal(failure, told.Failure);
        var written = SaidInMessages.Events(told.Text).ConvertAll(static e => e.Data);
        Assert.Equal(text, failure is null ? SaidInMessages.Stream(told.Text).Text : SaidByAnthropic.Stream(written).Text);
    }

    private static IEnumerable<string> Recorded(string name) =>
        File.ReadLines(RecordedData.PathOf("provider-streams", "anthropic", $"{name}.chunks.txt")).Where(static l => l.Length > 0);

    [Theory]
    [InlineData("cut", ResponsesScene.Created, ResponsesScene.Item, ResponsesScene.Delta)]
    [InlineData(null, ResponsesScene.Created, ResponsesScene.Item, ResponsesScene.Delta, ResponsesScene.Completed)]
    [InlineData(null, ResponsesScene.Created, ResponsesScene.Created, ResponsesScene.Delta, ResponsesScene.Completed)]
    [InlineData("invalid", ResponsesScene.Created, ResponsesScene.Delta, ResponsesScene.Created)]
    [InlineData("invalid", ResponsesScene.Created, "{\"type\":\"response.output_text.delta\",\"del")]
    [InlineData("invalid", ResponsesScene.Created, "{\"type\":\"response.completed\"}")]
    [InlineData("Oh no.", ResponsesScene.Created, """{"type":"error","error":{"type":"server_error","message":"Oh no."}}""")]
    [InlineData("Oh no.", ResponsesScene.Created, """{"type":"error","code":"server_error","message":"Oh no.","param":null}""")]
    [InlineData("Oh no.", ResponsesScene.Created, """{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"Oh no."}}}""")]
    public void A_stream_of_a_response_that_breaks_off_says_so(string? failure, params string[] events) =>
        Assert.Equal(failure, ChatScene.Stream("chat-openai_responses", events).Failure);

    [Fact]
    public void A_response_that_failed_is_an_error() => Assert.Equal(
        "Oh no.", ChatScene.Whole("chat-openai_responses", """{"id":"resp_1","status":"failed","output":[],"error":{"code":"server_error","message":"Oh no."}}""").Failure);

    [Fact]
    public void A_recorded_error_of_OpenAI_is_one_in_every_dialect() => Assert.All(
        ChatScene.DialectNames, static dialect => Assert.StartsWith("You exceeded your current quota", ChatScene.Stream($"{dialect}-openai_responses", ResponsesScene.Recorded("openai-error.1")).Failure, StringComparison.Ordinal));
}
