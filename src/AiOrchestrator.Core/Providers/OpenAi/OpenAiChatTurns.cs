using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Reads the messages of a chat completion. Beside OpenAI's own parts it takes what other gateways have made usual in this dialect: reasoning that
/// is sent back (<c>reasoning_content</c>, <c>reasoning_details</c>) and Anthropic's <c>cache_control</c>.
/// </summary>
internal static class OpenAiChatTurns
{
    /// <summary>Members of a message that are read, or stand in answers and mean nothing when they are sent back.</summary>
    private static readonly string[] KnownOfMessages =
        ["role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal", "reasoning_details", "cache_control", "annotations", "audio"];

    private static readonly string[] KnownOfParts = ["type", "text", "refusal", "image_url", "input_audio", "file", "cache_control"];

    public static ApiFailure? Read(JsonElement root, ChatRequest request)
    {
        var at = 0;
        foreach (var message in root.GetProperty("messages"u8).EnumerateArray())
        {
            if (Read(message, $"messages[{at++}]", request) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private static ApiFailure? Read(JsonElement message, string path, ChatRequest request)
    {
        if (RoleOf(message) is not { } role)
        {
            return new InvalidParameter($"{path}.role", $"'{path}.role' must be one of system, developer, user, assistant, tool, function.");
        }

        var turn = new ChatTurn(role, path) { Name = message.Member("name"u8, JsonValueKind.String) };
        request.Turns.Add(turn);
        NoteOthers(message, turn, request);
        return role switch
        {
            ChatRole.Tool => ReadResult(message, turn, request),
            ChatRole.Assistant => ReadAssistant(message, turn, request),
            _ => ReadContent(message, turn, turn.Parts, isRequired: true),
        };
    }

    private static void NoteOthers(JsonElement message, ChatTurn turn, ChatRequest request)
    {
        // What was thought stands in the details as well, with the provider's seal: without them it cannot be given back.
        var hasDetails = message.Member("reasoning_details"u8) is not null;
        ChatMembers.NoteOthers(message, turn.Path, hasDetails ? [.. KnownOfMessages, "reasoning_content", "reasoning"] : KnownOfMessages, request);
        if (message.Member("content"u8, JsonValueKind.Array) is not { } content)
        {
            return;
        }

        var at = 0;
        foreach (var part in content.EnumerateArray())
        {
            var path = turn.PathOf(at++);
            if (part.ValueKind == JsonValueKind.Object)
            {
                ChatMembers.NoteOthers(part, path, KnownOfParts, request);
            }
        }
    }

    private static ChatRole? RoleOf(JsonElement message) => message.TextOf("role"u8) switch
    {
        "system" or "developer" => ChatRole.System,
        "user" => ChatRole.User,
        "assistant" => ChatRole.Assistant,
        "tool" or "function" => ChatRole.Tool,
        _ => null,
    };

    private static ApiFailure? ReadResult(JsonElement message, ChatTurn turn, ChatRequest request)
    {
        // A result of the older "function" role answers by the function's name: the last call of it.
        if ((message.Member("tool_call_id"u8, JsonValueKind.String) ?? LastCallOf(turn.Name, request)) is not { } id)
        {
            return new MissingParameter($"{turn.Path}.tool_call_id");
        }

        var result = new ToolResultPart(id) { CacheControl = message.Member("cache_control"u8) };
        turn.Parts.Add(result);
        return ReadContent(message, turn, result.Parts, isRequired: true);
    }

    private static JsonElement? LastCallOf(JsonElement? name, ChatRequest request) => name is not { } wanted ? null
        : CallsIn(request).LastOrDefault(c => c.Name.ValueEquals(wanted.GetString()))?.Id ?? wanted;

    private static IEnumerable<ToolCallPart> CallsIn(ChatRequest request) => request.Turns.SelectMany(static t => t.Parts).OfType<ToolCallPart>();

    /// <summary>The older shape has no ids: the function's name takes its place, numbered where it was called before, since ids are unique.</summary>
    private static JsonElement? OlderId(JsonElement? name, ChatRequest request)
    {
        if (name is not { } called)
        {
            return null;
        }

        var before = CallsIn(request).Count(c => c.Name.ValueEquals(called.GetString()));
        return before == 0 ? called : JsonSerializer.SerializeToElement(string.Create(null, $"{called.GetString()}_{before + 1}"), UpstreamJson.Default.String);
    }

    private static ApiFailure? ReadAssistant(JsonElement message, ChatTurn turn, ChatRequest request)
    {
        ReadReasoning(message, turn);
        if (ReadContent(message, turn, turn.Parts, isRequired: false) is { } failure)
        {
            return failure;
        }

        if (message.Member("refusal"u8, JsonValueKind.String) is { } refusal)
        {
            turn.Parts.Add(new RefusalPart(refusal));
        }

        if (message.Member("audio"u8) is not null)
        {
            return new UnsupportedParameter($"{turn.Path}.audio", $"'{turn.Path}.audio' names a recording that only the provider that made it has.");
        }

        if (message.Member("function_call"u8, JsonValueKind.Object) is { } function)
        {
            return AddCall(function, OlderId(function.Member("name"u8, JsonValueKind.String), request), $"{turn.Path}.function_call", turn);
        }

        if (message.Member("tool_calls"u8) is { } calls)
        {
            return ReadCalls(calls, turn);
        }

        return turn.Parts.Count == 0 ? new MissingParameter($"{turn.Path}.content") : null;
    }

    private static ApiFailure? ReadCalls(JsonElement calls, ChatTurn turn)
    {
        if (calls.ValueKind != JsonValueKind.Array)
        {
            return new InvalidParameter($"{turn.Path}.tool_calls", $"'{turn.Path}.tool_calls' must be an array.");
        }

        var at = 0;
        foreach (var call in calls.EnumerateArray())
        {
            var path = $"{turn.Path}.tool_calls[{at++}]";
            if (call.Member("custom"u8) is not null)
            {
                return new UnsupportedParameter(path, $"'{path}' is a custom tool's call, which the provider's wire format does not have.");
            }

            if (call.Member("function"u8, JsonValueKind.Object) is not { } function)
            {
                return new MissingParameter($"{path}.function");
            }

            if (AddCall(function, call.Member("id"u8, JsonValueKind.String), path, turn, call.SealOf()) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private static MissingParameter? AddCall(JsonElement function, JsonElement? id, string path, ChatTurn turn, JsonElement? signature = null)
    {
        if (id is null)
        {
            return new MissingParameter($"{path}.id");
        }

        if (function.Member("name"u8, JsonValueKind.String) is not { } name)
        {
            return new MissingParameter($"{path}.function.name");
        }

        if (function.Member("arguments"u8) is not { ValueKind: JsonValueKind.String or JsonValueKind.Object } arguments)
        {
            return new MissingParameter($"{path}.function.arguments");
        }

        turn.Parts.Add(new ToolCallPart(id.Value, name, arguments) { Signature = signature });
        return null;
    }

    private static void ReadReasoning(JsonElement message, ChatTurn turn)
    {
        if (message.Member("reasoning_details"u8, JsonValueKind.Array) is not { } details)
        {
            return;
        }

        foreach (var detail in details.EnumerateArray())
        {
            var signature = detail.Member("signature"u8, JsonValueKind.String);
            if (detail.Member("text"u8, JsonValueKind.String) is { } text)
            {
                turn.Parts.Add(new ReasoningPart(text, signature));
            }
            else if (detail.Member("data"u8, JsonValueKind.String) is { } data)
            {
                turn.Parts.Add(new ReasoningPart(null, null) { Redacted = data });
            }
        }
    }

    private static ApiFailure? ReadContent(JsonElement message, ChatTurn turn, List<ChatPart> parts, bool isRequired)
    {
        switch (message.Member("content"u8))
        {
            case { ValueKind: JsonValueKind.String } text:
                // An empty text beside calls is how many clients say "none".
                if (isRequired || !text.ValueEquals(""u8))
                {
                    parts.Add(new TextPart(text) { CacheControl = message.Member("cache_control"u8) });
                }

                return null;
            case { ValueKind: JsonValueKind.Array } content:
                return ReadParts(content, turn, parts);
            default:
                return isRequired ? new MissingParameter($"{turn.Path}.content") : null;
        }
    }

    private static ApiFailure? ReadParts(JsonElement content, ChatTurn turn, List<ChatPart> parts)
    {
        var at = 0;
        foreach (var part in content.EnumerateArray())
        {
            var path = turn.PathOf(at++);
            if (ReadPart(part) is not { } read)
            {
                return new InvalidParameter(path, $"'{path}' must be a part of type text, refusal, image_url, input_audio or file, with the member its type names.");
            }

            parts.Add(read with { CacheControl = part.Member("cache_control"u8) });
        }

        return null;
    }

    private static ChatPart? ReadPart(JsonElement part) => part.TextOf("type"u8) switch
    {
        "text" when part.Member("text"u8, JsonValueKind.String) is { } text => new TextPart(text),
        "refusal" when part.Member("refusal"u8, JsonValueKind.String) is { } text => new RefusalPart(text),
        "image_url" when part.Member("image_url"u8) is { } image => ReadImage(image),
        "input_audio" when part.Member("input_audio"u8)?.Member("data"u8, JsonValueKind.String) is { } data =>
            new AudioPart(new MediaSource(MediaPlace.Base64, data, null), part.GetProperty("input_audio"u8).TextOf("format"u8) ?? "wav"),
        "file" when part.Member("file"u8, JsonValueKind.Object) is { } file => ReadFile(file),
        _ => null,
    };

    private static ImagePart? ReadImage(JsonElement image)
    {
        var url = image.ValueKind == JsonValueKind.String ? image : image.Member("url"u8, JsonValueKind.String);
        return url is { } found ? new ImagePart(MediaSource.OfUrl(found)) { Detail = image.Member("detail"u8, JsonValueKind.String) } : null;
    }

    private static DocumentPart? ReadFile(JsonElement file)
    {
        var source = file.Member("file_data"u8, JsonValueKind.String) is { } data ? MediaSource.OfUrl(data)
            : file.Member("file_id"u8, JsonValueKind.String) is { } id ? new MediaSource(MediaPlace.FileId, id, null)
            : default(MediaSource?);
        return source is not { } found ? null
            : new DocumentPart(found with { Place = found.Place == MediaPlace.Url ? MediaPlace.Base64 : found.Place })
            {
                Name = file.Member("filename"u8, JsonValueKind.String),
            };
    }
}
