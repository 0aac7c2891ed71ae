using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>Writes an answer as a response (https://platform.openai.com/docs/api-reference/responses/object), whole or as it stands so far.</summary>
internal static class OpenAiResponsesAnswerWriter
{
    /// <summary>What a request that says nothing of them is answered with.</summary>
    private static readonly (string Name, JsonElement Default)[] Repeated =
    [
        ("instructions", JsonElement.Parse("null")),
        ("max_output_tokens", JsonElement.Parse("null")),
        ("metadata", JsonElement.Parse("{}")),
        ("parallel_tool_calls", JsonElement.Parse("true")),
        ("reasoning", JsonElement.Parse("""{"effort":null,"summary":null}""")),
        ("temperature", JsonElement.Parse("null")),
        ("text", JsonElement.Parse("""{"format":{"type":"text"}}""")),
        ("tool_choice", JsonElement.Parse("\"auto\"")),
        ("tools", JsonElement.Parse("[]")),
        ("top_p", JsonElement.Parse("null")),
    ];

    /// <summary>Writes an answer that is whole.</summary>
    public static void Write(List<ChatBlock> blocks, ChatFinish finish, AnswerFacts facts, AnswerTerms terms, Utf8JsonWriter writer)
    {
        var reason = IncompleteReason(finish);
        WriteHead(reason is null ? "completed" : "incomplete", null, reason, facts, terms, writer);
        WriteOutput(blocks, reason is not null, terms, writer);
        WriteUsage(facts, writer);
        writer.WriteEndObject();
    }

    /// <summary>Writes one that has only begun, or that failed after these blocks.</summary>
    public static void WriteUnfinished(List<ChatBlock> blocks, ApiFailure? failure, AnswerFacts facts, AnswerTerms terms, Utf8JsonWriter writer)
    {
        WriteHead(failure is null ? "in_progress" : "failed", failure, null, facts, terms, writer);
        WriteOutput(blocks, isCut: true, terms, writer);
        writer.WriteEndObject();
    }

    /// <summary>Why an answer is not all the model had to say; null where it is.</summary>
    public static string? IncompleteReason(ChatFinish finish) => finish switch
    {
        ChatFinish.Length or ChatFinish.Window => "max_output_tokens",
        ChatFinish.ContentFilter or ChatFinish.Refusal => "content_filter",
        _ => null,
    };

    /// <summary>What an item is called.</summary>
    /// <param name="kind">What it holds.</param>
    /// <param name="index">Which of the answer's items it is.</param>
    /// <param name="terms">What the answer is called.</param>
    public static byte[] ItemId(ChatBlockKind kind, int index, AnswerTerms terms)
    {
        var prefix = kind switch
        {
            ChatBlockKind.ToolCall => "fc",
            ChatBlockKind.Reasoning or ChatBlockKind.Redacted => "rs",
            _ => "msg",
        };
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{prefix}_{terms.Id}_{index}"));
    }

    /// <summary>Whether a block is part of a message: neighbours are one.</summary>
    public static bool IsMessage(ChatBlockKind kind) => kind is ChatBlockKind.Text or ChatBlockKind.Refusal;

    /// <summary>Writes an item.</summary>
    /// <param name="block">What it is; of a message any part.</param>
    /// <param name="parts">The texts and refusals of a message.</param>
    /// <param name="index">Which of the answer's items it is.</param>
    /// <param name="status"><c>in_progress</c>, <c>completed</c> or <c>incomplete</c>.</param>
    /// <param name="terms">What the answer is called.</param>
    /// <param name="writer">Where to.</param>
    public static void WriteItem(
        ChatBlock block, ReadOnlySpan<ChatBlock> parts, int index, ReadOnlySpan<byte> status, AnswerTerms terms, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteInside("id"u8, ItemId(block.Kind, index, terms));
        switch (block.Kind)
        {
            case ChatBlockKind.ToolCall:
                writer.WriteString("type"u8, "function_call"u8);
                writer.WriteString("status"u8, status);
                WriteCall(block, hasBegun: !status.SequenceEqual("in_progress"u8), terms, writer);
                break;
            case ChatBlockKind.Reasoning or ChatBlockKind.Redacted:
                writer.WriteString("type"u8, "reasoning"u8);
                WriteReasoning(block, writer);
                break;
            default:
                writer.WriteString("type"u8, "message"u8);
                writer.WriteString("status"u8, status);
                writer.WriteString("role"u8, "assistant"u8);
                writer.WriteStartArray("content"u8);
                foreach (var part in parts)
                {
                    WritePart(part, writer);
                }

                writer.WriteEndArray();
                break;
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes a part of a message.</summary>
    public static void WritePart(ChatBlock block, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (block.Kind == ChatBlockKind.Refusal)
        {
            writer.WriteString("type"u8, "refusal"u8);
            writer.WriteInside("refusal"u8, block.Text);
        }
        else
        {
            writer.WriteString("type"u8, "output_text"u8);
            writer.WriteInside("text"u8, block.Text);
            writer.WriteStartArray("annotations"u8);
            foreach (var citation in block.Citations.Where(static c => c.Url.Length > 0))
            {
                WriteAnnotation(citation, ChatJson.Characters(block.Text), writer);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("logprobs"u8);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes where a text comes from.</summary>
    /// <param name="citation">With an address.</param>
    /// <param name="end">Characters of the text so far.</param>
    /// <param name="writer">Where to.</param>
    public static void WriteAnnotation(ChatBlockCitation citation, long end, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "url_citation"u8);
        writer.WriteInside("url"u8, citation.Url);
        writer.WriteInside("title"u8, citation.Title);
        writer.WriteNumber("start_index"u8, 0);
        writer.WriteNumber("end_index"u8, end);
        writer.WriteEndObject();
    }

    private static void WriteHead(string status, ApiFailure? failure, string? incomplete, AnswerFacts facts, AnswerTerms terms, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, $"resp_{terms.Id}");
        writer.WriteString("object"u8, "response"u8);
        writer.WriteNumber("created_at"u8, terms.Created.ToUnixTimeSeconds());
        writer.WriteString("status"u8, status);
        writer.WriteBoolean("background"u8, false);
        writer.WriteStartObjectOrNull("error"u8, failure is not null);
        if (failure is not null)
        {
            writer.WriteString("code"u8, Code(failure));
            writer.WriteString("message"u8, failure.Message);
            writer.WriteEndObject();
        }

        writer.WriteStartObjectOrNull("incomplete_details"u8, incomplete is not null);
        if (incomplete is not null)
        {
            writer.WriteString("reason"u8, incomplete);
            writer.WriteEndObject();
        }

        writer.WriteString("model"u8, facts.Model ?? terms.Model);
        foreach (var (name, usual) in Repeated)
        {
            writer.WritePropertyName(name);
            (terms.Asked?.Member(Encoding.UTF8.GetBytes(name)) ?? usual).WriteTo(writer);
        }

        writer.WriteNull("previous_response_id"u8);
        writer.WriteBoolean("store"u8, false);
        writer.WriteString("truncation"u8, "disabled"u8);
        writer.WriteIfAny("user"u8, terms.Asked?.Member("user"u8));
        OpenAiChatAnswerWriter.WriteTier(facts, writer);
    }

    /// <summary>A response's errors have codes of a list of OpenAI's; ours stands in the error event before it.</summary>
    private static ReadOnlySpan<byte> Code(ApiFailure failure) => failure.Status == 429 ? "rate_limit_exceeded"u8 : "server_error"u8;

    private static void WriteStartObjectOrNull(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, bool isObject)
    {
        if (isObject)
        {
            writer.WriteStartObject(name);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static void WriteOutput(List<ChatBlock> blocks, bool isCut, AnswerTerms terms, Utf8JsonWriter writer)
    {
        writer.WriteStartArray("output"u8);
        var all = CollectionsMarshal.AsSpan(blocks);
        for (int start = 0, index = 0; start < all.Length; index++)
        {
            var end = start + 1;
            while (end < all.Length && IsMessage(all[start].Kind) && IsMessage(all[end].Kind))
            {
                end++;
            }

            WriteItem(all[start], all[start..end], index, isCut && end == all.Length ? "incomplete"u8 : "completed"u8, terms, writer);
            start = end;
        }

        writer.WriteEndArray();
    }

    private static void WriteCall(ChatBlock call, bool hasBegun, AnswerTerms terms, Utf8JsonWriter writer)
    {
        writer.WriteInside("arguments"u8, call.Text.IsEmpty && hasBegun ? "{}"u8 : call.Text);
        writer.WriteInside("call_id"u8, call.Id.Length > 0 ? call.Id : OpenAiChatAnswerWriter.CallId(terms, 0, call.Call));
        writer.WriteInside("name"u8, call.Name);
        writer.WriteSeal(call.Signature);
    }

    private static void WriteReasoning(ChatBlock block, Utf8JsonWriter writer)
    {
        var isRedacted = block.Kind == ChatBlockKind.Redacted;
        writer.WriteStartArray("summary"u8);
        if (!isRedacted && !block.Text.IsEmpty)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "summary_text"u8);
            writer.WriteInside("text"u8, block.Text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        var seal = isRedacted ? block.Text : block.Signature;
        if (!seal.IsEmpty)
        {
            writer.WriteInside("encrypted_content"u8, seal);
        }
    }

    /// <summary>Writes what was used, where that is known.</summary>
    private static void WriteUsage(AnswerFacts facts, Utf8JsonWriter writer)
    {
        if (ChatUsage.Shown(facts) is not { } usage)
        {
            return;
        }

        writer.WriteStartObject("usage"u8);
        writer.WriteNumber("input_tokens"u8, usage.PromptTokens);
        writer.WriteStartObject("input_tokens_details"u8);
        writer.WriteNumber("cached_tokens"u8, usage.CachedPromptTokens);
        writer.WriteNumber("cache_write_tokens"u8, usage.CacheWritePromptTokens);
        writer.WriteEndObject();
        writer.WriteNumber("output_tokens"u8, usage.CompletionTokens);
        writer.WriteStartObject("output_tokens_details"u8);
        writer.WriteNumber("reasoning_tokens"u8, usage.ReasoningTokens);
        writer.WriteEndObject();
        writer.WriteNumber("total_tokens"u8, usage.PromptTokens + usage.CompletionTokens);
        writer.WriteEndObject();
    }
}
