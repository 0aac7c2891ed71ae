using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Cohere;

/// <summary>
/// Writes a conversation as Cohere's <c>messages</c>. What the model said or thought before it asked for functions is its <c>tool_plan</c>. One for each
/// request.
/// </summary>
/// <param name="writer">Where to.</param>
/// <param name="dropped">Takes what is left out.</param>
internal sealed class CohereTurns(Utf8JsonWriter writer, List<string> dropped)
{
    public ApiFailure? Write(ChatRequest request)
    {
        writer.WriteStartArray("messages"u8);
        foreach (var turn in request.Turns)
        {
            var failure = turn.Role switch
            {
                ChatRole.Assistant => WriteAssistant(turn),
                ChatRole.System => WriteOthers(turn, "system"u8),
                _ => WriteOthers(turn, "user"u8),
            };
            if (failure is not null)
            {
                return failure;
            }
        }

        writer.WriteEndArray();
        return null;
    }

    /// <summary>Results of functions are messages of their own, one for each; what else a turn says stands after them.</summary>
    private ApiFailure? WriteOthers(ChatTurn turn, ReadOnlySpan<byte> role)
    {
        foreach (var part in turn.Parts)
        {
            if (part is ToolResultPart result && WriteResult(result, turn) is { } failure)
            {
                return failure;
            }
        }

        if (!turn.Parts.Exists(static p => p is not ToolResultPart))
        {
            return null;
        }

        writer.WriteStartObject();
        writer.WriteString("role"u8, role);
        writer.WriteStartArray("content"u8);
        for (var i = 0; i < turn.Parts.Count; i++)
        {
            if (turn.Parts[i] is not ToolResultPart && WritePart(turn.Parts[i], turn.PathOf(i), takesImages: role.SequenceEqual("user"u8)) is { } failure)
            {
                return failure;
            }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        return null;
    }

    private ApiFailure? WriteResult(ToolResultPart result, ChatTurn turn)
    {
        Note(result, turn.Path);
        if (result.IsError)
        {
            dropped.Add($"{turn.Path}.is_error");
        }

        writer.WriteStartObject();
        writer.WriteString("role"u8, "tool"u8);
        writer.WriteIfAny("tool_call_id"u8, result.CallId);
        writer.WriteStartArray("content"u8);
        for (var i = 0; i < result.Parts.Count; i++)
        {
            if (WritePart(result.Parts[i], turn.PathOf(i), takesImages: false) is { } failure)
            {
                return failure;
            }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        return null;
    }

    private ApiFailure? WriteAssistant(ChatTurn turn)
    {
        var asksForTools = turn.Parts.Exists(static p => p is ToolCallPart);
        writer.WriteStartObject();
        writer.WriteString("role"u8, "assistant"u8);
        if (asksForTools)
        {
            WritePlan(turn);
            WriteCalls(turn);
        }
        else
        {
            writer.WriteStartArray("content"u8);
            for (var i = 0; i < turn.Parts.Count; i++)
            {
                if (WritePart(turn.Parts[i], turn.PathOf(i), takesImages: false) is { } failure)
                {
                    return failure;
                }
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        return null;
    }

    private void WritePlan(ChatTurn turn)
    {
        List<byte> plan = [];
        foreach (var part in turn.Parts)
        {
            var text = part switch
            {
                TextPart said => said.Text,
                RefusalPart said => said.Text,
                ReasoningPart thought => thought.Text,
                _ => null,
            };
            if (text is { } found)
            {
                plan.AddRange(ChatJson.Inside(found));
            }

            if (part is ReasoningPart { Text: null })
            {
                dropped.Add($"{turn.Path}.reasoning");
            }

            Note(part, turn.Path);
        }

        if (plan.Count > 0)
        {
            writer.WriteInside("tool_plan"u8, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(plan));
        }
    }

    private void WriteCalls(ChatTurn turn)
    {
        writer.WriteStartArray("tool_calls"u8);
        foreach (var call in turn.Parts.OfType<ToolCallPart>())
        {
            writer.WriteStartObject();
            writer.WriteIfAny("id"u8, call.Id);
            writer.WriteString("type"u8, "function"u8);
            writer.WriteStartObject("function"u8);
            writer.WriteIfAny("name"u8, call.Name);
            writer.WritePropertyName("arguments"u8);
            if (call.Arguments is { ValueKind: JsonValueKind.String } text && text.ValueEquals(""u8))
            {
                writer.WriteStringValue("{}"u8);
            }
            else
            {
                call.WriteText(writer);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private UnsupportedParameter? WritePart(ChatPart part, string path, bool takesImages)
    {
        Note(part, path);
        switch (part)
        {
            case TextPart text:
                WriteText("text"u8, text.Text);
                return null;
            case RefusalPart refusal:
                WriteText("text"u8, refusal.Text);
                return null;
            case ReasoningPart { Text: { } thought }:
                WriteText("thinking"u8, thought);
                return null;
            case ReasoningPart:
                dropped.Add($"{path}.reasoning");
                return null;
            case ImagePart { Source.Place: MediaPlace.Url or MediaPlace.Base64 } image when takesImages:
                writer.WriteStartObject();
                writer.WriteString("type"u8, "image_url"u8);
                writer.WriteStartObject("image_url"u8);
                OpenAiChatMessageWriter.WriteUrl("url"u8, image.Source, "image/png", writer);
                writer.WriteIfAny("detail"u8, image.Detail);
                writer.WriteEndObject();
                writer.WriteEndObject();
                return null;
            default:
                return new UnsupportedParameter(path, $"'{path}' cannot be served by this model: its provider's wire format has texts, and pictures of users, in this place.");
        }
    }

    private void WriteText(ReadOnlySpan<byte> type, JsonElement text)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, type);
        writer.WriteIfAny(type, text);
        writer.WriteEndObject();
    }

    private void Note(ChatPart part, string path) => ChatRefusals.Drop(part.CacheControl, $"{path}.cache_control", dropped);
}
