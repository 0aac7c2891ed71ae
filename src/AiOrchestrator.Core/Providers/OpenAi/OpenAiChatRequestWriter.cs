using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>Writes a request of OpenAI's chat completions (https://platform.openai.com/docs/api-reference/chat/create) for callers of other dialects.</summary>
internal static class OpenAiChatRequestWriter
{
    /// <summary>A member of legacy completions as well.</summary>
    private const string LogitBias = "logit_bias";

    public static ApiFailure? Write(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        writer.WriteStartObject();
        writer.WriteString("model"u8, terms.Model.UpstreamId);
        if (OpenAiChatMessageWriter.Write(request, writer, dropped) is { } failure)
        {
            return failure;
        }

        WriteTools(request, writer);
        WriteOutput(request.Output, writer);
        WriteLimits(request, terms, writer, dropped);
        writer.WriteIfAny("temperature"u8, request.Temperature);
        writer.WriteIfAny("top_p"u8, request.TopP);
        writer.WriteIfAny("seed"u8, request.Seed);
        writer.WriteIfAny("presence_penalty"u8, request.PresencePenalty);
        writer.WriteIfAny("frequency_penalty"u8, request.FrequencyPenalty);
        var bias = request.Others.Find(static o => o.Name == LogitBias);
        writer.WriteIfAny("logit_bias"u8, bias.Name is null ? null : bias.Value);
        WriteUser(request.EndUser, writer, dropped);
        writer.WriteIfAny("service_tier"u8, request.ServiceTier);
        if (request.TopK is not null)
        {
            dropped.Add("top_k");
        }

        NoteParts(request, dropped);

        if (terms.Stream)
        {
            writer.WriteBoolean("stream"u8, true);
            writer.WriteStartObject("stream_options"u8);
            writer.WriteBoolean("include_usage"u8, true);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        dropped.AddRange(request.Others.Select(static o => o.Name).Where(static n => n != LogitBias));
        return null;
    }

    /// <summary>Notes what parts and tools say that has no place here and changes nothing of the meaning.</summary>
    private static void NoteParts(ChatRequest request, List<string> dropped)
    {
        var parts = request.Turns.SelectMany(static t => t.Parts).ToList();
        if (request.Tools.Exists(static t => t.CacheControl is not null) || parts.Exists(static p => p.CacheControl is not null))
        {
            dropped.Add("cache_control");
        }

        if (parts.Exists(static p => p is DocumentPart { Cites: true }))
        {
            dropped.Add("citations");
        }

        if (parts.Exists(static p => p is DocumentPart { Name: not null, Source.Place: MediaPlace.Text }))
        {
            dropped.Add("title");
        }
    }

    /// <summary>OpenAI refuses names longer than 64 characters, which others take.</summary>
    public static void WriteUser(JsonElement? user, Utf8JsonWriter writer, List<string> dropped)
    {
        if (user is { } name && ChatJson.Characters(ChatJson.Inside(name)) > 64)
        {
            dropped.Add("user");
            return;
        }

        writer.WriteIfAny("user"u8, user);
    }

    /// <summary>OpenAI's word for how a function is chosen.</summary>
    public static ReadOnlySpan<byte> Word(ChatToolChoiceKind kind) => kind switch
    {
        ChatToolChoiceKind.None => "none"u8,
        ChatToolChoiceKind.Required => "required"u8,
        _ => "auto"u8,
    };

    /// <summary>What an effort is called that was given as a budget of tokens.</summary>
    public static string Effort(ChatReasoning reasoning) => reasoning switch
    {
        { Effort: { } effort } => effort,
        { BudgetTokens: 0 } => "minimal",
        { BudgetTokens: <= 2_048 } => "low",
        { BudgetTokens: > 12_288 } => "high",
        _ => "medium",
    };

    /// <summary>Whether a model takes an effort: others of OpenAI's refuse the member (https://platform.openai.com/docs/guides/reasoning).</summary>
    public static bool TakesEffort(string model)
    {
        var name = model[(model.LastIndexOf('/') + 1)..];
        return name.StartsWith("gpt-5", StringComparison.Ordinal) || name.StartsWith("gpt-oss", StringComparison.Ordinal)
            || (name.Length > 1 && name[0] == 'o' && char.IsAsciiDigit(name[1]));
    }

    private static void WriteLimits(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        if ((request.MaxOutputTokens is not null || terms.IsClamped) && terms.Model.OutputLimitMember is { } member)
        {
            writer.WriteNumber(member, terms.MaxOutputTokens);
        }

        if (request.Choices > 1)
        {
            writer.WriteNumber("n"u8, request.Choices);
        }

        writer.WriteIfAny("stop"u8, request.Stop);

        if (request.Logprobs)
        {
            writer.WriteBoolean("logprobs"u8, true);
            writer.WriteIfAny("top_logprobs"u8, request.TopLogprobs);
        }

        if (request.Reasoning is { } reasoning && TakesEffort(terms.Model.UpstreamId))
        {
            writer.WriteString("reasoning_effort"u8, Effort(reasoning));
        }
        else if (request.Reasoning is { IsOff: false } unknown)
        {
            dropped.Add(unknown.Path);
        }
    }

    private static void WriteTools(ChatRequest request, Utf8JsonWriter writer)
    {
        if (request.Tools.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("tools"u8);
        foreach (var tool in request.Tools)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "function"u8);
            writer.WriteStartObject("function"u8);
            writer.WriteIfAny("name"u8, tool.Name);
            writer.WriteIfAny("description"u8, tool.Description);
            writer.WriteIfAny("parameters"u8, tool.Parameters);
            if (tool.Strict is { } strict)
            {
                writer.WriteBoolean("strict"u8, strict);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (request.ParallelToolCalls is { } parallel)
        {
            writer.WriteBoolean("parallel_tool_calls"u8, parallel);
        }

        WriteToolChoice(request.ToolChoice, writer);
    }

    private static void WriteToolChoice(ChatToolChoice? choice, Utf8JsonWriter writer)
    {
        if (choice is { Kind: ChatToolChoiceKind.Named, Name: { } name })
        {
            writer.WriteStartObject("tool_choice"u8);
            writer.WriteString("type"u8, "function"u8);
            writer.WriteStartObject("function"u8);
            writer.WriteIfAny("name"u8, name);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        else if (choice is not null)
        {
            writer.WriteString("tool_choice"u8, Word(choice.Kind));
        }
    }

    private static void WriteOutput(ChatOutput? output, Utf8JsonWriter writer)
    {
        if (output is null)
        {
            return;
        }

        writer.WriteStartObject("response_format"u8);
        writer.WriteString("type"u8, output.Schema is null ? "json_object"u8 : "json_schema"u8);
        if (output.Schema is { } schema)
        {
            writer.WriteStartObject("json_schema"u8);
            writer.WritePropertyName("name"u8);
            writer.WriteInside(output.Name is { } name ? ChatJson.Inside(name) : "answer"u8);
            writer.WriteIfAny("description"u8, output.Description);
            writer.WriteIfAny("schema"u8, schema);
            if (output.Strict is { } strict)
            {
                writer.WriteBoolean("strict"u8, strict);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
