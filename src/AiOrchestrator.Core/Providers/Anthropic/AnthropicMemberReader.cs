using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Anthropic;

/// <summary>Reads the members of Anthropic's messages beside system and messages.</summary>
internal static class AnthropicMemberReader
{
    private static readonly JsonElement DefaultTier = JsonElement.Parse("\"default\"");

    /// <summary>Members of a tool that other formats have too.</summary>
    private static readonly string[] KnownOfTools = ["type", "name", "description", "input_schema", "strict", "cache_control"];

    public static ApiFailure? Read(JsonElement root, ChatRequest request) => ChatMembers.Each(root, request, Read);

    private static ApiFailure? Read(string name, JsonElement value, ChatRequest request)
    {
        switch (name)
        {
            case "model" or "messages" or "system" or "stream":
                return null;
            case "max_tokens":
                request.MaxOutputTokens = value.GetInt64();
                return null;
            case "tools":
                return ReadTools(value, request);
            case "tool_choice":
                return ReadChoice(value, request);
            case "thinking":
                return ReadThinking(value, request);
            case "output_config":
                return ReadConfig(value, request);
            case "output_format":
                return ReadFormat(value, name, request);
            case "stop_sequences":
                return ChatMembers.ReadStop(name, value, takesOne: false, request);
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
            case "metadata":
                request.EndUser = value.Member("user_id"u8, JsonValueKind.String);
                break;
            case "service_tier":
                request.ServiceTier = value.ValueEquals("standard_only"u8) ? DefaultTier : value;
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
            if (tool.TextOf("type"u8) is { } type and not "custom")
            {
                return new UnsupportedParameter($"{path}.type", $"A tool of type '{type}' is known to Anthropic's models alone: give it as a function, with 'input_schema'.");
            }

            if (tool.Member("name"u8, JsonValueKind.String) is not { } name)
            {
                return new MissingParameter($"{path}.name");
            }

            if (tool.Member("input_schema"u8, JsonValueKind.Object) is not { } schema)
            {
                return new MissingParameter($"{path}.input_schema");
            }

            request.Tools.Add(new ChatTool(name, path)
            {
                Description = tool.Member("description"u8, JsonValueKind.String),
                Parameters = schema,
                Strict = tool.FlagOf("strict"u8),
                CacheControl = tool.Member("cache_control"u8),
            });
            ChatMembers.NoteOthers(tool, path, KnownOfTools, request);
        }

        return null;
    }

    private static ApiFailure? ReadChoice(JsonElement value, ChatRequest request)
    {
        const string Name = "tool_choice";
        if (value.FlagOf("disable_parallel_tool_use"u8) is { } isAlone)
        {
            request.ParallelToolCalls = !isAlone;
        }

        switch (value.TextOf("type"u8))
        {
            case "auto":
                request.ToolChoice = new ChatToolChoice(ChatToolChoiceKind.Auto);
                return null;
            case "any":
                request.ToolChoice = new ChatToolChoice(ChatToolChoiceKind.Required);
                return null;
            case "none":
                request.ToolChoice = new ChatToolChoice(ChatToolChoiceKind.None);
                return null;
            case "tool" when value.Member("name"u8, JsonValueKind.String) is { } tool:
                request.ToolChoice = new ChatToolChoice(ChatToolChoiceKind.Named, tool);
                return null;
            case "tool":
                return new MissingParameter("tool_choice.name");
            default:
                return new InvalidParameter(Name, "'tool_choice.type' must be auto, any, tool or none.");
        }
    }

    private static InvalidParameter? ReadThinking(JsonElement value, ChatRequest request)
    {
        const string Name = "thinking";
        var effort = request.Reasoning?.Effort;
        var isShown = value.TextOf("display"u8) switch
        {
            "summarized" => true,
            "omitted" => false,
            _ => (bool?)null,
        };
        switch (value.TextOf("type"u8))
        {
            case "disabled":
                request.Reasoning = new ChatReasoning(Name) { BudgetTokens = 0 };
                return null;
            case "adaptive":
                request.Reasoning = new ChatReasoning(Name) { IsAdaptive = true, Effort = effort, IsShown = isShown };
                return null;
            case "enabled" when value.Member("budget_tokens"u8, JsonValueKind.Number) is { } budget && budget.TryGetInt64(out var tokens) && tokens > 0:
                request.Reasoning = new ChatReasoning(Name) { BudgetTokens = tokens, Effort = effort, IsShown = isShown };
                return null;
            case "enabled":
                return new InvalidParameter("thinking.budget_tokens", "'thinking.budget_tokens' must be a whole number of 1 or more.");
            default:
                return new InvalidParameter(Name, "'thinking.type' must be enabled, adaptive or disabled.");
        }
    }

    private static ApiFailure? ReadConfig(JsonElement value, ChatRequest request)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return new InvalidParameter("output_config", "'output_config' must be an object.");
        }

        // Other formats end at high, or a step above it; nobody's is called max.
        if (value.TextOf("effort"u8) is { } effort)
        {
            effort = effort == "max" ? "high" : effort;
            request.Reasoning = request.Reasoning is { } thinking
                ? thinking.IsOff ? thinking : thinking with { Effort = effort }
                : new ChatReasoning("output_config.effort") { Effort = effort };
        }

        ChatMembers.NoteOthers(value, "output_config", ["effort", "format"], request);
        return value.Member("format"u8) is { } format ? ReadFormat(format, "output_config.format", request) : null;
    }

    /// <summary>What Anthropic guarantees the schema of others is to guarantee as well, or refuse.</summary>
    private static ApiFailure? ReadFormat(JsonElement value, string path, ChatRequest request)
    {
        if (value.TextOf("type"u8) is not "json_schema")
        {
            return new InvalidParameter(path, $"'{path}.type' must be json_schema.");
        }

        if (value.Member("schema"u8, JsonValueKind.Object) is not { } schema)
        {
            return new MissingParameter($"{path}.schema");
        }

        request.Output = new ChatOutput(schema, path) { Strict = true };
        return null;
    }
}
