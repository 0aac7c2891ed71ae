using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Bedrock;

/// <summary>
/// Writes a conversation as Converse's <c>system</c> and <c>messages</c>. Instructions go to the front, wherever they stand; roles take turns; what
/// functions came to is said by the user. One for each request.
/// </summary>
/// <param name="writer">Where to.</param>
/// <param name="dropped">Takes what is left out.</param>
internal sealed class BedrockTurns(Utf8JsonWriter writer, List<string> dropped)
{
    private readonly BedrockMedia _media = new(writer);

    public ApiFailure? Write(ChatRequest request) => WriteSystem(request)
        ?? ChatAlternation.Write(request, writer, Says, turn => WriteParts(turn, turn.Parts, takesCachePoints: true));

    /// <summary>Writes a point up to which the prompt is kept, where Anthropic's <c>cache_control</c> asks for one.</summary>
    public static void WriteCachePoint(JsonElement? control, Utf8JsonWriter writer)
    {
        if (control is not { } asked)
        {
            return;
        }

        writer.WriteStartObject();
        writer.WriteStartObject("cachePoint"u8);
        writer.WriteString("type"u8, "default"u8);
        writer.WriteIfAny("ttl"u8, asked.Member("ttl"u8, JsonValueKind.String));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private ApiFailure? WriteSystem(ChatRequest request)
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

            if (WriteParts(turn, turn.Parts, takesCachePoints: true) is { } failure)
            {
                return failure;
            }
        }

        writer.WriteEndArray();
        return null;
    }

    /// <summary>Whether there is anything in a part; a thought without its seal is not taken back by whoever thought it.</summary>
    private static bool Says(ChatPart part) => part switch
    {
        TextPart text => !text.Text.ValueEquals(""u8),
        ReasoningPart thought => thought.Signature is not null || thought.Redacted is not null,
        _ => true,
    };

    private ApiFailure? WriteParts(ChatTurn turn, List<ChatPart> parts, bool takesCachePoints)
    {
        for (var i = 0; i < parts.Count; i++)
        {
            var part = parts[i];
            if (!Says(part))
            {
                if (part is ReasoningPart)
                {
                    dropped.Add($"{turn.Path}.reasoning");
                }

                continue;
            }

            writer.WriteStartObject();
            if (WritePart(part, turn, i) is { } failure)
            {
                return failure;
            }

            writer.WriteEndObject();
            if (takesCachePoints)
            {
                WriteCachePoint(part.CacheControl ?? (part as ToolResultPart)?.Parts.Find(static p => p.CacheControl is not null)?.CacheControl, writer);
            }
        }

        return null;
    }

    private ApiFailure? WritePart(ChatPart part, ChatTurn turn, int at)
    {
        switch (part)
        {
            case TextPart text:
                writer.WriteIfAny("text"u8, text.Text);
                return null;
            case RefusalPart refusal:
                writer.WriteIfAny("text"u8, refusal.Text);
                return null;
            case ImagePart image:
                return _media.WriteImage(image, turn.PathOf(at));
            case DocumentPart document:
                return _media.WriteDocument(document, turn.PathOf(at));
            case ReasoningPart thought:
                WriteThought(thought);
                return null;
            case ToolCallPart call:
                return WriteCall(call, turn);
            case ToolResultPart result:
                return WriteResult(result, turn);
            default:
                return new UnsupportedParameter(turn.PathOf(at), $"'{turn.PathOf(at)}' cannot be served by this model: its provider's wire format has no audio.");
        }
    }

    private void WriteThought(ReasoningPart thought)
    {
        writer.WriteStartObject("reasoningContent"u8);
        writer.WriteIfAny("redactedContent"u8, thought.Redacted);
        if (thought.Redacted is null)
        {
            writer.WriteStartObject("reasoningText"u8);
            writer.WriteInside("text"u8, thought.Text is { } text ? ChatJson.Inside(text) : default);
            writer.WriteIfAny("signature"u8, thought.Signature);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private InvalidParameter? WriteCall(ToolCallPart call, ChatTurn turn)
    {
        writer.WriteStartObject("toolUse"u8);
        writer.WriteIfAny("toolUseId"u8, call.Id);
        writer.WriteIfAny("name"u8, call.Name);
        writer.WritePropertyName("input"u8);
        if (!call.WriteObject(writer))
        {
            return new InvalidParameter($"{turn.Path}.tool_calls", $"'{turn.Path}.tool_calls' holds arguments that are no JSON object.");
        }

        writer.WriteEndObject();
        return null;
    }

    private ApiFailure? WriteResult(ToolResultPart result, ChatTurn turn)
    {
        writer.WriteStartObject("toolResult"u8);
        writer.WriteIfAny("toolUseId"u8, result.CallId);
        if (result.IsError)
        {
            writer.WriteString("status"u8, "error"u8);
        }

        writer.WriteStartArray("content"u8);
        if (WriteParts(turn, result.Parts, takesCachePoints: false) is { } failure)
        {
            return failure;
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        return null;
    }
}
