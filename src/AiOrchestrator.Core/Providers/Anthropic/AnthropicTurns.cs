using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Anthropic;

/// <summary>
/// Writes a conversation as Anthropic's <c>system</c> and <c>messages</c>. Instructions go to the front, wherever they stand; what functions came
/// to is said by the user, together with what follows it.
/// </summary>
internal static class AnthropicTurns
{
    public static ApiFailure? Write(ChatRequest request, Utf8JsonWriter writer, List<string> dropped) => WriteSystem(request, writer, dropped)
        ?? ChatAlternation.Write(request, writer, Says, turn => WriteParts(turn, turn.Parts, writer, dropped));

    private static ApiFailure? WriteSystem(ChatRequest request, Utf8JsonWriter writer, List<string> dropped)
    {
        var turns = request.Turns.FindAll(static t => t.Role == ChatRole.System && t.Parts.Exists(Says));
        if (turns.Count == 0)
        {
            return null;
        }

        writer.WriteStartArray("system"u8);
        foreach (var turn in turns)
        {
            if (turn.Parts.FindIndex(static p => p is not TextPart) is var other and >= 0)
            {
                return new UnsupportedParameter(turn.PathOf(other), $"'{turn.PathOf(other)}' cannot be served by this model: instructions are text.");
            }

            if (WriteParts(turn, turn.Parts, writer, dropped) is { } failure)
            {
                return failure;
            }
        }

        writer.WriteEndArray();
        return null;
    }

    /// <summary>Whether there is anything in a part; a thought without its seal, or with another provider's, is not taken back by whoever thought it.</summary>
    private static bool Says(ChatPart part) => part switch
    {
        TextPart text => !text.Text.ValueEquals(""u8),
        ReasoningPart thought => thought.Redacted is not null || (thought.Signature is { } seal && !ChatJson.Inside(seal).StartsWith("gemini:"u8)),
        _ => true,
    };

    private static ApiFailure? WriteParts(ChatTurn turn, List<ChatPart> parts, Utf8JsonWriter writer, List<string> dropped)
    {
        for (var i = 0; i < parts.Count; i++)
        {
            if (!Says(parts[i]))
            {
                Note(parts[i], turn, dropped);
                continue;
            }

            writer.WriteStartObject();
            if (WritePart(parts[i], turn, i, writer, dropped) is { } failure)
            {
                return failure;
            }

            writer.WriteIfAny("cache_control"u8, parts[i].CacheControl);
            writer.WriteEndObject();
        }

        return null;
    }

    private static void Note(ChatPart part, ChatTurn turn, List<string> dropped)
    {
        if (part is ReasoningPart)
        {
            dropped.Add($"{turn.Path}.reasoning");
        }
    }

    private static ApiFailure? WritePart(ChatPart part, ChatTurn turn, int at, Utf8JsonWriter writer, List<string> dropped)
    {
        switch (part)
        {
            case TextPart text:
                WriteText(text.Text, writer);
                return null;
            case RefusalPart refusal:
                WriteText(refusal.Text, writer);
                return null;
            case ImagePart image:
                return WriteMedia("image"u8, image.Source, turn, at, writer);
            case DocumentPart document:
                return WriteDocument(document, turn, at, writer);
            case ReasoningPart thought:
                WriteThought(thought, writer);
                return null;
            case ToolCallPart call:
                return WriteCall(call, turn, writer);
            case ToolResultPart result:
                return WriteResult(result, turn, writer, dropped);
            default:
                return new UnsupportedParameter(turn.PathOf(at), $"'{turn.PathOf(at)}' cannot be served by this model: its provider's wire format has no audio.");
        }
    }

    private static void WriteText(JsonElement text, Utf8JsonWriter writer)
    {
        writer.WriteString("type"u8, "text"u8);
        writer.WriteIfAny("text"u8, text);
    }

    private static void WriteThought(ReasoningPart thought, Utf8JsonWriter writer)
    {
        writer.WriteString("type"u8, thought.Redacted is null ? "thinking"u8 : "redacted_thinking"u8);
        writer.WriteIfAny("data"u8, thought.Redacted);
        if (thought.Redacted is null)
        {
            writer.WritePropertyName("thinking"u8);
            writer.WriteInside(thought.Text is { } text ? ChatJson.Inside(text) : default);
            writer.WriteIfAny("signature"u8, thought.Signature);
        }
    }

    private static UnsupportedParameter? WriteDocument(DocumentPart document, ChatTurn turn, int at, Utf8JsonWriter writer)
    {
        if (WriteMedia("document"u8, document.Source, turn, at, writer) is { } failure)
        {
            return failure;
        }

        writer.WriteIfAny("title"u8, document.Name);
        if (document.Cites is { } cites)
        {
            writer.WriteStartObject("citations"u8);
            writer.WriteBoolean("enabled"u8, cites);
            writer.WriteEndObject();
        }

        return null;
    }

    private static UnsupportedParameter? WriteMedia(ReadOnlySpan<byte> type, MediaSource source, ChatTurn turn, int at, Utf8JsonWriter writer)
    {
        if (source.Place == MediaPlace.FileId)
        {
            return new UnsupportedParameter(turn.PathOf(at), $"'{turn.PathOf(at)}' names a file that another provider keeps: send it in base64.");
        }

        writer.WriteString("type"u8, type);
        writer.WriteStartObject("source"u8);
        switch (source.Place)
        {
            case MediaPlace.Url:
                writer.WriteString("type"u8, "url"u8);
                writer.WriteIfAny("url"u8, source.Value);
                break;
            case MediaPlace.Text:
                writer.WriteString("type"u8, "text"u8);
                writer.WriteString("media_type"u8, "text/plain"u8);
                writer.WriteIfAny("data"u8, source.Value);
                break;
            default:
                writer.WriteString("type"u8, "base64"u8);
                writer.WriteString("media_type"u8, source.MediaType ?? (type.SequenceEqual("image"u8) ? "image/png" : "application/pdf"));
                writer.WriteInside("data"u8, source.Base64);
                break;
        }

        writer.WriteEndObject();
        return null;
    }

    private static InvalidParameter? WriteCall(ToolCallPart call, ChatTurn turn, Utf8JsonWriter writer)
    {
        writer.WriteString("type"u8, "tool_use"u8);
        writer.WriteIfAny("id"u8, call.Id);
        writer.WriteIfAny("name"u8, call.Name);
        writer.WritePropertyName("input"u8);
        return call.WriteObject(writer)
            ? null
            : new InvalidParameter($"{turn.Path}.tool_calls", $"'{turn.Path}.tool_calls' holds arguments that are no JSON object.");
    }

    private static ApiFailure? WriteResult(ToolResultPart result, ChatTurn turn, Utf8JsonWriter writer, List<string> dropped)
    {
        writer.WriteString("type"u8, "tool_result"u8);
        writer.WriteIfAny("tool_use_id"u8, result.CallId);
        if (result.IsError)
        {
            writer.WriteBoolean("is_error"u8, true);
        }

        writer.WriteStartArray("content"u8);
        var failure = WriteParts(turn, result.Parts, writer, dropped);
        writer.WriteEndArray();
        return failure;
    }
}
