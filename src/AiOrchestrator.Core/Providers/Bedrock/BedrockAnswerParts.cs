using System.Text.Json;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Bedrock;

/// <summary>
/// Reads pieces of Converse's answers that stand alone (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html), the reader
/// on a piece's brace and afterwards on its end.
/// </summary>
internal static class BedrockAnswerParts
{
    /// <summary>Thoughts, as a stream has them or, in <c>reasoningText</c>, whole.</summary>
    public static void Reasoning(ref Utf8JsonReader reader, ChatSink sink)
    {
        ReadOnlySpan<byte> text = default, signature = default;
        ReadReasoning(ref reader, ref text, ref signature, sink);
        sink.Reasoning(0, text);
        if (!signature.IsEmpty)
        {
            sink.ReasoningSignature(0, signature);
        }
    }

    /// <summary>A text together with its sources.</summary>
    public static void Cited(ref Utf8JsonReader reader, ChatSink sink)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isText = reader.ValueTextEquals("content"u8);
            var isSources = reader.ValueTextEquals("citations"u8);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray || !(isText || isSources))
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    reader.Skip();
                }
                else if (isText)
                {
                    sink.Text(0, TextOf(ref reader, "text"u8));
                }
                else
                {
                    Citation(ref reader, sink);
                }
            }
        }
    }

    /// <summary>A source of the text before it.</summary>
    public static void Citation(ref Utf8JsonReader reader, ChatSink sink)
    {
        ReadOnlySpan<byte> title = default, url = default, cited = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("title"u8) && reader.TokenType == JsonTokenType.String)
            {
                title = reader.ValueSpan;
            }
            else if (name.SequenceEqual("sourceContent"u8) && reader.TokenType == JsonTokenType.StartArray)
            {
                cited = FirstText(ref reader);
                continue;
            }
            else if (name.SequenceEqual("location"u8) && reader.TokenType == JsonTokenType.StartObject)
            {
                url = Address(ref reader);
                continue;
            }

            reader.Skip();
        }

        sink.Citation(0, new ChatCitation { Url = url, Title = title, CitedText = cited });
    }

    /// <summary>The stop string an answer of Claude's came to, which stands at the top or in a stream's <c>delta</c>; empty where nothing is said.</summary>
    public static ReadOnlySpan<byte> StopSequence(scoped ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> sequence = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("delta"u8) && reader.TokenType == JsonTokenType.StartObject)
            {
                sequence = TextOf(ref reader, "stop_sequence"u8);
                continue;
            }

            sequence = name.SequenceEqual("stop_sequence"u8) && reader.TokenType == JsonTokenType.String ? reader.ValueSpan : sequence;
            reader.Skip();
        }

        return sequence;
    }

    /// <summary>Says why the answer ended.</summary>
    public static void Finish(ReadOnlySpan<byte> reason, ReadOnlySpan<byte> sequence, ChatSink sink)
    {
        var finish = reason.SequenceEqual("tool_use"u8) ? ChatFinish.ToolCalls
            : reason.SequenceEqual("max_tokens"u8) || reason.SequenceEqual("model_context_window_exceeded"u8) ? ChatFinish.Length
            : reason.SequenceEqual("stop_sequence"u8) ? ChatFinish.StopSequence
            : reason.SequenceEqual("guardrail_intervened"u8) || reason.SequenceEqual("content_filtered"u8) ? ChatFinish.ContentFilter
            : reason.SequenceEqual("refusal"u8) ? ChatFinish.Refusal
            : reason.SequenceEqual("end_turn"u8) ? ChatFinish.Stop
            : ChatFinish.Other;
        sink.Finish(0, finish, sequence);
    }

    private static void ReadReasoning(ref Utf8JsonReader reader, ref ReadOnlySpan<byte> text, ref ReadOnlySpan<byte> signature, ChatSink sink)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartObject && name.SequenceEqual("reasoningText"u8))
            {
                ReadReasoning(ref reader, ref text, ref signature, sink);
                continue;
            }

            if (reader.TokenType == JsonTokenType.String)
            {
                text = name.SequenceEqual("text"u8) ? reader.ValueSpan : text;
                signature = name.SequenceEqual("signature"u8) ? reader.ValueSpan : signature;
                if (name.SequenceEqual("redactedContent"u8))
                {
                    sink.ReasoningRedacted(0, reader.ValueSpan);
                }
            }

            reader.Skip();
        }
    }

    /// <summary>A text member of an object.</summary>
    private static ReadOnlySpan<byte> TextOf(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> wanted)
    {
        ReadOnlySpan<byte> text = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isWanted = reader.ValueTextEquals(wanted);
            reader.Read();
            text = isWanted && reader.TokenType == JsonTokenType.String ? reader.ValueSpan : text;
            reader.Skip();
        }

        return text;
    }

    /// <summary>The first text of an array of objects that have one.</summary>
    private static ReadOnlySpan<byte> FirstText(scoped ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> first = default;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                var text = TextOf(ref reader, "text"u8);
                first = first.IsEmpty ? text : first;
            }
            else
            {
                reader.Skip();
            }
        }

        return first;
    }

    /// <summary>The address of a page of the web; places in documents have none.</summary>
    private static ReadOnlySpan<byte> Address(scoped ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> url = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                var found = TextOf(ref reader, "url"u8);
                url = found.IsEmpty ? url : found;
            }
            else
            {
                reader.Skip();
            }
        }

        return url;
    }
}
