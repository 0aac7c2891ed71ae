using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Anthropic;

/// <summary>Writes a request of Anthropic's messages (https://docs.claude.com/en/api/messages): the members beside the turns.</summary>
internal static class AnthropicRequestWriter
{
    public static ApiFailure? Write(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        if (Refuse(request) is { } refusal)
        {
            return refusal;
        }

        writer.WriteStartObject();
        writer.WriteString("model"u8, terms.Model.UpstreamId);
        writer.WriteNumber("max_tokens"u8, terms.MaxOutputTokens);
        if (AnthropicTurns.Write(request, writer, dropped) is { } failure)
        {
            return failure;
        }

        WriteTools(request, writer);
        var thinks = WriteThinking(request, terms, writer, dropped);
        WriteSampling(request, thinks, writer, dropped);
        if (request.EndUser is { } user)
        {
            writer.WriteStartObject("metadata"u8);
            writer.WriteIfAny("user_id"u8, user);
            writer.WriteEndObject();
        }

        if (terms.Stream)
        {
            writer.WriteBoolean("stream"u8, true);
        }

        writer.WriteEndObject();
        ChatRefusals.DropOfTurns(request, dropped);
        dropped.AddRange(request.Others.Select(static o => o.Name));
        return null;
    }

    private static UnsupportedParameter? Refuse(ChatRequest request) => ChatRefusals.Of(request)
        ?? (request.Output is { Schema: null } output ? ChatRefusals.Cannot(output.Path, "JSON only by a schema: give one ('json_schema')") : null);

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
            writer.WriteIfAny("name"u8, tool.Name);
            writer.WriteIfAny("description"u8, tool.Description);
            tool.WriteParameters("input_schema"u8, writer);

            if (tool.Strict == true)
            {
                writer.WriteBoolean("strict"u8, true);
            }

            writer.WriteIfAny("cache_control"u8, tool.CacheControl);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteToolChoice(request, writer);
    }

    private static void WriteToolChoice(ChatRequest request, Utf8JsonWriter writer)
    {
        var choice = request.ToolChoice ?? (request.ParallelToolCalls == false ? new ChatToolChoice(ChatToolChoiceKind.Auto) : null);
        if (choice is null)
        {
            return;
        }

        writer.WriteStartObject("tool_choice"u8);
        writer.WriteString("type"u8, choice.Kind switch
        {
            ChatToolChoiceKind.None => "none"u8,
            ChatToolChoiceKind.Required => "any"u8,
            ChatToolChoiceKind.Named => "tool"u8,
            _ => "auto"u8,
        });
        writer.WriteIfAny("name"u8, choice.Name);
        if (request.ParallelToolCalls == false && choice.Kind != ChatToolChoiceKind.None)
        {
            writer.WriteBoolean("disable_parallel_tool_use"u8, true);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes how much the model thinks and what its answer looks like. True where it thinks.</summary>
    private static bool WriteThinking(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        var thinking = AnthropicThinking.Of(request.Reasoning, terms, dropped);
        thinking?.Write(writer);
        if (thinking is { IsAdaptive: true } || request.Output is not null)
        {
            writer.WriteStartObject("output_config"u8);
            if (thinking?.Effort is { } effort)
            {
                writer.WriteString("effort"u8, effort);
            }

            if (request.Output is { Schema: { } schema })
            {
                writer.WriteStartObject("format"u8);
                writer.WriteString("type"u8, "json_schema"u8);
                writer.WriteIfAny("schema"u8, schema);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        return thinking is not null;
    }

    private static void WriteSampling(ChatRequest request, bool thinks, Utf8JsonWriter writer, List<string> dropped)
    {
        // A model that thinks takes neither.
        if (!thinks)
        {
            writer.WriteIfAny("temperature"u8, request.Temperature);
            writer.WriteIfAny("top_k"u8, request.TopK);
        }

        ChatRefusals.Drop(thinks ? request.Temperature : null, "temperature", dropped);
        ChatRefusals.Drop(thinks ? request.TopK : null, "top_k", dropped);
        writer.WriteIfAny("top_p"u8, request.TopP);
        ChatRefusals.Drop(request.Seed, "seed", dropped);
        ChatRefusals.Drop(request.PresencePenalty, "presence_penalty", dropped);
        ChatRefusals.Drop(request.FrequencyPenalty, "frequency_penalty", dropped);
        ChatRefusals.Drop(request.TopLogprobs, "top_logprobs", dropped);
        writer.WriteIfAny("stop_sequences"u8, request.Stop);

        if (request.ServiceTier is { } tier)
        {
            var isStandard = tier.ValueEquals("default"u8);
            if (isStandard || tier.ValueEquals("auto"u8))
            {
                writer.WriteString("service_tier"u8, isStandard ? "standard_only"u8 : "auto"u8);
            }
            else
            {
                dropped.Add("service_tier");
            }
        }
    }
}
