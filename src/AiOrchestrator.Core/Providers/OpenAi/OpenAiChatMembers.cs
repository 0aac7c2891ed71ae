using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>Reads the members of a chat completion beside its messages.</summary>
internal static class OpenAiChatMembers
{
    public static ApiFailure? Read(JsonElement root, ChatRequest request)
    {
        foreach (var member in root.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null && Read(member.Name, member.Value, request) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private static ApiFailure? Read(string name, JsonElement value, ChatRequest request)
    {
        switch (name)
        {
            case "model" or "messages" or "stream" or "stream_options" or "n":
                request.Choices = name == "n" ? value.GetInt32() : request.Choices;
                return null;
            case "max_tokens" or "max_completion_tokens":
                request.MaxOutputTokens = Math.Max(request.MaxOutputTokens ?? 0, value.GetInt64());
                return null;
            case "tools":
                return ReadTools(value, request);
            case "functions":
                return ReadFunctions(value, request);
            case "tool_choice" or "function_call":
                return ReadChoice(name, value, request);
            case "response_format":
                return ReadOutput(value, request);
            case "reasoning_effort":
                return ReadEffort(value, request);
            case "stop":
                return ReadStop(value, request);
            default:
                ReadScalar(name, value, request);
                return null;
        }
    }

    private static void ReadScalar(string name, JsonElement value, ChatRequest request)
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
            case "logprobs":
                request.Logprobs = value.ValueKind == JsonValueKind.True;
                break;
            case "top_logprobs":
                request.TopLogprobs = value;
                break;
            case "user":
                request.EndUser = value;
                break;
            case "service_tier":
                request.ServiceTier = value;
                break;
            case "parallel_tool_calls":
                request.ParallelToolCalls = value.ValueKind == JsonValueKind.True;
                break;
            default:
                request.Others.Add(new ChatMember(name, value));
                break;
        }
    }

    private static ApiFailure? ReadTools(JsonElement tools, ChatRequest request)
    {
        var at = 0;
        foreach (var tool in tools.EnumerateArray())
        {
            var path = $"tools[{at++}]";
            if (tool.TextOf("type"u8) is "custom")
            {
                return new UnsupportedParameter(path, $"'{path}' is a custom tool, which the provider's wire format does not have: give it as a function.");
            }

            if (tool.Member("function"u8, JsonValueKind.Object) is not { } function)
            {
                return new MissingParameter($"{path}.function");
            }

            if (AddTool(function, path, tool.Member("cache_control"u8) ?? function.Member("cache_control"u8), request) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private static ApiFailure? ReadFunctions(JsonElement functions, ChatRequest request)
    {
        var at = 0;
        foreach (var function in functions.EnumerateArray())
        {
            if (AddTool(function, $"functions[{at++}]", null, request) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private static MissingParameter? AddTool(JsonElement function, string path, JsonElement? cacheControl, ChatRequest request)
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

    private static ApiFailure? ReadChoice(string name, JsonElement value, ChatRequest request)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            request.ToolChoice = value.GetString() switch
            {
                "auto" => new ChatToolChoice(ChatToolChoiceKind.Auto),
                "none" => new ChatToolChoice(ChatToolChoiceKind.None),
                "required" => new ChatToolChoice(ChatToolChoiceKind.Required),
                _ => null,
            };
        }
        else if ((value.Member("function"u8) ?? value).Member("name"u8, JsonValueKind.String) is { } function)
        {
            request.ToolChoice = new ChatToolChoice(ChatToolChoiceKind.Named, function);
        }
        else if (value.Member("allowed_tools"u8) is not null)
        {
            return new UnsupportedParameter(name, $"'{name}' of type 'allowed_tools' has no counterpart in the provider's wire format: send only the tools that are allowed.");
        }

        return request.ToolChoice is null ? new InvalidParameter(name, $"'{name}' must be auto, none, required, or name a function.") : null;
    }

    private static ApiFailure? ReadOutput(JsonElement value, ChatRequest request)
    {
        const string Name = "response_format";
        switch (value.TextOf("type"u8))
        {
            case "text":
                return null;
            case "json_object":
                request.Output = new ChatOutput(null, Name);
                return null;
            case "json_schema" when value.Member("json_schema"u8)?.Member("schema"u8, JsonValueKind.Object) is { } schema:
                var named = value.GetProperty("json_schema"u8);
                request.Output = new ChatOutput(schema, Name)
                {
                    Name = named.Member("name"u8, JsonValueKind.String),
                    Description = named.Member("description"u8, JsonValueKind.String),
                    Strict = named.FlagOf("strict"u8),
                };
                return null;
            case "json_schema":
                return new MissingParameter("response_format.json_schema.schema");
            default:
                return new InvalidParameter(Name, "'response_format.type' must be text, json_object or json_schema.");
        }
    }

    private static InvalidParameter? ReadEffort(JsonElement value, ChatRequest request)
    {
        const string Name = "reasoning_effort";
        if (value.ValueKind != JsonValueKind.String)
        {
            return new InvalidParameter(Name, "'reasoning_effort' must be a string.");
        }

        request.Reasoning = new ChatReasoning(Name) { Effort = value.GetString() };
        return null;
    }

    private static InvalidParameter? ReadStop(JsonElement value, ChatRequest request)
    {
        var isList = value.ValueKind == JsonValueKind.Array;
        request.Stop.AddRange(isList ? value.EnumerateArray() : [value]);
        return request.Stop.TrueForAll(static s => s.ValueKind == JsonValueKind.String)
            ? null
            : new InvalidParameter("stop", "'stop' must be a string or an array of strings.");
    }
}
