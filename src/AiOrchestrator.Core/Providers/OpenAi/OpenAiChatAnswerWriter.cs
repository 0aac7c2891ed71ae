using System.Globalization;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>Writes a whole answer as a chat completion (https://platform.openai.com/docs/api-reference/chat/object).</summary>
internal static class OpenAiChatAnswerWriter
{
    public static void Write(ChatAnswer answer, AnswerTerms terms, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteInside("id"u8, answer.Id.Length > 0 ? answer.Id : AnswerId(terms));
        writer.WriteString("object"u8, "chat.completion"u8);
        writer.WriteNumber("created"u8, terms.Created.ToUnixTimeSeconds());
        writer.WriteString("model"u8, answer.Facts.Model ?? terms.Model);
        writer.WriteStartArray("choices"u8);
        foreach (var choice in answer.Choices)
        {
            WriteChoice(choice, terms, writer);
        }

        writer.WriteEndArray();
        if (ChatUsage.Shown(answer.Facts) is not null)
        {
            writer.WritePropertyName("usage"u8);
            WriteUsage(answer.Facts, writer);
        }

        WriteTier(answer.Facts, writer);
        writer.WriteEndObject();
    }

    /// <summary>What an answer is called that its provider has no name for.</summary>
    public static byte[] AnswerId(AnswerTerms terms) => Encoding.ASCII.GetBytes($"chatcmpl-{terms.Id}");

    /// <summary>What a function call is called that its provider has no name for.</summary>
    public static byte[] CallId(AnswerTerms terms, int choice, int call) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"call_{terms.Id}_{choice}_{call}"));

    /// <summary>Why an answer ended, in the words of those who offered functions or tools.</summary>
    public static string Word(ChatFinish finish, AnswerTerms terms) =>
        finish == ChatFinish.ToolCalls && terms.HasFunctions ? "function_call" : finish.Word();

    /// <summary>Writes the tier a provider served at, where it is one of OpenAI's: others have words of their own, which its clients do not know.</summary>
    public static void WriteTier(AnswerFacts facts, Utf8JsonWriter writer)
    {
        if (facts.ServiceTier is "auto" or "default" or "flex" or "scale" or "priority")
        {
            writer.WriteString("service_tier"u8, facts.ServiceTier);
        }
    }

    /// <summary>Writes a usage object; null where nothing is known.</summary>
    public static void WriteUsage(AnswerFacts facts, Utf8JsonWriter writer)
    {
        if (ChatUsage.Shown(facts) is not { } usage)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartObject();
        writer.WriteNumber("prompt_tokens"u8, usage.PromptTokens);
        writer.WriteNumber("completion_tokens"u8, usage.CompletionTokens);
        writer.WriteNumber("total_tokens"u8, usage.PromptTokens + usage.CompletionTokens);
        writer.WriteStartObject("prompt_tokens_details"u8);
        writer.WriteNumber("cached_tokens"u8, usage.CachedPromptTokens);
        writer.WriteNumber("audio_tokens"u8, usage.AudioPromptTokens);
        if (usage.CacheWritePromptTokens > 0)
        {
            writer.WriteNumber("cache_write_tokens"u8, usage.CacheWritePromptTokens);
        }

        writer.WriteEndObject();
        writer.WriteStartObject("completion_tokens_details"u8);
        writer.WriteNumber("reasoning_tokens"u8, usage.ReasoningTokens);
        writer.WriteNumber("audio_tokens"u8, usage.AudioCompletionTokens);
        writer.WriteNumber("accepted_prediction_tokens"u8, usage.AcceptedPredictionTokens);
        writer.WriteNumber("rejected_prediction_tokens"u8, usage.RejectedPredictionTokens);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteChoice(ChatChoice choice, AnswerTerms terms, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, choice.Index);
        writer.WriteStartObject("message"u8);
        writer.WriteString("role"u8, "assistant"u8);
        var hasCalls = choice.Blocks.Exists(static b => b.Kind == ChatBlockKind.ToolCall);
        WriteTexts(choice, ChatBlockKind.Text, "content"u8, isEmptyNull: hasCalls || choice.Blocks.Exists(static b => b.Kind == ChatBlockKind.Refusal), writer);
        WriteTexts(choice, ChatBlockKind.Refusal, "refusal"u8, isEmptyNull: true, writer);
        WriteReasoning(choice, writer);
        WriteAnnotations(choice, writer);
        if (hasCalls && terms.HasFunctions)
        {
            WriteOlderCall(choice, writer);
        }

        if (hasCalls && (!terms.HasFunctions || choice.Blocks.Count(static b => b.Kind == ChatBlockKind.ToolCall) > 1))
        {
            // The older shape has room for one call: of several none is lost.
            WriteCalls(choice, terms, writer);
        }

        writer.WriteEndObject();
        writer.WriteNull("logprobs"u8);
        writer.WriteString("finish_reason"u8, Word(choice.Finish ?? ChatFinish.Stop, terms));
        writer.WriteEndObject();
    }

    private static void WriteTexts(ChatChoice choice, ChatBlockKind kind, ReadOnlySpan<byte> name, bool isEmptyNull, Utf8JsonWriter writer)
    {
        var blocks = choice.Blocks.FindAll(b => b.Kind == kind);
        if (blocks.Count == 0 && isEmptyNull)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteInside(name, Joined(blocks));
    }

    private static ReadOnlySpan<byte> Joined(List<ChatBlock> blocks) => blocks is [var only] ? only.Text : blocks.SelectMany(static b => b.Text.ToArray()).ToArray();

    private static void WriteReasoning(ChatChoice choice, Utf8JsonWriter writer)
    {
        var thoughts = choice.Blocks.FindAll(static b => b.Kind == ChatBlockKind.Reasoning);
        var details = choice.Blocks.FindAll(static b => b.Kind is ChatBlockKind.Reasoning or ChatBlockKind.Redacted);
        if (details.Count == 0)
        {
            return;
        }

        if (thoughts.Count > 0)
        {
            writer.WriteInside("reasoning_content"u8, Joined(thoughts));
        }

        writer.WriteStartArray("reasoning_details"u8);
        for (var i = 0; i < details.Count; i++)
        {
            var isRedacted = details[i].Kind == ChatBlockKind.Redacted;
            writer.WriteStartObject();
            writer.WriteString("type"u8, isRedacted ? "reasoning.encrypted"u8 : "reasoning.text"u8);
            writer.WriteInside(isRedacted ? "data"u8 : "text"u8, details[i].Text);
            if (details[i].Signature.Length > 0)
            {
                writer.WriteInside("signature"u8, details[i].Signature);
            }

            writer.WriteNumber("index"u8, i);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteAnnotations(ChatChoice choice, Utf8JsonWriter writer)
    {
        writer.WriteStartArray("annotations"u8);
        long end = 0;
        foreach (var block in choice.Blocks.Where(static b => b.Kind == ChatBlockKind.Text))
        {
            var start = end;
            end += ChatJson.Characters(block.Text);
            foreach (var citation in block.Citations.Where(static c => c.Url.Length > 0))
            {
                writer.WriteStartObject();
                writer.WriteString("type"u8, "url_citation"u8);
                writer.WriteStartObject("url_citation"u8);
                writer.WriteInside("url"u8, citation.Url);
                writer.WriteInside("title"u8, citation.Title);
                writer.WriteNumber("start_index"u8, start);
                writer.WriteNumber("end_index"u8, end);
                writer.WriteEndObject();
                writer.WriteEndObject();
            }
        }

        writer.WriteEndArray();
    }

    private static void WriteOlderCall(ChatChoice choice, Utf8JsonWriter writer)
    {
        var call = choice.Blocks.Find(static b => b.Kind == ChatBlockKind.ToolCall)!;
        writer.WriteStartObject("function_call"u8);
        writer.WriteInside("name"u8, call.Name);
        writer.WriteInside("arguments"u8, call.Text.IsEmpty ? "{}"u8 : call.Text);
        writer.WriteEndObject();
    }

    private static void WriteCalls(ChatChoice choice, AnswerTerms terms, Utf8JsonWriter writer)
    {
        writer.WriteStartArray("tool_calls"u8);
        foreach (var call in choice.Blocks.Where(static b => b.Kind == ChatBlockKind.ToolCall))
        {
            writer.WriteStartObject();
            writer.WriteInside("id"u8, call.Id.Length > 0 ? call.Id : CallId(terms, choice.Index, call.Call));
            writer.WriteString("type"u8, "function"u8);
            writer.WriteStartObject("function"u8);
            writer.WriteInside("name"u8, call.Name);
            writer.WriteInside("arguments"u8, call.Text.IsEmpty ? "{}"u8 : call.Text);
            writer.WriteEndObject();
            writer.WriteSeal(call.Signature);

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
