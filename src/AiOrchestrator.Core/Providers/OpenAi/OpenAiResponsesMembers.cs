using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>Reads the members of a request of OpenAI's responses beside instructions and input.</summary>
internal static class OpenAiResponsesMembers
{
    public static ApiFailure? Read(JsonElement root, ChatRequest request) => ChatMembers.Each(root, request, Read);

    private static ApiFailure? Read(string name, JsonElement value, ChatRequest request)
    {
        switch (name)
        {
            case "model" or "input" or "instructions" or "stream" or "stream_options" or "background":
                return null;
            case "previous_response_id":
                return new UnsupportedParameter(name, $"'{name}' names what another provider keeps: the provider of this model is sent the whole conversation, as 'input'.");
            case "max_output_tokens":
                request.MaxOutputTokens = value.GetInt64();
                return null;
            case "tools":
                return ReadTools(value, request);
            case "tool_choice":
                return ChatMembers.ReadChoice(name, value, value.TextOf("type"u8) is "function" ? value.Member("name"u8, JsonValueKind.String) : null, request);
            case "text":
                return ReadText(value, request);
            case "reasoning":
                return ReadReasoning(value, request);
            case "include":
                return ReadInclude(value, request);
            case "top_logprobs":
                return value.ValueKind == JsonValueKind.Number && value.GetDouble() > 0 ? NoLogprobs(name) : null;
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
            case "user":
                request.EndUser = value;
                break;
            case "safety_identifier":
                request.EndUser ??= value.ValueKind == JsonValueKind.String ? value : null;
                break;
            case "service_tier":
                request.ServiceTier = value;
                break;
            case "parallel_tool_calls":
                request.ParallelToolCalls = value.ValueKind == JsonValueKind.True;
                break;
            case "store" when value.ValueKind == JsonValueKind.False:
            case "truncation" when value.ValueEquals("disabled"u8):
                // As it is here anyway.
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
            if (tool.TextOf("type"u8) is not "function")
            {
                return new UnsupportedParameter(path, $"'{path}' is a custom tool, which the provider's wire format does not have: give it as a function.");
            }

            if (ChatMembers.AddTool(tool, path, cacheControl: null, request) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private static ApiFailure? ReadText(JsonElement text, ChatRequest request)
    {
        if (text.ValueKind != JsonValueKind.Object)
        {
            return new InvalidParameter("text", "'text' must be an object.");
        }

        ChatMembers.NoteOthers(text, "text", ["format"], request);
        return text.Member("format"u8) is { } format
            ? ChatMembers.ReadOutput("text.format", format.TextOf("type"u8), format, "text.format", request)
            : null;
    }

    /// <summary>A summary alone asks to be shown what is thought, not for thinking.</summary>
    private static InvalidParameter? ReadReasoning(JsonElement value, ChatRequest request)
    {
        const string Name = "reasoning";
        if (value.ValueKind != JsonValueKind.Object || value.Member("effort"u8) is { ValueKind: not JsonValueKind.String })
        {
            return new InvalidParameter(Name, "'reasoning' must be an object, its 'effort' a string.");
        }

        var summary = value.Member("summary"u8) ?? value.Member("generate_summary"u8);
        if (value.TextOf("effort"u8) is { } effort)
        {
            request.Reasoning = new ChatReasoning(Name) { Effort = effort, IsShown = summary is not null ? true : null };
        }
        else if (summary is { } asked)
        {
            request.Others.Add(new ChatMember("reasoning.summary", asked));
        }

        return null;
    }

    /// <summary>Sealed thoughts are given wherever the provider has them; all else belongs to tools that are not taken.</summary>
    private static ApiFailure? ReadInclude(JsonElement value, ChatRequest request)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return new InvalidParameter("include", "'include' must be an array of strings.");
        }

        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.String && item.ValueEquals("message.output_text.logprobs"u8))
            {
                return NoLogprobs("include");
            }

            if (item.ValueKind != JsonValueKind.String || !item.ValueEquals("reasoning.encrypted_content"u8))
            {
                request.Others.Add(new ChatMember("include", value));
                return null;
            }
        }

        return null;
    }

    private static UnsupportedParameter NoLogprobs(string param) =>
        new(param, $"'{param}' asks for probabilities of tokens, which answers of this model's provider are not translated with.");
}
