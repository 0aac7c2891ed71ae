using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Reads instructions and input of OpenAI's responses. What the model said, thought and asked for stands there as items in a row, which are one turn.
/// </summary>
internal static class OpenAiResponsesItems
{
    public static ApiFailure? Read(JsonElement root, ChatRequest request)
    {
        if (root.Member("instructions"u8) is { } instructions)
        {
            if (instructions.ValueKind != JsonValueKind.String)
            {
                return new InvalidParameter("instructions", "'instructions' must be a string.");
            }

            request.Turns.Add(new ChatTurn(ChatRole.System, "instructions") { Parts = { new TextPart(instructions) } });
        }

        var input = root.GetProperty("input"u8);
        if (input.ValueKind == JsonValueKind.String)
        {
            request.Turns.Add(new ChatTurn(ChatRole.User, "input") { Parts = { new TextPart(input) } });
            return null;
        }

        var at = 0;
        foreach (var item in input.EnumerateArray())
        {
            if (ReadItem(item, $"input[{at++}]", request) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private static ApiFailure? ReadItem(JsonElement item, string path, ChatRequest request)
    {
        switch (item.TextOf("type"u8))
        {
            case null or "message":
                return ReadMessage(item, path, request);
            case "reasoning":
                ReadReasoning(item, path, request);
                return null;
            case "function_call":
                return ReadCall(item, path, Assistant(path, request));
            case "function_call_output":
                return ReadResult(item, path, request);
            case "item_reference":
                // Vercel's client names items unless it is told that they are not stored.
                return new UnsupportedParameter(path, $"'{path}' names an item that is stored nowhere: send the item itself. Clients do so once 'store' is false.");
            case { } type:
                return new UnsupportedParameter(
                    path, $"'{path}' is an item of type '{(type.Length <= 64 ? type : type[..64])}', which the provider of this model cannot be shown: messages, function calls, their outputs and reasoning are.");
        }
    }

    /// <summary>The model's turn: the last one, if it is that.</summary>
    private static ChatTurn Assistant(string path, ChatRequest request)
    {
        if (request.Turns is not [.., { Role: ChatRole.Assistant } turn])
        {
            request.Turns.Add(turn = new ChatTurn(ChatRole.Assistant, path));
        }

        return turn;
    }

    private static ApiFailure? ReadMessage(JsonElement item, string path, ChatRequest request)
    {
        ChatRole? role = item.TextOf("role"u8) switch
        {
            "system" or "developer" => ChatRole.System,
            "user" => ChatRole.User,
            "assistant" => ChatRole.Assistant,
            _ => null,
        };
        if (role is null)
        {
            return new InvalidParameter($"{path}.role", $"'{path}.role' must be one of system, developer, user, assistant.");
        }

        if (role == ChatRole.Assistant)
        {
            return ReadContent(item.Member("content"u8), $"{path}.content", Assistant(path, request).Parts);
        }

        var turn = new ChatTurn(role.Value, path);
        request.Turns.Add(turn);
        return ReadContent(item.Member("content"u8), $"{path}.content", turn.Parts);
    }

    private static MissingParameter? ReadCall(JsonElement item, string path, ChatTurn turn)
    {
        if (item.Member("call_id"u8, JsonValueKind.String) is not { } id)
        {
            return new MissingParameter($"{path}.call_id");
        }

        if (item.Member("name"u8, JsonValueKind.String) is not { } name)
        {
            return new MissingParameter($"{path}.name");
        }

        if (item.Member("arguments"u8, JsonValueKind.String) is not { } arguments)
        {
            return new MissingParameter($"{path}.arguments");
        }

        turn.Parts.Add(new ToolCallPart(id, name, arguments)
        {
            // As in chat completions.
            Signature = item.SealOf(),
        });
        return null;
    }

    private static ApiFailure? ReadResult(JsonElement item, string path, ChatRequest request)
    {
        if (item.Member("call_id"u8, JsonValueKind.String) is not { } id)
        {
            return new MissingParameter($"{path}.call_id");
        }

        var result = new ToolResultPart(id);
        request.Turns.Add(new ChatTurn(ChatRole.Tool, path) { Parts = { result } });
        return ReadContent(item.Member("output"u8), $"{path}.output", result.Parts);
    }

    /// <summary>The seal belongs to the whole; where there is no readable summary it is all there is. What is only named is left out.</summary>
    private static void ReadReasoning(JsonElement item, string path, ChatRequest request)
    {
        var seal = item.Member("encrypted_content"u8, JsonValueKind.String);
        List<JsonElement> texts = [.. TextsOf(item.Member("summary"u8, JsonValueKind.Array))];
        if (texts.Count == 0)
        {
            texts.AddRange(TextsOf(item.Member("content"u8, JsonValueKind.Array)));
        }

        if (texts.Count == 0 && seal is null)
        {
            request.Others.Add(new ChatMember(path, item));
            return;
        }

        var turn = Assistant(path, request);
        for (var i = 0; i < texts.Count; i++)
        {
            turn.Parts.Add(new ReasoningPart(texts[i], i == texts.Count - 1 ? seal : null));
        }

        if (texts.Count == 0)
        {
            turn.Parts.Add(new ReasoningPart(null, null) { Redacted = seal });
        }
    }

    private static IEnumerable<JsonElement> TextsOf(JsonElement? parts) => parts is { } list
        ? from part in list.EnumerateArray() let text = part.Member("text"u8, JsonValueKind.String) where text is not null select text.Value
        : [];

    private static ApiFailure? ReadContent(JsonElement? content, string path, List<ChatPart> parts)
    {
        switch (content)
        {
            case { ValueKind: JsonValueKind.String } text:
                parts.Add(new TextPart(text));
                return null;
            case { ValueKind: JsonValueKind.Array } list:
                var at = 0;
                foreach (var part in list.EnumerateArray())
                {
                    if (ReadPart(part) is not { } read)
                    {
                        return new InvalidParameter(
                            $"{path}[{at}]", $"'{path}[{at}]' must be a part of type input_text, output_text, refusal, input_image, input_file or input_audio, with the members its type needs.");
                    }

                    parts.Add(read);
                    at++;
                }

                return null;
            default:
                return new MissingParameter(path);
        }
    }

    private static ChatPart? ReadPart(JsonElement part) => part.TextOf("type"u8) switch
    {
        "input_text" or "output_text" or "text" when part.Member("text"u8, JsonValueKind.String) is { } text => new TextPart(text),
        "refusal" when part.Member("refusal"u8, JsonValueKind.String) is { } refusal => new RefusalPart(refusal),
        "input_image" when SourceOf(part, "image_url"u8) is { } source => new ImagePart(source) { Detail = part.Member("detail"u8, JsonValueKind.String) },
        "input_file" when ReadFile(part) is { } file => file,
        "input_audio" when part.Member("input_audio"u8)?.Member("data"u8, JsonValueKind.String) is { } data =>
            new AudioPart(new MediaSource(MediaPlace.Base64, data, null), part.GetProperty("input_audio"u8).TextOf("format"u8) ?? "wav"),
        _ => null,
    };

    private static MediaSource? SourceOf(JsonElement part, ReadOnlySpan<byte> url) => part.Member(url, JsonValueKind.String) is { } address
        ? MediaSource.OfUrl(address)
        : part.Member("file_id"u8, JsonValueKind.String) is { } id ? new MediaSource(MediaPlace.FileId, id, null) : null;

    private static DocumentPart? ReadFile(JsonElement part)
    {
        var data = part.Member("file_data"u8, JsonValueKind.String);
        var source = data is { } given ? MediaSource.OfUrl(given) with { Place = MediaPlace.Base64 } : SourceOf(part, "file_url"u8);
        return source is { } found ? new DocumentPart(found) { Name = part.Member("filename"u8, JsonValueKind.String) } : null;
    }
}
