using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>What dialects' requests are read by, whatever their members are called.</summary>
internal static class ChatMembers
{
    /// <summary>Reads each member that is not null, until one is wrong.</summary>
    /// <param name="root">The body.</param>
    /// <param name="request">Takes what they say.</param>
    /// <param name="read">Reads one by its name.</param>
    public static ApiFailure? Each(JsonElement root, ChatRequest request, Func<string, JsonElement, ChatRequest, ApiFailure?> read)
    {
        foreach (var member in root.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null && read(member.Name, member.Value, request) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    /// <summary>Reads a member that steers how OpenAI's APIs choose words; any other is noted, so that the caller is told of it.</summary>
    /// <param name="name">The member.</param>
    /// <param name="value">What it says.</param>
    /// <param name="request">Takes it.</param>
    public static void ReadSampling(string name, JsonElement value, ChatRequest request)
    {
        switch (name)
        {
            case "temperature":
                request.Temperature = value;
                break;
            case "top_p":
                request.TopP = value;
                break;
            case "top_k":
                request.TopK = value;
                break;
            case "seed":
                request.Seed = value;
                break;
            case "presence_penalty":
                request.PresencePenalty = value;
                break;
            case "frequency_penalty":
                request.FrequencyPenalty = value;
                break;
            default:
                request.Others.Add(new ChatMember(name, value));
                break;
        }
    }

    /// <summary>Notes members that no other format has, so that the caller is told of them.</summary>
    /// <param name="value">An object of the body.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="known">Members that are read, or mean nothing in a request.</param>
    /// <param name="request">Takes the others.</param>
    public static void NoteOthers(JsonElement value, string path, ReadOnlySpan<string> known, ChatRequest request)
    {
        foreach (var member in value.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null && !known.Contains(member.Name))
            {
                request.Others.Add(new ChatMember($"{path}.{member.Name}", member.Value));
            }
        }
    }

    /// <summary>Adds a function whose name, description, parameters and strictness are called as OpenAI calls them.</summary>
    public static MissingParameter? AddTool(JsonElement function, string path, JsonElement? cacheControl, ChatRequest request)
    {
        if (function.Member("name"u8, JsonValueKind.String) is not { } name)
        {
            return new MissingParameter($"{path}.name");
        }

        request.Tools.Add(new ChatTool(name, path)
        {
            Description = function.Member("description"u8, JsonValueKind.String),
            Parameters = function.Member("parameters"u8, JsonValueKind.Object),
            Strict = function.FlagOf("strict"u8),
            CacheControl = cacheControl,
        });
        return null;
    }

    /// <summary>How a function is chosen, in OpenAI's words or by its name.</summary>
    /// <param name="name">What the member is called.</param>
    /// <param name="value">The member.</param>
    /// <param name="function">The function it names; null where it names none.</param>
    /// <param name="request">Takes it.</param>
    public static ApiFailure? ReadChoice(string name, JsonElement value, JsonElement? function, ChatRequest request)
    {
        if (value.Member("allowed_tools"u8) is not null || value.TextOf("type"u8) is "allowed_tools")
        {
            return new UnsupportedParameter(name, $"'{name}' of type 'allowed_tools' has no counterpart in the provider's wire format: send only the tools that are allowed.");
        }

        request.ToolChoice = function is { } named ? new ChatToolChoice(ChatToolChoiceKind.Named, named)
            : value.ValueKind != JsonValueKind.String ? null
            : value.GetString() switch
            {
                "auto" => new ChatToolChoice(ChatToolChoiceKind.Auto),
                "none" => new ChatToolChoice(ChatToolChoiceKind.None),
                "required" => new ChatToolChoice(ChatToolChoiceKind.Required),
                _ => null,
            };
        return request.ToolChoice is null ? new InvalidParameter(name, $"'{name}' must be auto, none, required, or name a function.") : null;
    }

    /// <summary>What an answer is to look like, in OpenAI's words.</summary>
    /// <param name="path">What the member is called.</param>
    /// <param name="type">The value of its <c>type</c>.</param>
    /// <param name="described">Where schema, name, description and strictness stand.</param>
    /// <param name="describedPath">What that is called.</param>
    /// <param name="request">Takes it.</param>
    public static ApiFailure? ReadOutput(string path, string? type, JsonElement? described, string describedPath, ChatRequest request)
    {
        switch (type)
        {
            case "text":
                return null;
            case "json_object":
                request.Output = new ChatOutput(null, path);
                return null;
            case "json_schema" when described?.Member("schema"u8, JsonValueKind.Object) is { } schema:
                request.Output = new ChatOutput(schema, path)
                {
                    Name = described.Value.Member("name"u8, JsonValueKind.String),
                    Description = described.Value.Member("description"u8, JsonValueKind.String),
                    Strict = described.Value.FlagOf("strict"u8),
                };
                return null;
            case "json_schema":
                return new MissingParameter($"{describedPath}.schema");
            default:
                return new InvalidParameter(path, $"'{path}.type' must be text, json_object or json_schema.");
        }
    }

    /// <summary>Strings that end the answer.</summary>
    /// <param name="name">What the member is called.</param>
    /// <param name="value">The member.</param>
    /// <param name="takesOne">Whether a single string will do.</param>
    /// <param name="request">Takes them.</param>
    public static InvalidParameter? ReadStop(string name, JsonElement value, bool takesOne, ChatRequest request)
    {
        var isList = value.ValueKind == JsonValueKind.Array;
        if (isList || takesOne)
        {
            request.Stop.AddRange(isList ? value.EnumerateArray() : [value]);
        }

        return (isList || takesOne) && request.Stop.TrueForAll(static s => s.ValueKind == JsonValueKind.String)
            ? null
            : new InvalidParameter(name, $"'{name}' must be {(takesOne ? "a string or " : "")}an array of strings.");
    }
}
