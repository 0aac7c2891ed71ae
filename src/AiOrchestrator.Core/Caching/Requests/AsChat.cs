using System.Buffers;
using System.Text.Json;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Caching.Requests;

/// <summary>
/// Says a request of another dialect as a chat completion, so that the same question is the same in whatever dialect it is asked. Only where nothing is lost: what
/// chat completions cannot say, or say less exactly, stays a question of its own dialect.
/// </summary>
internal static class AsChat
{
    private static readonly ChatFormat Chat = new OpenAiChatFormat();

    /// <summary>The body of the chat completion and what parsing finds in it; null where something would be lost.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="call">Which call it is for.</param>
    /// <param name="request">What parsing found in it.</param>
    /// <param name="model">The model that is to answer.</param>
    public static (byte[] Body, RequestFacts Facts)? Write(ReadOnlyMemory<byte> body, ModelCall call, RequestFacts request, ServedModel model)
    {
        if (call is not (ModelCall.Messages or ModelCall.Responses or ModelCall.Completions) || ChatFormats.DialectOf(call) is not { } dialect)
        {
            return null;
        }

        using var said = new ChatRequest(JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = OpenAiRequestReader.MaxDepth }));
        if (!IsPlain(said.Root) || dialect.Read(said.Root, said) is not null || said.Reasoning is not null || said.Others.Count > 0
            || (said.MaxOutputTokens is not null && model.OutputLimitMember is null))
        {
            return null;
        }

        var dropped = new List<string>();
        var written = new ArrayBufferWriter<byte>(body.Length + 128);
        using (var writer = new Utf8JsonWriter(written, ChatJson.Writing))
        {
            if (Chat.Write(said, new UpstreamTerms(model, request.RequestedOutputTokens ?? 1, Stream: false), writer, dropped) is not null || dropped.Count > 0)
            {
                writer.Reset(new ArrayBufferWriter<byte>());
                return null;
            }
        }

        var facts = new RequestFacts();
        return OpenAiRequestReader.Read(written.WrittenSpan, ModelCall.ChatCompletions, facts) is null ? (written.WrittenSpan.ToArray(), facts) : null;
    }

    /// <summary>
    /// Whether it is a conversation of texts alone: each turn a role and one text, what the system says one text before them. Of anything richer two requests that differ
    /// may be said alike.
    /// </summary>
    private static bool IsPlain(JsonElement root)
    {
        if (root.Member("tools"u8) is not null || root.Member("system"u8) is { ValueKind: not JsonValueKind.String } || root.Member("instructions"u8) is { ValueKind: not JsonValueKind.String })
        {
            return false;
        }

        var turns = root.Member("messages"u8) ?? root.Member("input"u8) ?? root.Member("prompt"u8);
        return turns?.ValueKind == JsonValueKind.String || (turns?.ValueKind == JsonValueKind.Array && root.Member("prompt"u8) is null && turns.Value.EnumerateArray().All(IsPlainTurn));
    }

    private static bool IsPlainTurn(JsonElement turn) => HasOnly(turn, "role", "content", "type")
        && turn.TextOf("role"u8) is "user" or "assistant" && turn.TextOf("type"u8) is null or "message"
        && turn.Member("content"u8) is { } content && (content.ValueKind == JsonValueKind.String
            || (content.ValueKind == JsonValueKind.Array && content.GetArrayLength() == 1 && HasOnly(content[0], "type", "text") && content[0].TextOf("text"u8) is not null));

    /// <summary>Whether it is an object of these members, each once at most.</summary>
    private static bool HasOnly(JsonElement value, params ReadOnlySpan<string> names)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        var met = 0;
        foreach (var member in value.EnumerateObject())
        {
            var at = names.IndexOf(member.Name);
            if (at < 0 || (met & 1 << at) != 0)
            {
                return false;
            }

            met |= 1 << at;
        }

        return true;
    }
}
