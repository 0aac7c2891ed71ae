using System.Text;

namespace AiOrchestrator.Bench.Translation;

/// <summary>One event of a provider's stream, as a scanner finds it.</summary>
/// <param name="Name">What it is called; empty where it has no name.</param>
/// <param name="Data">What it carries.</param>
internal sealed record Event(byte[] Name, byte[] Data)
{
    public static Event Of(string data, string name = "") => new(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(data));
}

/// <summary>What a provider answers: whole, and as a stream of which the middle repeats.</summary>
/// <param name="Whole">The whole answer.</param>
/// <param name="Begin">The stream's first events.</param>
/// <param name="Words">Events of one word each.</param>
/// <param name="End">Its last events.</param>
internal sealed record Answers(byte[] Whole, Event[] Begin, Event[] Words, Event[] End)
{
    private const string Text = "It will be sunny and warm, with a light wind from the west; \\\"take a hat\\\" along.";

    private static readonly string[] Spoken = Text.Split(' ');

    /// <summary>The answers of a wire format, by its name.</summary>
    public static Answers Of(string format) => format switch
    {
        "openai" => OpenAi(),
        "openai_responses" => Responses(),
        "anthropic" => Anthropic(),
        "gemini" => Gemini(),
        "bedrock" => Bedrock(),
        "cohere" => Cohere(),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "no answers of this wire format are known here"),
    };

    private static Answers Make(string whole, Event[] begin, Func<string, Event> word, Event[] end) =>
        new(Encoding.UTF8.GetBytes(whole), begin, [.. Spoken.Select(w => word(" " + w))], end);

    private static Answers OpenAi()
    {
        const string Head = "\"id\":\"chatcmpl-D8Z5oo6uDh67AD85p73ksdT1KxhE0\",\"created\":1770933892,\"model\":\"m\"";
        return Make(
            $$$"""{{{{Head}}},"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"{{{Text}}}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":420,"completion_tokens":20,"total_tokens":440}}""",
            [Event.Of($$$"""{{{{Head}}},"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""")],
            word => Event.Of($$$"""{{{{Head}}},"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"{{{word}}}"},"finish_reason":null}]}"""),
            [
                Event.Of($$$"""{{{{Head}}},"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"""),
                Event.Of($$$"""{{{{Head}}},"object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":420,"completion_tokens":20,"total_tokens":440}}"""),
                Event.Of("[DONE]"),
            ]);
    }

    private static Answers Anthropic() => Make(
        $$$"""{"id":"msg_01","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"{{{Text}}}"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":420,"output_tokens":20}}""",
        [
            Event.Of("""{"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":420,"output_tokens":1}}}""", "message_start"),
            Event.Of("""{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""", "content_block_start"),
        ],
        static word => Event.Of($$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{word}}}"}}""", "content_block_delta"),
        [
            Event.Of("""{"type":"content_block_stop","index":0}""", "content_block_stop"),
            Event.Of("""{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":20}}""", "message_delta"),
            Event.Of("""{"type":"message_stop"}""", "message_stop"),
        ]);

    private static Answers Responses()
    {
        const string Item = "\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\"";
        const string Usage = "\"usage\":{\"input_tokens\":420,\"output_tokens\":20,\"total_tokens\":440}";
        var done = $$$"""{"id":"resp_1","object":"response","created_at":1770933892,"status":"completed","model":"m","output":[{{{{Item}}},"status":"completed","content":[{"type":"output_text","text":"{{{Text}}}","annotations":[]}]}],{{{Usage}}}}""";
        return Make(
            done,
            [
                Event.Of("""{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","created_at":1770933892,"status":"in_progress","model":"m","output":[]}}""", "response.created"),
                Event.Of($$$"""{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{{{{Item}}},"status":"in_progress","content":[]}}""", "response.output_item.added"),
                Event.Of("""{"type":"response.content_part.added","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}""", "response.content_part.added"),
            ],
            static word => Event.Of($$"""{"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"{{word}}"}""", "response.output_text.delta"),
            [
                Event.Of($$"""{"type":"response.output_text.done","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"text":"{{Text}}"}""", "response.output_text.done"),
                Event.Of($$$"""{"type":"response.completed","sequence_number":5,"response":{{{done}}}}""", "response.completed"),
            ]);
    }

    private static Answers Gemini()
    {
        const string Usage = "\"usageMetadata\":{\"promptTokenCount\":420,\"candidatesTokenCount\":20,\"totalTokenCount\":440},\"modelVersion\":\"m\",\"responseId\":\"r1\"";
        return Make(
            $$$"""{"candidates":[{"content":{"parts":[{"text":"{{{Text}}}"}],"role":"model"},"finishReason":"STOP","index":0}],{{{Usage}}}}""",
            [],
            static word => Event.Of($$$"""{"candidates":[{"content":{"parts":[{"text":"{{{word}}}"}],"role":"model"},"index":0}],{{{Usage}}}}"""),
            [Event.Of($$$"""{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],{{{Usage}}}}""")]);
    }

    private static Answers Bedrock() => Make(
        $$$"""{"output":{"message":{"role":"assistant","content":[{"text":"{{{Text}}}"}]}},"stopReason":"end_turn","usage":{"inputTokens":420,"outputTokens":20,"totalTokens":440},"metrics":{"latencyMs":500}}""",
        [Event.Of("""{"role":"assistant"}""", "messageStart")],
        static word => Event.Of($$$"""{"contentBlockIndex":0,"delta":{"text":"{{{word}}}"}}""", "contentBlockDelta"),
        [
            Event.Of("""{"contentBlockIndex":0}""", "contentBlockStop"),
            Event.Of("""{"stopReason":"end_turn"}""", "messageStop"),
            Event.Of("""{"usage":{"inputTokens":420,"outputTokens":20,"totalTokens":440},"metrics":{"latencyMs":500}}""", "metadata"),
        ]);

    private static Answers Cohere() => Make(
        $$$$"""{"id":"c1","finish_reason":"COMPLETE","message":{"role":"assistant","content":[{"type":"text","text":"{{{{Text}}}}"}]},"usage":{"billed_units":{"input_tokens":420,"output_tokens":20},"tokens":{"input_tokens":420,"output_tokens":20}}}""",
        [
            Event.Of("""{"id":"c1","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}""", "message-start"),
            Event.Of("""{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}""", "content-start"),
        ],
        static word => Event.Of($$$$$"""{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"{{{{{word}}}}}"}}}}""", "content-delta"),
        [
            Event.Of("""{"type":"content-end","index":0}""", "content-end"),
            Event.Of("""{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":420,"output_tokens":20},"tokens":{"input_tokens":420,"output_tokens":20}}}}""", "message-end"),
        ]);
}
