using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>Writes a conversation as the input of OpenAI's responses: what the model said, thought and asked for in items of their own, in order.</summary>
internal static class OpenAiResponsesItemWriter
{
    public static ApiFailure? Write(ChatRequest request, Utf8JsonWriter writer, List<string> dropped)
    {
        writer.WriteStartArray("input"u8);
        foreach (var turn in request.Turns)
        {
            if (WriteTurn(turn, writer, dropped) is { } failure)
            {
                return failure;
            }
        }

        writer.WriteEndArray();
        return null;
    }

    private static ApiFailure? WriteTurn(ChatTurn turn, Utf8JsonWriter writer, List<string> dropped)
    {
        for (var at = 0; at < turn.Parts.Count;)
        {
            ApiFailure? failure = null;
            switch (turn.Parts[at])
            {
                case ReasoningPart thought:
                    WriteReasoning(thought, turn, writer, dropped);
                    at++;
                    break;
                case ToolCallPart call:
                    WriteCall(call, writer);
                    at++;
                    break;
                case ToolResultPart result:
                    failure = WriteResult(result, turn, writer, dropped);
                    at++;
                    break;
                default:
                    failure = WriteMessage(turn, ref at, writer);
                    break;
            }

            if (failure is not null)
            {
                return failure;
            }
        }

        return null;
    }

    /// <summary>Without its seal a thought is not taken back.</summary>
    private static void WriteReasoning(ReasoningPart thought, ChatTurn turn, Utf8JsonWriter writer, List<string> dropped)
    {
        if ((thought.Redacted ?? thought.Signature) is not { } seal)
        {
            dropped.Add($"{turn.Path}.reasoning");
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("type"u8, "reasoning"u8);
        writer.WriteStartArray("summary"u8);
        if (thought.Text is { } text)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "summary_text"u8);
            writer.WriteIfAny("text"u8, text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteIfAny("encrypted_content"u8, seal);
        writer.WriteEndObject();
    }

    private static void WriteCall(ToolCallPart call, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "function_call"u8);
        writer.WriteIfAny("call_id"u8, call.Id);
        writer.WriteIfAny("name"u8, call.Name);
        writer.WritePropertyName("arguments"u8);
        if (call.Arguments.ValueKind == JsonValueKind.String && call.Arguments.ValueEquals(""u8))
        {
            // Some clients send back nothing where a function takes nothing.
            writer.WriteStringValue("{}"u8);
        }
        else
        {
            call.WriteText(writer);
        }

        writer.WriteEndObject();
    }

    private static ApiFailure? WriteResult(ToolResultPart result, ChatTurn turn, Utf8JsonWriter writer, List<string> dropped)
    {
        if (result.IsError)
        {
            dropped.Add($"{turn.Path}.is_error");
        }

        writer.WriteStartObject();
        writer.WriteString("type"u8, "function_call_output"u8);
        writer.WriteIfAny("call_id"u8, result.CallId);
        ApiFailure? failure = null;
        if (result.Parts.Count == 0)
        {
            writer.WriteString("output"u8, result.IsError ? "The function failed."u8 : ""u8);
        }
        else
        {
            failure = WriteContent("output"u8, turn, result.Parts, 0, writer);
        }

        writer.WriteEndObject();
        return failure;
    }

    /// <summary>Writes the parts from here to the next that is none of a message.</summary>
    private static ApiFailure? WriteMessage(ChatTurn turn, ref int at, Utf8JsonWriter writer)
    {
        var start = at;
        while (at < turn.Parts.Count && turn.Parts[at] is not (ReasoningPart or ToolCallPart or ToolResultPart))
        {
            at++;
        }

        writer.WriteStartObject();
        writer.WriteString("type"u8, "message"u8);
        writer.WriteString("role"u8, turn.Role switch
        {
            ChatRole.System => "system"u8,
            ChatRole.Assistant => "assistant"u8,
            _ => "user"u8,
        });
        var failure = WriteContent("content"u8, turn, turn.Parts.GetRange(start, at - start), start, writer);
        writer.WriteEndObject();
        return failure;
    }

    private static ApiFailure? WriteContent(ReadOnlySpan<byte> name, ChatTurn turn, List<ChatPart> parts, int start, Utf8JsonWriter writer)
    {
        if (parts is [TextPart only])
        {
            writer.WriteIfAny(name, only.Text);
            return null;
        }

        writer.WriteStartArray(name);
        for (var i = 0; i < parts.Count; i++)
        {
            writer.WriteStartObject();
            if (WritePart(parts[i], turn, turn.PathOf(start + i), writer) is { } failure)
            {
                return failure;
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        return null;
    }

    private static UnsupportedParameter? WritePart(ChatPart part, ChatTurn turn, string path, Utf8JsonWriter writer)
    {
        switch (part)
        {
            case TextPart text:
                writer.WriteString("type"u8, turn.Role == ChatRole.Assistant ? "output_text"u8 : "input_text"u8);
                writer.WriteIfAny("text"u8, text.Text);
                return null;
            case RefusalPart refusal:
                writer.WriteString("type"u8, "refusal"u8);
                writer.WriteIfAny("refusal"u8, refusal.Text);
                return null;
            case ImagePart image:
                writer.WriteString("type"u8, "input_image"u8);
                WriteSource("image_url"u8, "image_url"u8, image.Source, "image/png", writer);
                WriteDetail(image.Detail, writer);
                return null;
            case DocumentPart { Source.Place: MediaPlace.Text } document:
                writer.WriteString("type"u8, "input_text"u8);
                writer.WriteIfAny("text"u8, document.Source.Value);
                return null;
            case DocumentPart document:
                writer.WriteString("type"u8, "input_file"u8);
                WriteFile(document, writer);
                return null;
            default:
                return new UnsupportedParameter(path, $"'{path}' cannot be served by this model: its provider's wire format takes texts, images and files.");
        }
    }

    /// <summary>How closely a picture is looked at, which has to be said.</summary>
    private static void WriteDetail(JsonElement? detail, Utf8JsonWriter writer)
    {
        if (detail is null)
        {
            writer.WriteString("detail"u8, "auto"u8);
        }

        writer.WriteIfAny("detail"u8, detail);
    }

    private static void WriteFile(DocumentPart document, Utf8JsonWriter writer)
    {
        if (document.Source.Place == MediaPlace.Base64)
        {
            writer.WritePropertyName("filename"u8);
            writer.WriteInside(document.Name is { } name ? ChatJson.Inside(name) : "document.pdf"u8);
        }

        WriteSource("file_data"u8, "file_url"u8, document.Source, "application/pdf", writer);
    }

    private static void WriteSource(ReadOnlySpan<byte> dataName, ReadOnlySpan<byte> urlName, MediaSource source, string usualType, Utf8JsonWriter writer)
    {
        if (source.Place == MediaPlace.FileId)
        {
            writer.WriteIfAny("file_id"u8, source.Value);
        }
        else
        {
            OpenAiChatMessageWriter.WriteUrl(source.Place == MediaPlace.Url ? urlName : dataName, source, usualType, writer);
        }
    }
}
