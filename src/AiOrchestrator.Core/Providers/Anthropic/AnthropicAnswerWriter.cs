using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Anthropic;

/// <summary>Writes a whole answer as one of Anthropic's messages (https://docs.claude.com/en/api/messages).</summary>
internal static class AnthropicAnswerWriter
{
    public static void Write(ChatAnswer answer, AnswerTerms terms, Utf8JsonWriter writer)
    {
        var choice = answer.Choices.Count > 0 ? answer.Choices[0] : new ChatChoice(0);
        writer.WriteStartObject();
        writer.WriteInside("id"u8, answer.Id.Length > 0 ? answer.Id : MessageId(terms));
        writer.WriteString("type"u8, "message"u8);
        writer.WriteString("role"u8, "assistant"u8);
        writer.WriteString("model"u8, answer.Facts.Model ?? terms.Model);
        writer.WriteStartArray("content"u8);
        foreach (var block in choice.Blocks)
        {
            WriteBlock(block, terms, writer);
        }

        writer.WriteEndArray();
        WriteStop(choice.Finish, choice.Blocks.Exists(static b => b.Kind == ChatBlockKind.Refusal), choice.StopSequence, writer);
        writer.WritePropertyName("usage"u8);
        WriteUsage(answer.Facts, terms, isLast: false, writer);
        writer.WriteEndObject();
    }

    /// <summary>What an answer is called that its provider has no name for.</summary>
    public static byte[] MessageId(AnswerTerms terms) => Encoding.ASCII.GetBytes($"msg_{terms.Id}");

    /// <summary>What a function call is called that its provider has no name for.</summary>
    public static byte[] CallId(AnswerTerms terms, int call) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"toolu_{terms.Id}_{call}"));

    /// <summary>Writes why an answer ended, and the stop string it came to; null where nothing is said.</summary>
    /// <param name="finish">As the provider says; null where it does not.</param>
    /// <param name="hasRefused">Whether the answer is a refusal, which not every format has a word for.</param>
    /// <param name="sequence">The inside of a JSON string; empty where nothing is said.</param>
    /// <param name="writer">Where to.</param>
    public static void WriteStop(ChatFinish? finish, bool hasRefused, ReadOnlySpan<byte> sequence, Utf8JsonWriter writer)
    {
        if (finish is { } reason)
        {
            writer.WriteString("stop_reason"u8, StopReason(reason, hasRefused));
        }
        else
        {
            writer.WriteNull("stop_reason"u8);
        }

        writer.WritePropertyName("stop_sequence"u8);
        if (sequence.IsEmpty)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteInside(sequence);
        }
    }

    private static ReadOnlySpan<byte> StopReason(ChatFinish finish, bool hasRefused) => finish switch
    {
        ChatFinish.Length => "max_tokens"u8,
        ChatFinish.Window => "model_context_window_exceeded"u8,
        ChatFinish.ToolCalls => "tool_use"u8,
        ChatFinish.StopSequence => "stop_sequence"u8,
        ChatFinish.Pause => "pause_turn"u8,
        ChatFinish.ContentFilter or ChatFinish.Refusal => "refusal"u8,
        _ => hasRefused ? "refusal"u8 : "end_turn"u8,
    };

    /// <summary>
    /// Writes a usage object: what the provider reported, else what was counted so far, which is what is charged then. What caches gave and took
    /// stands beside <c>input_tokens</c>, not within.
    /// </summary>
    /// <param name="facts">What is known of the answer.</param>
    /// <param name="terms">What was counted of the prompt.</param>
    /// <param name="isLast">Whether it is the one at the end of a stream, which does not say again how long caches keep what they took.</param>
    /// <param name="writer">Where to.</param>
    public static void WriteUsage(AnswerFacts facts, AnswerTerms terms, bool isLast, Utf8JsonWriter writer)
    {
        var usage = ChatUsage.Shown(facts)
            ?? new TokenUsage(Math.Min(terms.PromptTokens, TokenUsage.MaxTokens), Math.Min(facts.CountedTokens, TokenUsage.MaxTokens));
        writer.WriteStartObject();
        writer.WriteNumber("input_tokens"u8, usage.PromptTokens - usage.CachedPromptTokens - usage.CacheWritePromptTokens);
        writer.WriteNumber("cache_creation_input_tokens"u8, usage.CacheWritePromptTokens);
        writer.WriteNumber("cache_read_input_tokens"u8, usage.CachedPromptTokens);
        if (!isLast)
        {
            writer.WriteStartObject("cache_creation"u8);
            writer.WriteNumber("ephemeral_5m_input_tokens"u8, usage.CacheWritePromptTokens - usage.CacheWrite1hPromptTokens);
            writer.WriteNumber("ephemeral_1h_input_tokens"u8, usage.CacheWrite1hPromptTokens);
            writer.WriteEndObject();
        }

        writer.WriteNumber("output_tokens"u8, usage.CompletionTokens);
        writer.WriteStartObject("output_tokens_details"u8);
        writer.WriteNumber("thinking_tokens"u8, usage.ReasoningTokens);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteBlock(ChatBlock block, AnswerTerms terms, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        switch (block.Kind)
        {
            case ChatBlockKind.Reasoning:
                writer.WriteString("type"u8, "thinking"u8);
                writer.WriteInside("thinking"u8, block.Text);
                writer.WriteInside("signature"u8, block.Signature);
                break;
            case ChatBlockKind.Redacted:
                writer.WriteString("type"u8, "redacted_thinking"u8);
                writer.WriteInside("data"u8, block.Text);
                break;
            case ChatBlockKind.ToolCall:
                WriteCall(block, terms, writer);
                break;
            default:
                writer.WriteString("type"u8, "text"u8);
                writer.WriteInside("text"u8, block.Text);
                WriteCitations(block, writer);
                break;
        }

        writer.WriteEndObject();
    }

    private static void WriteCall(ChatBlock call, AnswerTerms terms, Utf8JsonWriter writer)
    {
        writer.WriteString("type"u8, "tool_use"u8);
        writer.WriteInside("id"u8, call.Id.Length > 0 ? call.Id : CallId(terms, call.Call));
        writer.WriteInside("name"u8, call.Name);
        writer.WritePropertyName("input"u8);
        WriteInput(call.Text, writer);
        // The model itself, not a program it wrote.
        writer.WriteStartObject("caller"u8);
        writer.WriteString("type"u8, "direct"u8);
        writer.WriteEndObject();
        writer.WriteSeal(call.Signature);
    }

    /// <summary>Arguments as the object that Anthropic has there. What a model wrote that is no object stands in one as a text.</summary>
    private static void WriteInput(ReadOnlySpan<byte> inside, Utf8JsonWriter writer)
    {
        if (inside.IsEmpty)
        {
            writer.WriteStartObject();
            writer.WriteEndObject();
            return;
        }

        var quoted = new byte[inside.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        inside.CopyTo(quoted.AsSpan(1));
        var json = ArrayPool<byte>.Shared.Rent(quoted.Length);
        try
        {
            var reader = new Utf8JsonReader(quoted);
            reader.Read();
            var length = reader.CopyString(json);
            if (IsObject(json.AsSpan(0, length)))
            {
                writer.WriteRawValue(json.AsSpan(0, length), skipInputValidation: true);
                return;
            }
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair is no text, so it cannot be undone: it stays as it stands.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(json);
        }

        writer.WriteStartObject();
        writer.WriteInside("arguments"u8, inside);
        writer.WriteEndObject();
    }

    private static bool IsObject(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = OpenAiRequestReader.MaxDepth });
            var isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
            while (reader.Read())
            {
            }

            return isObject;
        }
        catch (JsonException)
        {
            // What a model writes need not be JSON, above all where it was cut.
            return false;
        }
    }

    private static void WriteCitations(ChatBlock block, Utf8JsonWriter writer)
    {
        if (!block.Citations.Exists(static c => c.Url.Length > 0))
        {
            return;
        }

        writer.WriteStartArray("citations"u8);
        foreach (var citation in block.Citations.Where(static c => c.Url.Length > 0))
        {
            WriteCitation(new ChatCitation { Url = citation.Url, Title = citation.Title, CitedText = citation.CitedText }, writer);
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes a citation of an address, the only kind of which all is known that Anthropic says.</summary>
    public static void WriteCitation(in ChatCitation citation, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "web_search_result_location"u8);
        writer.WriteInside("url"u8, citation.Url);
        writer.WriteInside("title"u8, citation.Title);
        writer.WriteInside("cited_text"u8, citation.CitedText);
        writer.WriteString("encrypted_index"u8, ""u8);
        writer.WriteEndObject();
    }
}
