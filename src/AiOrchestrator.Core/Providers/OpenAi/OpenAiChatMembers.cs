using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>Reads the members of a chat completion beside its messages.</summary>
internal static class OpenAiChatMembers
{
    public static ApiFailure? Read(JsonElement root, ChatRequest request) => ChatMembers.Each(root, request, Read);

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
                return ChatMembers.ReadChoice(name, value, (value.Member("function"u8) ?? value).Member("name"u8, JsonValueKind.String), request);
            case "response_format":
                return ChatMembers.ReadOutput(name, value.TextOf("type"u8), value.Member("json_schema"u8), "response_format.json_schema", request);
            case "reasoning_effort":
                return ReadEffort(value, request);
            case "stop":
                return ChatMembers.ReadStop(name, value, takesOne: true, request);
            default:
                ReadScalar(name, value, request);
                return null;
        }
    }

    private static void ReadScalar(string name, JsonElement value, ChatRequest request)
    {
        switch (name)
        {
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
                ChatMembers.ReadSampling(name, value, request);
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

            if (ChatMembers.AddTool(function, path, tool.Member("cache_control"u8) ?? function.Member("cache_control"u8), request) is { } failure)
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
            if (ChatMembers.AddTool(function, $"functions[{at++}]", null, request) is { } failure)
            {
                return failure;
            }
        }

        return null;
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
}
