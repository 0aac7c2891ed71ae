using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Cohere;

/// <summary>Writes a request of Cohere's chat (https://docs.cohere.com/reference/chat): the members beside the turns.</summary>
internal static class CohereRequestWriter
{
    public static ApiFailure? Write(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        if (ChatRefusals.Of(request) is { } refusal)
        {
            return refusal;
        }

        writer.WriteStartObject();
        writer.WriteString("model"u8, terms.Model.UpstreamId);
        if (new CohereTurns(writer, dropped).Write(request) is { } failure)
        {
            return failure;
        }

        writer.WriteNumber("max_tokens"u8, terms.MaxOutputTokens);
        WriteTools(request, writer, dropped);
        WriteOutput(request, terms, writer);
        WriteSampling(request, writer);
        if (terms.Stream)
        {
            writer.WriteBoolean("stream"u8, true);
        }

        writer.WriteEndObject();
        ChatRefusals.Drop(request.TopLogprobs, "top_logprobs", dropped);
        ChatRefusals.Drop(request.EndUser, "user", dropped);
        ChatRefusals.DropTier(request, dropped);
        ChatRefusals.DropOfTurns(request, dropped, hasDetail: true);
        dropped.AddRange(request.Others.Select(static o => o.Name));
        return null;
    }

    private static void WriteTools(ChatRequest request, Utf8JsonWriter writer, List<string> dropped)
    {
        if (request.Tools.Count == 0)
        {
            return;
        }

        // One of many cannot be named, but where there is no other it is the one that must be chosen.
        var named = request.ToolChoice is { Kind: ChatToolChoiceKind.Named, Name: { } name } ? name.GetString() : null;
        var tools = named is null ? request.Tools : request.Tools.FindAll(t => t.Name.ValueEquals(named));
        writer.WriteStartArray("tools"u8);
        foreach (var tool in tools)
        {
            WriteTool(tool, writer);
            ChatRefusals.Drop(tool.CacheControl, $"{tool.Path}.cache_control", dropped);
        }

        writer.WriteEndArray();
        if (tools.Exists(static t => t.Strict == true))
        {
            writer.WriteBoolean("strict_tools"u8, true);
        }

        if (request.ToolChoice is { Kind: not ChatToolChoiceKind.Auto } choice)
        {
            writer.WriteString("tool_choice"u8, choice.Kind == ChatToolChoiceKind.None ? "NONE"u8 : "REQUIRED"u8);
        }

        if (request.ParallelToolCalls == false)
        {
            dropped.Add("parallel_tool_calls");
        }
    }

    private static void WriteTool(ChatTool tool, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "function"u8);
        writer.WriteStartObject("function"u8);
        writer.WriteIfAny("name"u8, tool.Name);
        writer.WriteIfAny("description"u8, tool.Description);
        tool.WriteParameters("parameters"u8, writer);

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteOutput(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer)
    {
        if (request.Output is { } output)
        {
            writer.WriteStartObject("response_format"u8);
            writer.WriteString("type"u8, "json_object"u8);
            writer.WriteIfAny("json_schema"u8, output.Schema);
            writer.WriteEndObject();
        }

        if (request.Reasoning is not { } reasoning)
        {
            return;
        }

        writer.WriteStartObject("thinking"u8);
        writer.WriteString("type"u8, reasoning.IsOff ? "disabled"u8 : "enabled"u8);
        if (!reasoning.IsOff && !reasoning.IsAdaptive && terms.MaxOutputTokens > 1)
        {
            writer.WriteNumber("token_budget"u8, Math.Clamp(reasoning.BudgetOrEffortTokens, 1, terms.MaxOutputTokens - 1));
        }

        writer.WriteEndObject();
    }

    private static void WriteSampling(ChatRequest request, Utf8JsonWriter writer)
    {
        writer.WriteIfAny("temperature"u8, request.Temperature);
        writer.WriteIfAny("p"u8, request.TopP);
        writer.WriteIfAny("k"u8, request.TopK);
        writer.WriteIfAny("seed"u8, request.Seed);
        writer.WriteIfAny("presence_penalty"u8, request.PresencePenalty);
        writer.WriteIfAny("frequency_penalty"u8, request.FrequencyPenalty);
        writer.WriteIfAny("stop_sequences"u8, request.Stop);
    }
}
