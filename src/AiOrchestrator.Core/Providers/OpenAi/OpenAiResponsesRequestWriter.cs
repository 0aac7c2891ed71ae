using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Writes a request of OpenAI's responses (https://platform.openai.com/docs/api-reference/responses/create) for callers of other dialects. Nothing
/// is stored at the provider: the caller sends the whole conversation each time.
/// </summary>
internal static class OpenAiResponsesRequestWriter
{
    /// <summary>Members of chat completions that mean the same here.</summary>
    private static readonly string[] Shared = ["prompt_cache_key", "prompt_cache_retention", "safety_identifier", "metadata"];

    public static ApiFailure? Write(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        if (Refuse(request) is { } refusal)
        {
            return refusal;
        }

        writer.WriteStartObject();
        writer.WriteString("model"u8, terms.Model.UpstreamId);
        if (OpenAiResponsesItemWriter.Write(request, writer, dropped) is { } failure)
        {
            return failure;
        }

        WriteTools(request, writer);
        WriteText(request, writer);
        writer.WriteNumber("max_output_tokens"u8, terms.MaxOutputTokens);
        WriteReasoning(request.Reasoning, terms, writer, dropped);
        writer.WriteIfAny("temperature"u8, request.Temperature);
        writer.WriteIfAny("top_p"u8, request.TopP);
        OpenAiChatRequestWriter.WriteUser(request.EndUser, writer, dropped);
        writer.WriteIfAny("service_tier"u8, request.ServiceTier);
        WriteOthers(request, writer, dropped);
        ChatRefusals.DropOfTurns(request, dropped, hasDetail: true);
        writer.WriteBoolean("store"u8, false);
        if (terms.Stream)
        {
            writer.WriteBoolean("stream"u8, true);
        }

        writer.WriteEndObject();
        return null;
    }

    private static UnsupportedParameter? Refuse(ChatRequest request) => ChatRefusals.Of(request)
        ?? (request.Stop.Count == 0 ? null : ChatRefusals.Cannot(request.Root.Member("stop"u8) is null ? "stop_sequences" : "stop", "no strings that end an answer"));

    /// <summary>Functions are strict there unless they say otherwise, and nowhere else.</summary>
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
            writer.WriteIfAny("name"u8, tool.Name);
            writer.WriteIfAny("description"u8, tool.Description);
            tool.WriteParameters("parameters"u8, writer);

            writer.WriteBoolean("strict"u8, tool.Strict ?? false);
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
            writer.WriteIfAny("name"u8, name);
            writer.WriteEndObject();
        }
        else if (choice is not null)
        {
            writer.WriteString("tool_choice"u8, OpenAiChatRequestWriter.Word(choice.Kind));
        }
    }

    private static void WriteText(ChatRequest request, Utf8JsonWriter writer)
    {
        var verbosity = request.Others.Find(static o => o.Name == "verbosity").Value;
        if (request.Output is null && verbosity.ValueKind == JsonValueKind.Undefined)
        {
            return;
        }

        writer.WriteStartObject("text"u8);
        if (request.Output is { } output)
        {
            WriteFormat(output, writer);
        }

        if (verbosity.ValueKind != JsonValueKind.Undefined)
        {
            writer.WriteIfAny("verbosity"u8, verbosity);
        }

        writer.WriteEndObject();
    }

    private static void WriteFormat(ChatOutput output, Utf8JsonWriter writer)
    {
        writer.WriteStartObject("format"u8);
        writer.WriteString("type"u8, output.Schema is null ? "json_object"u8 : "json_schema"u8);
        if (output.Schema is { } schema)
        {
            writer.WritePropertyName("name"u8);
            writer.WriteInside(output.Name is { } name ? ChatJson.Inside(name) : "answer"u8);
            writer.WriteIfAny("description"u8, output.Description);
            writer.WriteIfAny("schema"u8, schema);
            writer.WriteBoolean("strict"u8, output.Strict ?? false);
        }

        writer.WriteEndObject();
    }

    /// <summary>Thoughts are asked for sealed, since nothing is stored; models that have none refuse to be asked.</summary>
    private static void WriteReasoning(ChatReasoning? reasoning, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        if (!OpenAiChatRequestWriter.TakesEffort(terms.Model.UpstreamId))
        {
            if (reasoning is { IsOff: false } unknown)
            {
                dropped.Add(unknown.Path);
            }

            return;
        }

        if (reasoning is not null)
        {
            writer.WriteStartObject("reasoning"u8);
            writer.WriteString("effort"u8, OpenAiChatRequestWriter.Effort(reasoning));
            if (!reasoning.IsOff && (reasoning.IsShown ?? reasoning.Effort is null))
            {
                writer.WriteString("summary"u8, "auto"u8);
            }

            writer.WriteEndObject();
        }

        writer.WriteStartArray("include"u8);
        writer.WriteStringValue("reasoning.encrypted_content"u8);
        writer.WriteEndArray();
    }

    private static void WriteOthers(ChatRequest request, Utf8JsonWriter writer, List<string> dropped)
    {
        foreach (var (name, value) in request.Others)
        {
            if (Array.IndexOf(Shared, name) >= 0)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }
            else if (name is not "verbosity" && !(name is "store" && value.ValueKind == JsonValueKind.False))
            {
                dropped.Add(name);
            }
        }

        DropIfAny("top_k", request.TopK, dropped);
        DropIfAny("seed", request.Seed, dropped);
        DropIfAny("presence_penalty", request.PresencePenalty, dropped);
        DropIfAny("frequency_penalty", request.FrequencyPenalty, dropped);
        if (request.Tools.Exists(static t => t.CacheControl is not null) || request.Turns.Exists(static t => t.Parts.Exists(static p => p.CacheControl is not null)))
        {
            dropped.Add("cache_control");
        }
    }

    private static void DropIfAny(string name, JsonElement? value, List<string> dropped)
    {
        if (value is not null)
        {
            dropped.Add(name);
        }
    }
}
