using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>
/// Writes a conversation for formats in which user and assistant take turns: neighbours of one role become one message, and what functions came to is
/// said by the user, together with what follows it. Instructions stand elsewhere.
/// </summary>
internal static class ChatAlternation
{
    /// <summary>Writes the member <c>messages</c>.</summary>
    /// <param name="request">What the caller asks.</param>
    /// <param name="writer">Where to.</param>
    /// <param name="says">Whether there is anything in a part; turns without any are left out, which these formats refuse and others take.</param>
    /// <param name="writeParts">Writes a turn's parts into its message, or says what it cannot.</param>
    public static ApiFailure? Write(ChatRequest request, Utf8JsonWriter writer, Predicate<ChatPart> says, Func<ChatTurn, ApiFailure?> writeParts)
    {
        writer.WriteStartArray("messages"u8);
        ChatRole? open = null;
        foreach (var turn in request.Turns.Where(t => t.Role != ChatRole.System && t.Parts.Exists(says)))
        {
            var role = turn.Role == ChatRole.Assistant ? ChatRole.Assistant : ChatRole.User;
            if (open != role)
            {
                Close(writer, open);
                open = role;
                writer.WriteStartObject();
                writer.WriteString("role"u8, role == ChatRole.Assistant ? "assistant"u8 : "user"u8);
                writer.WriteStartArray("content"u8);
            }

            if (writeParts(turn) is { } refusal)
            {
                return refusal;
            }
        }

        Close(writer, open);
        writer.WriteEndArray();
        return null;
    }

    private static void Close(Utf8JsonWriter writer, ChatRole? open)
    {
        if (open is not null)
        {
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
    }
}
