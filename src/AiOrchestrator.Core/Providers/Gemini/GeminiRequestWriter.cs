using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Gemini;

/// <summary>
/// Writes a request of Gemini's generateContent (https://ai.google.dev/api/generate-content): the members beside the turns. Schemas go as they are
/// (<c>parametersJsonSchema</c>, <c>responseJsonSchema</c>).
/// </summary>
internal static class GeminiRequestWriter
{
    public static ApiFailure? Write(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        if (ChatRefusals.Of(request, hasChoices: true) is { } refusal)
        {
            return refusal;
        }

        writer.WriteStartObject();
        if (GeminiTurns.Write(request, terms, writer, dropped) is { } failure)
        {
            return failure;
        }

        WriteTools(request, writer, dropped);
        WriteConfig(request, terms, writer, dropped);
        writer.WriteEndObject();
        ChatRefusals.Drop(request.EndUser, "user", dropped);
        ChatRefusals.DropTier(request, dropped);
        ChatRefusals.DropOfTurns(request, dropped);
        dropped.AddRange(request.Others.Select(static o => o.Name));
        return null;
    }

    private static void WriteTools(ChatRequest request, Utf8JsonWriter writer, List<string> dropped)
    {
        if (request.Tools.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("tools"u8);
        writer.WriteStartObject();
        writer.WriteStartArray("functionDeclarations"u8);
        foreach (var tool in request.Tools)
        {
            writer.WriteStartObject();
            writer.WriteIfAny("name"u8, tool.Name);
            writer.WriteIfAny("description"u8, tool.Description);
            writer.WriteIfAny("parametersJsonSchema"u8, tool.Parameters);
            writer.WriteEndObject();
            ChatRefusals.Drop(tool.CacheControl, $"{tool.Path}.cache_control", dropped);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        WriteToolChoice(request, writer);
        if (request.ParallelToolCalls == false)
        {
            dropped.Add("parallel_tool_calls");
        }
    }

    private static void WriteToolChoice(ChatRequest request, Utf8JsonWriter writer)
    {
        // What is to follow its schema to the letter is checked by the provider only where it is told to.
        var isStrict = request.Tools.Exists(static t => t.Strict == true);
        if (request.ToolChoice is null && !isStrict)
        {
            return;
        }

        writer.WriteStartObject("toolConfig"u8);
        writer.WriteStartObject("functionCallingConfig"u8);
        writer.WriteString("mode"u8, request.ToolChoice?.Kind switch
        {
            ChatToolChoiceKind.None => "NONE"u8,
            ChatToolChoiceKind.Required or ChatToolChoiceKind.Named => "ANY"u8,
            _ => isStrict ? "VALIDATED"u8 : "AUTO"u8,
        });
        if (request.ToolChoice?.Name is { } name)
        {
            writer.WriteStartArray("allowedFunctionNames"u8);
            name.WriteTo(writer);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteConfig(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        writer.WriteStartObject("generationConfig"u8);

        // Thoughts count against it too.
        writer.WriteNumber("maxOutputTokens"u8, terms.MaxOutputTokens);
        writer.WriteIfAny("temperature"u8, request.Temperature);
        writer.WriteIfAny("topP"u8, request.TopP);
        writer.WriteIfAny("topK"u8, request.TopK);
        writer.WriteIfAny("seed"u8, request.Seed);
        writer.WriteIfAny("presencePenalty"u8, request.PresencePenalty);
        writer.WriteIfAny("frequencyPenalty"u8, request.FrequencyPenalty);
        ChatRefusals.Drop(request.TopLogprobs, "top_logprobs", dropped);
        if (request.Choices > 1)
        {
            writer.WriteNumber("candidateCount"u8, request.Choices);
        }

        writer.WriteIfAny("stopSequences"u8, request.Stop);

        if (request.Output is { } output)
        {
            writer.WriteString("responseMimeType"u8, "application/json"u8);
            writer.WriteIfAny("responseJsonSchema"u8, output.Schema);
        }

        if (request.Reasoning is { } reasoning)
        {
            WriteThinking(reasoning, GeminiModels.Of(terms.Model.UpstreamId), writer, dropped);
        }

        writer.WriteEndObject();
    }

    private static void WriteThinking(ChatReasoning reasoning, GeminiModels model, Utf8JsonWriter writer, List<string> dropped)
    {
        if (model.Thinking == GeminiThinking.None)
        {
            if (!reasoning.IsOff)
            {
                dropped.Add(reasoning.Path);
            }

            return;
        }

        var cannotBeOff = model.IsPro || model.Thinking == GeminiThinking.Level;
        if (reasoning.IsOff && cannotBeOff)
        {
            // It thinks all the same, as little as it can.
            dropped.Add(reasoning.Path);
        }

        writer.WriteStartObject("thinkingConfig"u8);
        if (model.Thinking == GeminiThinking.Level)
        {
            if (Level(reasoning, model.IsPro) is { } level)
            {
                writer.WriteString("thinkingLevel"u8, level);
            }
        }
        else
        {
            writer.WriteNumber("thinkingBudget"u8, Budget(reasoning, model));
        }

        writer.WriteBoolean("includeThoughts"u8, !reasoning.IsOff && reasoning.IsShown != false);
        writer.WriteEndObject();
    }

    /// <summary>The level, as Google's own OpenAI endpoint has it; null for what the model thinks best. The large models have no minimal one.</summary>
    private static string? Level(ChatReasoning reasoning, bool isPro) => reasoning switch
    {
        { IsOff: true } or { Effort: "minimal" } => isPro ? "low" : "minimal",
        { Effort: "low" } => "low",
        { Effort: "medium" } => "medium",
        { Effort: not null } => "high",
        { BudgetTokens: { } budget } => budget <= 2_048 ? "low" : budget <= 12_288 ? "medium" : "high",
        _ => null,
    };

    /// <summary>The budget, likewise; -1 for what the model thinks best.</summary>
    private static long Budget(ChatReasoning reasoning, GeminiModels model)
    {
        if (reasoning.IsOff)
        {
            return model.IsPro ? model.LeastBudgetTokens : 0;
        }

        var budget = reasoning.BudgetTokens ?? reasoning.Effort switch
        {
            "minimal" or "low" => 1_024,
            "medium" => 8_192,
            null => -1,
            _ => 24_576,
        };
        return budget < 0 ? budget : Math.Clamp(budget, model.LeastBudgetTokens, model.MostBudgetTokens);
    }
}
