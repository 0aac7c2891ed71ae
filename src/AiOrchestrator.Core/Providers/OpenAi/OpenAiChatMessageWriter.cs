using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Writes a conversation as the messages of a chat completion. Results of functions are text there: images in one are shown by the user, right
/// after the results.
/// </summary>
internal static class OpenAiChatMessageWriter
{
    public static ApiFailure? Write(ChatRequest request, Utf8JsonWriter writer, List<string> dropped)
    {
        var shown = new List<ChatPart>();
        writer.WriteStartArray("messages"u8);
        foreach (var turn in request.Turns)
        {
            if (turn.Role != ChatRole.Tool)
            {
                WriteShown(shown, turn, writer);
            }

            if (WriteTurn(turn, shown, writer, dropped) is { } failure)
            {
                return failure;
            }
        }

        WriteShown(shown, request.Turns[^1], writer);
        writer.WriteEndArray();
        return null;
    }

    private static ApiFailure? WriteTurn(ChatTurn turn, List<ChatPart> shown, Utf8JsonWriter writer, List<string> dropped)
    {
        var results = turn.Parts.OfType<ToolResultPart>().ToList();
        foreach (var result in results)
        {
            if (WriteResult(result, turn, shown, writer) is { } failure)
            {
                return failure;
            }
        }

        var rest = turn.Parts.FindAll(static p => p is not ToolResultPart);
        if (rest.Count == 0)
        {
            return null;
        }

        if (results.Count > 0)
        {
            WriteShown(shown, turn, writer);
        }

        return turn.Role == ChatRole.Assistant ? WriteAssistant(turn, rest, writer, dropped) : WriteMessage(turn, rest, writer);
    }

    private static ApiFailure? WriteMessage(ChatTurn turn, List<ChatPart> parts, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, turn.Role == ChatRole.System ? "system"u8 : "user"u8);
        writer.WriteIfAny("name"u8, turn.Name);
        var failure = WriteContent(turn, parts, writer);
        writer.WriteEndObject();
        return failure;
    }

    private static ApiFailure? WriteAssistant(ChatTurn turn, List<ChatPart> parts, Utf8JsonWriter writer, List<string> dropped)
    {
        if (parts.Exists(static p => p is ReasoningPart))
        {
            dropped.Add($"{turn.Path}.reasoning");
        }

        var said = parts.FindAll(static p => p is TextPart or RefusalPart);
        var calls = parts.OfType<ToolCallPart>().ToList();
        if (said.Count + calls.Count == 0)
        {
            return null;
        }

        writer.WriteStartObject();
        writer.WriteString("role"u8, "assistant"u8);
        if (said.Count == 0)
        {
            writer.WriteNull("content"u8);
        }
        else if (WriteContent(turn, said, writer) is { } failure)
        {
            return failure;
        }

        if (calls.Count > 0)
        {
            WriteCalls(calls, writer);
        }

        writer.WriteEndObject();
        return null;
    }

    private static void WriteCalls(List<ToolCallPart> calls, Utf8JsonWriter writer)
    {
        writer.WriteStartArray("tool_calls"u8);
        foreach (var call in calls)
        {
            writer.WriteStartObject();
            writer.WriteIfAny("id"u8, call.Id);
            writer.WriteString("type"u8, "function"u8);
            writer.WriteStartObject("function"u8);
            writer.WriteIfAny("name"u8, call.Name);
            writer.WritePropertyName("arguments"u8);
            call.WriteText(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static ApiFailure? WriteResult(ToolResultPart result, ChatTurn turn, List<ChatPart> shown, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, "tool"u8);
        writer.WriteIfAny("tool_call_id"u8, result.CallId);
        var texts = result.Parts.FindAll(static p => p is TextPart);
        shown.AddRange(result.Parts.Where(static p => p is not TextPart));
        ApiFailure? failure = null;
        if (texts.Count == 0)
        {
            writer.WriteString("content"u8, result.IsError ? "The function failed."u8 : ""u8);
        }
        else
        {
            failure = WriteContent(turn, texts, writer);
        }

        writer.WriteEndObject();
        return failure;
    }

    private static void WriteShown(List<ChatPart> shown, ChatTurn turn, Utf8JsonWriter writer)
    {
        if (shown.Count > 0)
        {
            // Images and documents of results: whatever else there is was refused when the request was read.
            _ = WriteMessage(new ChatTurn(ChatRole.User, turn.Path), shown, writer);
            shown.Clear();
        }
    }

    private static ApiFailure? WriteContent(ChatTurn turn, List<ChatPart> parts, Utf8JsonWriter writer)
    {
        if (parts is [TextPart only])
        {
            writer.WriteIfAny("content"u8, only.Text);
            return null;
        }

        writer.WriteStartArray("content"u8);
        for (var i = 0; i < parts.Count; i++)
        {
            writer.WriteStartObject();
            if (WritePart(parts[i], turn.PathOf(i), writer) is { } failure)
            {
                return failure;
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        return null;
    }

    private static UnsupportedParameter? WritePart(ChatPart part, string path, Utf8JsonWriter writer)
    {
        switch (part)
        {
            case TextPart text:
                writer.WriteString("type"u8, "text"u8);
                writer.WriteIfAny("text"u8, text.Text);
                return null;
            case RefusalPart refusal:
                writer.WriteString("type"u8, "refusal"u8);
                writer.WriteIfAny("refusal"u8, refusal.Text);
                return null;
            case ImagePart { Source.Place: MediaPlace.Url or MediaPlace.Base64 } image:
                WriteImage(image, writer);
                return null;
            case DocumentPart { Source.Place: MediaPlace.Text } document:
                writer.WriteString("type"u8, "text"u8);
                writer.WriteIfAny("text"u8, document.Source.Value);
                return null;
            case DocumentPart { Source.Place: MediaPlace.Base64 } document:
                WriteFile(document, writer);
                return null;
            case AudioPart audio:
                writer.WriteString("type"u8, "input_audio"u8);
                writer.WriteStartObject("input_audio"u8);
                writer.WriteInside("data"u8, audio.Source.Base64);
                writer.WriteString("format"u8, audio.Format);
                writer.WriteEndObject();
                return null;
            default:
                return new UnsupportedParameter(path, $"'{path}' cannot be served by this model: its provider takes content in the request, and images by address.");
        }
    }

    private static void WriteImage(ImagePart image, Utf8JsonWriter writer)
    {
        writer.WriteString("type"u8, "image_url"u8);
        writer.WriteStartObject("image_url"u8);
        WriteUrl("url"u8, image.Source, "image/png", writer);
        writer.WriteIfAny("detail"u8, image.Detail);
        writer.WriteEndObject();
    }

    private static void WriteFile(DocumentPart document, Utf8JsonWriter writer)
    {
        writer.WriteString("type"u8, "file"u8);
        writer.WriteStartObject("file"u8);
        writer.WritePropertyName("filename"u8);
        writer.WriteInside(document.Name is { } name ? ChatJson.Inside(name) : "document.pdf"u8);
        WriteUrl("file_data"u8, document.Source, "application/pdf", writer);
        writer.WriteEndObject();
    }

    /// <summary>Writes a picture or file by its address, or as the data URI that holds it.</summary>
    internal static void WriteUrl(ReadOnlySpan<byte> name, MediaSource source, string usualType, Utf8JsonWriter writer)
    {
        if (source.Place == MediaPlace.Url || ChatJson.Inside(source.Value).StartsWith("data:"u8))
        {
            writer.WriteIfAny(name, source.Value);
            return;
        }

        var head = System.Text.Encoding.UTF8.GetBytes($"data:{JsonEncodedText.Encode(source.MediaType ?? usualType)};base64,");
        writer.WriteInside(name, [.. head, .. source.Base64]);
    }
}
