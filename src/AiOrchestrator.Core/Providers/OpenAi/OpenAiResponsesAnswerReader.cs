using System.Runtime.InteropServices;
using System.Text.Json;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Reads answers of OpenAI's responses (https://platform.openai.com/docs/api-reference/responses/object, …/responses-streaming). Items are known by
/// their number: some servers change their ids from event to event.
/// </summary>
internal sealed class OpenAiResponsesAnswerReader : ChatAnswerReader
{
    /// <summary>Which of the counted texts the input of tools of other kinds is.</summary>
    private const int OtherPart = 5;

    /// <summary>Most functions of one answer whose arguments are followed.</summary>
    private const int MaxCalls = 1 << 10;

    private readonly List<(int Item, bool HasArguments)> _calls = [];
    private bool _hasSaid;
    private bool _hasThought;

    /// <inheritdoc/>
    protected override AnswerPiece Whole(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ChatSink sink)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        if (root.Member("output"u8, JsonValueKind.Array) is not { } output)
        {
            return root.Member("error"u8) is { } ? Failed(root) : AnswerPiece.Invalid;
        }

        sink.Begin(root.InsideOf("id"u8), root.InsideOf("model"u8));
        var at = 0;
        foreach (var item in output.EnumerateArray())
        {
            ReadItem(item, at++, sink);
        }

        return End(root, sink);
    }

    /// <inheritdoc/>
    protected override AnswerPiece Event(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, ReadOnlySpan<byte> json, ChatSink sink)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        switch (root.TextOf("type"u8))
        {
            case "response.created" or "response.in_progress" or "response.queued":
                if (_hasSaid)
                {
                    // Another answer in the middle of this one.
                    return AnswerPiece.Invalid;
                }

                if (root.Member("response"u8) is { } begun)
                {
                    sink.Begin(begun.InsideOf("id"u8), begun.InsideOf("model"u8));
                }

                return AnswerPiece.Content;
            case "response.completed" or "response.incomplete":
                return root.Member("response"u8) is { } ended ? End(ended, sink) : AnswerPiece.Invalid;
            case "response.failed":
                return root.Member("response"u8) is { } failed ? End(failed, sink, hasFailed: true) : AnswerPiece.Invalid;
            case "error":
                return Failed(root);
            case null:
                return root.Member("error"u8) is { } ? Failed(root) : AnswerPiece.Invalid;
            case { } type:
                _hasSaid = true;
                ReadPiece(type, root, sink);
                return AnswerPiece.Content;
        }
    }

    private void ReadPiece(string type, JsonElement root, ChatSink sink)
    {
        switch (type)
        {
            case "response.output_text.delta":
                sink.Text(0, root.InsideOf("delta"u8));
                break;
            case "response.refusal.delta":
                sink.Refusal(0, root.InsideOf("delta"u8));
                break;
            case "response.reasoning_summary_text.delta" or "response.reasoning_text.delta":
                _hasThought = true;
                sink.Reasoning(0, root.InsideOf("delta"u8));
                break;
            case "response.reasoning_summary_part.added" when IndexOf(root, "summary_index"u8) > 0:
                sink.Reasoning(0, "\\n\\n"u8);
                break;
            case "response.output_item.added" when root.Member("item"u8) is { } item:
                _hasThought = false;
                BeginCall(item, IndexOf(root, "output_index"u8), sink);
                break;
            case "response.function_call_arguments.delta":
                TakeArguments(root.InsideOf("delta"u8), isWhole: false, IndexOf(root, "output_index"u8), sink);
                break;
            case "response.function_call_arguments.done":
                TakeArguments(root.InsideOf("arguments"u8), isWhole: true, IndexOf(root, "output_index"u8), sink);
                break;
            case "response.output_item.done" when root.Member("item"u8) is { } item:
                EndItem(item, IndexOf(root, "output_index"u8), sink);
                break;
            case "response.output_text.annotation.added" when root.Member("annotation"u8) is { } annotation:
                Cite(annotation, sink);
                break;
            case var _ when type.EndsWith(".delta", StringComparison.Ordinal):
                // What else the model writes: input of custom tools, code.
                sink.Facts.Meter?.Append(0, OtherPart, root.InsideOf("delta"u8));
                break;
        }
    }

    private static int IndexOf(JsonElement value, ReadOnlySpan<byte> name) =>
        value.Member(name, JsonValueKind.Number) is { } number && number.TryGetInt32(out var index) ? index : 0;

    private void BeginCall(JsonElement item, int index, ChatSink sink)
    {
        if (item.TextOf("type"u8) is "function_call" && _calls.Count < MaxCalls && !_calls.Exists(c => c.Item == index))
        {
            var signature = item.SealOf() is { } seal ? ChatJson.Inside(seal) : default;
            sink.ToolCall(0, _calls.Count, item.InsideOf("call_id"u8), item.InsideOf("name"u8), signature);
            _calls.Add((index, false));
        }
    }

    /// <summary>Arguments are repeated at their end: by then they are taken only where they did not come in pieces.</summary>
    private void TakeArguments(ReadOnlySpan<byte> arguments, bool isWhole, int index, ChatSink sink)
    {
        var call = _calls.FindIndex(c => c.Item == index);
        if (call >= 0 && !(isWhole && _calls[call].HasArguments) && !arguments.IsEmpty)
        {
            _calls[call] = (index, true);
            sink.ToolArguments(0, call, arguments);
        }
    }

    private void EndItem(JsonElement item, int index, ChatSink sink)
    {
        if (item.TextOf("type"u8) is "reasoning")
        {
            Seal(item, sink);
            return;
        }

        // Some servers tell of a function when it is whole, and not before.
        BeginCall(item, index, sink);
        TakeArguments(item.InsideOf("arguments"u8), isWhole: true, index, sink);
    }

    private void Seal(JsonElement item, ChatSink sink)
    {
        if (item.InsideOf("encrypted_content"u8) is { IsEmpty: false } seal)
        {
            if (_hasThought)
            {
                sink.ReasoningSignature(0, seal);
            }
            else
            {
                sink.ReasoningRedacted(0, seal);
            }
        }
    }

    private void ReadItem(JsonElement item, int index, ChatSink sink)
    {
        switch (item.TextOf("type"u8))
        {
            case "message" when item.Member("content"u8, JsonValueKind.Array) is { } content:
                foreach (var part in content.EnumerateArray())
                {
                    ReadPart(part, sink);
                }

                break;
            case "reasoning":
                _hasThought = false;
                ReadThoughts(item.Member("summary"u8, JsonValueKind.Array), sink);
                ReadThoughts(item.Member("content"u8, JsonValueKind.Array), sink);
                Seal(item, sink);
                break;
            default:
                EndItem(item, index, sink);
                break;
        }
    }

    private void ReadThoughts(JsonElement? parts, ChatSink sink)
    {
        if (parts is not { } list)
        {
            return;
        }

        foreach (var part in list.EnumerateArray())
        {
            if (part.InsideOf("text"u8) is { IsEmpty: false } text)
            {
                if (_hasThought)
                {
                    sink.Reasoning(0, "\\n\\n"u8);
                }

                _hasThought = true;
                sink.Reasoning(0, text);
            }
        }
    }

    private static void ReadPart(JsonElement part, ChatSink sink)
    {
        sink.Text(0, part.InsideOf("text"u8));
        sink.Refusal(0, part.InsideOf("refusal"u8));
        if (part.Member("annotations"u8, JsonValueKind.Array) is { } annotations)
        {
            foreach (var annotation in annotations.EnumerateArray())
            {
                Cite(annotation, sink);
            }
        }
    }

    private static void Cite(JsonElement annotation, ChatSink sink)
    {
        if (annotation.TextOf("type"u8) is "url_citation")
        {
            sink.Citation(0, new ChatCitation { Url = annotation.InsideOf("url"u8), Title = annotation.InsideOf("title"u8) });
        }
    }

    /// <summary>Reads what stands at the end of an answer: how it ended and what it took.</summary>
    private AnswerPiece End(JsonElement response, ChatSink sink, bool hasFailed = false)
    {
        if (response.Member("usage"u8, JsonValueKind.Object) is { } usage)
        {
            var json = JsonMarshal.GetRawUtf8Value(usage);
            var reader = new Utf8JsonReader(json);
            reader.Read();
            _ = sink.Facts.Take(ref reader, json, sink.Facts.Format);
        }

        sink.Facts.ServiceTier ??= response.TextOf("service_tier"u8);
        var status = response.TextOf("status"u8);
        if (hasFailed || status is "failed" or "cancelled")
        {
            return Failed(response);
        }

        var reason = response.Member("incomplete_details"u8)?.TextOf("reason"u8);
        sink.Finish(0, status is "incomplete" || reason is not null
            ? reason is "content_filter" ? ChatFinish.ContentFilter : ChatFinish.Length
            : _calls.Count > 0 ? ChatFinish.ToolCalls
            : ChatFinish.Stop);
        return AnswerPiece.End;
    }

    /// <summary>Its error stands in a member of its own, or around it.</summary>
    private AnswerPiece Failed(JsonElement value)
    {
        var error = value.Member("error"u8, JsonValueKind.Object) ?? value;
        var message = error.TextOf("message"u8);
        Error = new ProviderError(error.TextOf("type"u8), string.IsNullOrEmpty(message) ? "The provider gave no reason." : message)
        {
            Code = error.TextOf("code"u8),
            Param = error.TextOf("param"u8),
        };
        return AnswerPiece.Error;
    }
}
