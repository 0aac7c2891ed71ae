using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Anthropic;

/// <summary>
/// Reads Anthropic's <c>system</c> and <c>messages</c>. Results of functions, which the user says there, become turns of their own. Blocks that
/// only Anthropic's models know (its own tools, their results) are refused by name.
/// </summary>
internal static class AnthropicTurnReader
{
    public static ApiFailure? Read(JsonElement root, ChatRequest request)
    {
        if (root.Member("system"u8) is { } system && ReadSystem(system, request) is { } refusal)
        {
            return refusal;
        }

        var at = 0;
        foreach (var message in root.GetProperty("messages"u8).EnumerateArray())
        {
            if (ReadMessage(message, $"messages[{at++}]", request) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private static ApiFailure? ReadSystem(JsonElement system, ChatRequest request)
    {
        var turn = new ChatTurn(ChatRole.System, "system");
        request.Turns.Add(turn);
        if (system.ValueKind == JsonValueKind.String)
        {
            turn.Parts.Add(new TextPart(system));
            return null;
        }

        var at = 0;
        foreach (var block in system.EnumerateArray())
        {
            var path = $"system[{at++}]";
            if (block.TextOf("type"u8) is not "text" || block.Member("text"u8, JsonValueKind.String) is not { } text)
            {
                return new InvalidParameter(path, $"'{path}' must be a block of type text.");
            }

            turn.Parts.Add(new TextPart(text) { CacheControl = block.Member("cache_control"u8) });
        }

        return null;
    }

    private static ApiFailure? ReadMessage(JsonElement message, string path, ChatRequest request)
    {
        ChatRole? known = message.TextOf("role"u8) switch
        {
            "user" => ChatRole.User,
            "assistant" => ChatRole.Assistant,
            "system" => ChatRole.System,
            _ => null,
        };
        if (known is not { } role)
        {
            return new InvalidParameter($"{path}.role", $"'{path}.role' must be one of user, assistant, system.");
        }

        var content = message.GetProperty("content"u8);
        if (content.ValueKind == JsonValueKind.String)
        {
            request.Turns.Add(new ChatTurn(role, path) { Parts = { new TextPart(content) } });
            return null;
        }

        ChatTurn? turn = null;
        var parts = new List<ChatPart>();
        var at = 0;
        foreach (var block in content.EnumerateArray())
        {
            parts.Clear();
            if (ReadBlock(block, $"{path}.content[{at}]", role, parts, request) is { } failure)
            {
                return failure;
            }

            foreach (var part in parts)
            {
                var speaker = part is ToolResultPart ? ChatRole.Tool : role;
                if (turn?.Role != speaker)
                {
                    turn = new ChatTurn(speaker, path) { FirstPart = at };
                    request.Turns.Add(turn);
                }

                turn.Parts.Add(part);
            }

            at++;
        }

        return null;
    }

    private static ApiFailure? ReadBlock(JsonElement block, string path, ChatRole role, List<ChatPart> parts, ChatRequest request)
    {
        var cache = block.Member("cache_control"u8);
        switch (block.TextOf("type"u8))
        {
            case "text" when block.Member("text"u8, JsonValueKind.String) is { } text:
                parts.Add(new TextPart(text) { CacheControl = cache });
                return null;
            case "image" when role != ChatRole.Assistant:
                return ReadImage(block, path, cache, parts);
            case "document" when role != ChatRole.Assistant:
                return ReadDocument(block, path, cache, parts, request);
            case "tool_use" when role == ChatRole.Assistant:
                return ReadCall(block, path, cache, parts);
            case "tool_result" when role == ChatRole.User:
                return ReadResult(block, path, cache, parts, request);
            case "thinking" when role == ChatRole.Assistant:
                parts.Add(new ReasoningPart(block.Member("thinking"u8, JsonValueKind.String), SealOf(block)));
                return null;
            case "redacted_thinking" when block.Member("data"u8, JsonValueKind.String) is { } data:
                parts.Add(new ReasoningPart(null, null) { Redacted = data });
                return null;
            case "text" or "image" or "document" or "tool_use" or "tool_result" or "thinking" or "redacted_thinking":
                return new InvalidParameter(path, $"'{path}' lacks what a block of its type holds, or stands in a message of the wrong role.");
            case { } other:
                return new UnsupportedParameter(path, $"'{path}' is a block of type '{other}', which is known to Anthropic's models alone: leave it out, or name one of them.");
            default:
                return new MissingParameter($"{path}.type");
        }
    }

    /// <summary>Thoughts of models that seal none come back with an empty one.</summary>
    private static JsonElement? SealOf(JsonElement block) =>
        block.Member("signature"u8, JsonValueKind.String) is { } signature && !signature.ValueEquals(""u8) ? signature : null;

    private static ApiFailure? ReadImage(JsonElement block, string path, JsonElement? cache, List<ChatPart> parts)
    {
        if (SourceOf(block) is not { } source)
        {
            return new InvalidParameter($"{path}.source", $"'{path}.source' must be of type base64, url or file, with what that needs.");
        }

        parts.Add(new ImagePart(source) { CacheControl = cache });
        return null;
    }

    private static ApiFailure? ReadDocument(JsonElement block, string path, JsonElement? cache, List<ChatPart> parts, ChatRequest request)
    {
        var title = block.Member("title"u8, JsonValueKind.String);
        var cites = block.Member("citations"u8)?.FlagOf("enabled"u8);
        ChatMembers.NoteOthers(block, path, ["type", "source", "title", "citations", "cache_control"], request);
        if (SourceOf(block) is { } source)
        {
            parts.Add(new DocumentPart(source) { Name = title, Cites = cites, CacheControl = cache });
            return null;
        }

        switch (block.Member("source"u8)?.Member("content"u8))
        {
            case { ValueKind: JsonValueKind.String } text:
                parts.Add(new DocumentPart(new MediaSource(MediaPlace.Text, text, null)) { Name = title, Cites = cites, CacheControl = cache });
                return null;
            case { ValueKind: JsonValueKind.Array } pieces:
                return ReadPieces(pieces, $"{path}.source.content", title, cites, parts);
            default:
                return new InvalidParameter($"{path}.source", $"'{path}.source' must be of type base64, url, text, content or file, with what that needs.");
        }
    }

    /// <summary>A document given in pieces: each text is one, and images stand between them.</summary>
    private static ApiFailure? ReadPieces(JsonElement pieces, string path, JsonElement? title, bool? cites, List<ChatPart> parts)
    {
        var at = 0;
        foreach (var piece in pieces.EnumerateArray())
        {
            var where = $"{path}[{at++}]";
            if (piece.Member("text"u8, JsonValueKind.String) is { } text)
            {
                parts.Add(new DocumentPart(new MediaSource(MediaPlace.Text, text, null)) { Name = title, Cites = cites });
            }
            else if (ReadImage(piece, where, null, parts) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private static MediaSource? SourceOf(JsonElement block)
    {
        var source = block.Member("source"u8) ?? default;
        return source.TextOf("type"u8) switch
        {
            "base64" when source.Member("data"u8, JsonValueKind.String) is { } data => new MediaSource(MediaPlace.Base64, data, source.TextOf("media_type"u8)),
            "url" when source.Member("url"u8, JsonValueKind.String) is { } url => MediaSource.OfUrl(url),
            "text" when source.Member("data"u8, JsonValueKind.String) is { } text => new MediaSource(MediaPlace.Text, text, "text/plain"),
            "file" when source.Member("file_id"u8, JsonValueKind.String) is { } file => new MediaSource(MediaPlace.FileId, file, null),
            _ => null,
        };
    }

    private static ApiFailure? ReadCall(JsonElement block, string path, JsonElement? cache, List<ChatPart> parts)
    {
        if (block.Member("id"u8, JsonValueKind.String) is not { } id)
        {
            return new MissingParameter($"{path}.id");
        }

        if (block.Member("name"u8, JsonValueKind.String) is not { } name)
        {
            return new MissingParameter($"{path}.name");
        }

        if (block.Member("input"u8, JsonValueKind.Object) is not { } input)
        {
            return new InvalidParameter($"{path}.input", $"'{path}.input' must be an object.");
        }

        parts.Add(new ToolCallPart(id, name, input)
        {
            CacheControl = cache,
            Signature = block.SealOf(),
        });
        return null;
    }

    private static ApiFailure? ReadResult(JsonElement block, string path, JsonElement? cache, List<ChatPart> parts, ChatRequest request)
    {
        if (block.Member("tool_use_id"u8, JsonValueKind.String) is not { } id)
        {
            return new MissingParameter($"{path}.tool_use_id");
        }

        var result = new ToolResultPart(id) { CacheControl = cache, IsError = block.FlagOf("is_error"u8) == true };
        parts.Add(result);
        switch (block.Member("content"u8))
        {
            case { ValueKind: JsonValueKind.String } text:
                result.Parts.Add(new TextPart(text));
                return null;
            case { ValueKind: JsonValueKind.Array } blocks:
                var at = 0;
                foreach (var inner in blocks.EnumerateArray())
                {
                    // Whoever it is said by, a result holds no calls and no results.
                    if (ReadBlock(inner, $"{path}.content[{at++}]", ChatRole.Tool, result.Parts, request) is { } failure)
                    {
                        return failure;
                    }
                }

                return null;
            default:
                return null;
        }
    }
}
