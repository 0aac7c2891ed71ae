using System.Runtime.InteropServices;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Anthropic;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Bedrock;

/// <summary>
/// Writes a request of Converse (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html): the members beside the turns. Whether
/// it is streamed the address says.
/// </summary>
internal static class BedrockRequestWriter
{
    public static ApiFailure? Write(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        if (Refuse(request) is { } refusal)
        {
            return refusal;
        }

        writer.WriteStartObject();
        if (new BedrockTurns(writer, dropped).Write(request) is { } failure)
        {
            return failure;
        }

        var thinking = BedrockModels.IsClaude(terms.Model) ? AnthropicThinking.Of(request.Reasoning, terms, dropped) : null;
        WriteInference(request, terms, thinking is not null, writer, dropped);
        WriteTools(request, writer);
        WriteModelsOwn(request, terms, thinking, writer, dropped);
        WriteOutput(request.Output, writer);
        WriteServiceTier(request, writer, dropped);
        writer.WriteEndObject();
        ChatRefusals.Drop(request.Seed, "seed", dropped);
        ChatRefusals.Drop(request.PresencePenalty, "presence_penalty", dropped);
        ChatRefusals.Drop(request.FrequencyPenalty, "frequency_penalty", dropped);
        ChatRefusals.Drop(request.TopLogprobs, "top_logprobs", dropped);
        ChatRefusals.Drop(request.EndUser, "user", dropped);
        if (request is { ParallelToolCalls: false, Tools.Count: > 0 })
        {
            dropped.Add("parallel_tool_calls");
        }

        ChatRefusals.DropOfTurns(request, dropped);
        dropped.AddRange(request.Others.Select(static o => o.Name));
        return null;
    }

    private static UnsupportedParameter? Refuse(ChatRequest request)
    {
        if (ChatRefusals.Of(request) is { } refusal)
        {
            return refusal;
        }

        if (request.Output is { Schema: null } output)
        {
            return ChatRefusals.Cannot(output.Path, "JSON only by a schema: give one ('json_schema')");
        }

        // Tools must be named where earlier turns used them, and what is named may be chosen.
        return request.ToolChoice?.Kind == ChatToolChoiceKind.None && request.Turns.Exists(static t => t.Parts.Exists(static p => p is ToolCallPart or ToolResultPart))
            ? ChatRefusals.Cannot("tool_choice", "no way to forbid tools that earlier turns used")
            : null;
    }

    private static void WriteInference(ChatRequest request, in UpstreamTerms terms, bool thinks, Utf8JsonWriter writer, List<string> dropped)
    {
        writer.WriteStartObject("inferenceConfig"u8);
        writer.WriteNumber("maxTokens"u8, terms.MaxOutputTokens);
        writer.WriteIfAny("temperature"u8, thinks ? null : request.Temperature);
        ChatRefusals.Drop(thinks ? request.Temperature : null, "temperature", dropped);
        writer.WriteIfAny("topP"u8, request.TopP);
        writer.WriteIfAny("stopSequences"u8, request.Stop);

        writer.WriteEndObject();
    }

    private static void WriteTools(ChatRequest request, Utf8JsonWriter writer)
    {
        if (request.Tools.Count == 0 || request.ToolChoice?.Kind == ChatToolChoiceKind.None)
        {
            return;
        }

        writer.WriteStartObject("toolConfig"u8);
        writer.WriteStartArray("tools"u8);
        foreach (var tool in request.Tools)
        {
            WriteTool(tool, writer);
        }

        writer.WriteEndArray();
        if (request.ToolChoice is { } choice)
        {
            writer.WriteStartObject("toolChoice"u8);
            writer.WriteStartObject(choice.Kind switch
            {
                ChatToolChoiceKind.Required => "any"u8,
                ChatToolChoiceKind.Named => "tool"u8,
                _ => "auto"u8,
            });
            writer.WriteIfAny("name"u8, choice.Name);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteTool(ChatTool tool, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("toolSpec"u8);
        writer.WriteIfAny("name"u8, tool.Name);
        if (tool.Description is { } description && !description.ValueEquals(""u8))
        {
            writer.WriteIfAny("description"u8, description);
        }

        writer.WriteStartObject("inputSchema"u8);
        tool.WriteParameters("json"u8, writer);

        writer.WriteEndObject();
        if (tool.Strict == true)
        {
            writer.WriteBoolean("strict"u8, true);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        BedrockTurns.WriteCachePoint(tool.CacheControl, writer);
    }

    /// <summary>What Converse has no word for, in the words of whoever made the model.</summary>
    private static void WriteModelsOwn(ChatRequest request, in UpstreamTerms terms, AnthropicThinking? thinking, Utf8JsonWriter writer, List<string> dropped)
    {
        var (isClaude, isNova) = (BedrockModels.IsClaude(terms.Model), BedrockModels.IsNova(terms.Model));
        var topK = thinking is null && (isClaude || isNova) ? request.TopK : null;
        ChatRefusals.Drop(topK is null ? request.TopK : null, "top_k", dropped);
        var effort = !isClaude && request.Reasoning is { Effort: { } asked } ? Effort(terms.Model, asked) : null;
        if (request.Reasoning is { IsOff: false } reasoning && !isClaude && effort is null)
        {
            dropped.Add(reasoning.Path);
        }

        if (thinking is not null || topK is not null || effort is not null)
        {
            writer.WriteStartObject("additionalModelRequestFields"u8);
            thinking?.Write(writer);
            if (thinking is { IsAdaptive: true, Effort: { } anthropicEffort })
            {
                writer.WriteStartObject("output_config"u8);
                writer.WriteString("effort"u8, anthropicEffort);
                writer.WriteEndObject();
            }

            WriteTopK(topK, isNova, writer);
            WriteEffort(effort, isNova, writer);
            writer.WriteEndObject();
        }

        if (isClaude && request.Stop.Count > 0)
        {
            // Converse says only that it was one of them.
            writer.WriteStartArray("additionalModelResponseFieldPaths"u8);
            writer.WriteStringValue(terms.Stream ? "/delta/stop_sequence"u8 : "/stop_sequence"u8);
            writer.WriteEndArray();
        }
    }

    private static void WriteTopK(JsonElement? topK, bool isNova, Utf8JsonWriter writer)
    {
        if (topK is null || !isNova)
        {
            writer.WriteIfAny("top_k"u8, topK);
            return;
        }

        writer.WriteStartObject("inferenceConfig"u8);
        writer.WriteIfAny("topK"u8, topK);
        writer.WriteEndObject();
    }

    private static void WriteEffort(string? effort, bool isNova, Utf8JsonWriter writer)
    {
        if (effort is null)
        {
            return;
        }

        if (!isNova)
        {
            writer.WriteString("reasoning_effort"u8, effort);
            return;
        }

        writer.WriteStartObject("reasoningConfig"u8);
        writer.WriteString("type"u8, "enabled"u8);
        writer.WriteString("maxReasoningEffort"u8, effort);
        writer.WriteEndObject();
    }

    /// <summary>Low, medium or high; null where the model is not told, or is told not to.</summary>
    private static string? Effort(ServedModel model, string effort) => !BedrockModels.IsThinkingNova(model) && !BedrockModels.IsOpenAi(model) ? null : effort switch
    {
        "none" => null,
        "minimal" or "low" => "low",
        "high" or "xhigh" or "max" => "high",
        _ => "medium",
    };

    private static void WriteOutput(ChatOutput? output, Utf8JsonWriter writer)
    {
        if (output is not { Schema: { } schema })
        {
            return;
        }

        writer.WriteStartObject("outputConfig"u8);
        writer.WriteStartObject("textFormat"u8);
        writer.WriteString("type"u8, "json_schema"u8);
        writer.WriteStartObject("structure"u8);
        writer.WriteStartObject("jsonSchema"u8);
        writer.WriteString("schema"u8, JsonMarshal.GetRawUtf8Value(schema));
        writer.WriteIfAny("name"u8, output.Name);
        writer.WriteIfAny("description"u8, output.Description);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteServiceTier(ChatRequest request, Utf8JsonWriter writer, List<string> dropped)
    {
        if (request.ServiceTier is not { } tier || tier.ValueEquals("auto"u8))
        {
            return;
        }

        if (!tier.ValueEquals("default"u8) && !tier.ValueEquals("flex"u8) && !tier.ValueEquals("priority"u8))
        {
            dropped.Add("service_tier");
            return;
        }

        writer.WriteStartObject("serviceTier"u8);
        writer.WriteIfAny("type"u8, tier);
        writer.WriteEndObject();
    }
}
