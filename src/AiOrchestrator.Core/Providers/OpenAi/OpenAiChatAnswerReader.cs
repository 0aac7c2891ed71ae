using System.Runtime.InteropServices;
using System.Text.Json;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Reads answers of OpenAI's chat completions for callers of other dialects (https://platform.openai.com/docs/api-reference/chat/object,
/// …/chat/streaming), with what compatible servers do differently: reasoning under two names, arguments as an object, calls without a number.
/// </summary>
internal sealed class OpenAiChatAnswerReader : ChatAnswerReader
{
    private readonly List<int> _calls = [];

    /// <inheritdoc/>
    protected override AnswerPiece Whole(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ChatSink sink)
    {
        var piece = Read(ref reader, json, sink, out var hasChoices);
        return piece != AnswerPiece.Content ? piece : hasChoices ? AnswerPiece.End : AnswerPiece.Invalid;
    }

    /// <inheritdoc/>
    protected override AnswerPiece Event(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, ReadOnlySpan<byte> json, ChatSink sink) =>
        Read(ref reader, json, sink, out _);

    /// <inheritdoc/>
    protected override AnswerPiece Other(ReadOnlySpan<byte> data, ChatSink sink) =>
        data.Trim(" \r\n"u8).SequenceEqual("[DONE]"u8) ? AnswerPiece.End : AnswerPiece.Invalid;

    private AnswerPiece Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ChatSink sink, out bool hasChoices)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        hasChoices = false;
        if (root.Member("error"u8) is { ValueKind: JsonValueKind.Object or JsonValueKind.String or JsonValueKind.Array } || root.TextOf("object"u8) == "error")
        {
            Error = OpenAiErrorReader.Read(root) ?? new ProviderError(null, "The provider gave no reason.");
            return AnswerPiece.Error;
        }

        TakeUsage(root, sink);
        sink.Facts.ServiceTier ??= root.TextOf("service_tier"u8);
        if (root.Member("choices"u8, JsonValueKind.Array) is not { } choices || choices.GetArrayLength() == 0)
        {
            return AnswerPiece.Content;
        }

        hasChoices = true;
        sink.Begin(root.InsideOf("id"u8), root.InsideOf("model"u8));
        foreach (var choice in choices.EnumerateArray())
        {
            ReadChoice(choice, sink);
        }

        return AnswerPiece.Content;
    }

    private static void TakeUsage(JsonElement root, ChatSink sink)
    {
        if ((root.Member("usage"u8) ?? root.Member("x_groq"u8)?.Member("usage"u8)) is not { } usage)
        {
            return;
        }

        var json = JsonMarshal.GetRawUtf8Value(usage);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        _ = sink.Facts.Take(ref reader, json, sink.Facts.Format);
    }

    private void ReadChoice(JsonElement choice, ChatSink sink)
    {
        var index = choice.Member("index"u8, JsonValueKind.Number) is { } number && number.TryGetInt32(out var at) && at is >= 0 and < 128 ? at : 0;
        if ((choice.Member("delta"u8) ?? choice.Member("message"u8)) is { } said)
        {
            ReadTexts(said, index, sink);
            ReadCalls(said, index, sink);
        }

        if (choice.TextOf("finish_reason"u8) is { } reason)
        {
            sink.Finish(index, reason switch
            {
                "length" => ChatFinish.Length,
                "tool_calls" or "function_call" => ChatFinish.ToolCalls,
                "content_filter" => ChatFinish.ContentFilter,
                "stop" or "eos" or "end_turn" or "stop_sequence" => ChatFinish.Stop,
                _ => ChatFinish.Other,
            });
        }
    }

    private static void ReadTexts(JsonElement said, int choice, ChatSink sink)
    {
        sink.Reasoning(choice, said.InsideOf(said.Member("reasoning_content"u8) is null ? "reasoning"u8 : "reasoning_content"u8));
        if (said.Member("reasoning_details"u8, JsonValueKind.Array) is { } details)
        {
            foreach (var detail in details.EnumerateArray())
            {
                ReadDetail(detail, choice, sink);
            }
        }

        switch (said.Member("content"u8))
        {
            case { ValueKind: JsonValueKind.String } text:
                sink.Text(choice, ChatJson.Inside(text));
                break;
            case { ValueKind: JsonValueKind.Array } parts:
                // Mistral's: thoughts and texts in one list.
                ReadParts(parts, choice, sink);
                break;
        }

        sink.Refusal(choice, said.InsideOf("refusal"u8));
        ReadAnnotations(said, choice, sink);
    }

    private static void ReadDetail(JsonElement detail, int choice, ChatSink sink)
    {
        if (detail.InsideOf("signature"u8) is { IsEmpty: false } signature)
        {
            sink.ReasoningSignature(choice, signature);
        }

        if (detail.TextOf("type"u8) is "reasoning.encrypted" && detail.InsideOf("data"u8) is { IsEmpty: false } data)
        {
            sink.ReasoningRedacted(choice, data);
        }
    }

    private static void ReadParts(JsonElement parts, int choice, ChatSink sink)
    {
        foreach (var part in parts.EnumerateArray())
        {
            if (part.Member("thinking"u8, JsonValueKind.Array) is { } thoughts)
            {
                foreach (var thought in thoughts.EnumerateArray())
                {
                    sink.Reasoning(choice, thought.InsideOf("text"u8));
                }
            }
            else
            {
                sink.Text(choice, part.InsideOf("text"u8));
            }
        }
    }

    private static void ReadAnnotations(JsonElement said, int choice, ChatSink sink)
    {
        if (said.Member("annotations"u8, JsonValueKind.Array) is not { } annotations)
        {
            return;
        }

        foreach (var annotation in annotations.EnumerateArray())
        {
            if (annotation.Member("url_citation"u8) is { } citation)
            {
                sink.Citation(choice, new ChatCitation { Url = citation.InsideOf("url"u8), Title = citation.InsideOf("title"u8) });
            }
        }
    }

    private void ReadCalls(JsonElement said, int choice, ChatSink sink)
    {
        if (said.Member("function_call"u8, JsonValueKind.Object) is { } older)
        {
            ReadCall(older, default, 0, choice, sink, default);
        }

        if (said.Member("tool_calls"u8, JsonValueKind.Array) is not { } calls)
        {
            return;
        }

        var at = 0;
        foreach (var call in calls.EnumerateArray())
        {
            var index = call.Member("index"u8, JsonValueKind.Number) is { } number && number.TryGetInt32(out var stated) && stated is >= 0 and < 1 << 20 ? stated : at;
            at++;
            var signature = call.SealOf() is { } seal ? ChatJson.Inside(seal) : default;
            ReadCall(call.Member("function"u8, JsonValueKind.Object) ?? call, call.InsideOf("id"u8), index, choice, sink, signature);
        }
    }

    private void ReadCall(JsonElement function, ReadOnlySpan<byte> id, int index, int choice, ChatSink sink, ReadOnlySpan<byte> signature)
    {
        var name = function.InsideOf("name"u8);
        var key = (choice << 20) + index;
        if (!name.IsEmpty && !_calls.Contains(key))
        {
            _calls.Add(key);
            sink.ToolCall(choice, index, id, name, signature);
        }

        if (_calls.Contains(key) && function.Member("arguments"u8) is { } arguments)
        {
            sink.ToolArguments(choice, index, arguments.ValueKind == JsonValueKind.String
                ? ChatJson.Inside(arguments)
                : ChatJson.Quoted(JsonMarshal.GetRawUtf8Value(arguments)));
        }
    }
}
