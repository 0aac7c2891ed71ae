using System.Text.Json;
using AiOrchestrator.Core.Metering.Counting;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>What a streamed chunk is, for whoever relays it.</summary>
internal enum ChunkKind
{
    /// <summary>Passes as it is.</summary>
    Content,

    /// <summary>Carries usage and nothing else: exists because it was asked for.</summary>
    UsageOnly,

    /// <summary>Reports an error inside the stream.</summary>
    Error,

    /// <summary>Not JSON.</summary>
    Invalid,
}

/// <summary>
/// Looks into answers of OpenAI's chat completions, completions, embeddings and moderations, whole or chunk by chunk, without copying them
/// (https://platform.openai.com/docs/api-reference/chat/object, …/chat/streaming).
/// </summary>
internal static class OpenAiAnswerReader
{
    private const int MaxDepth = 512;
    private const int MaxIndex = 1 << 20;

    // The texts of a choice. The two names of reasoning are bits, of which one answer has one.
    private const int Reasoning = 1;
    private const int ReasoningContent = 2;
    private const int Content = 3;
    private const int Refusal = 4;
    private const int Transcript = 5;
    private const int FirstCall = 16;

    /// <summary>Reads one chunk of a stream, or a whole answer. Counts accumulate in <paramref name="facts"/>.</summary>
    public static ChunkKind Read(ReadOnlySpan<byte> json, AnswerFacts facts)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return ChunkKind.Invalid;
            }

            var kind = ReadObject(ref reader, json, facts);
            reader.Read();
            return kind;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // What a provider sends is outside our control; the caller decides what garbage means at this point of the answer.
            // The second kind is what the reader throws at names and texts with an escape that is half a surrogate pair.
            return ChunkKind.Invalid;
        }
    }

    private static string? TypeOfError(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        using var document = JsonDocument.ParseValue(ref reader);
        return OpenAiErrorReader.Read(document.RootElement)?.Type;
    }

    private static ChunkKind ReadObject(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, AnswerFacts facts)
    {
        var hasUsage = false;
        var hasChoices = false;
        var hasError = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("choices"u8))
            {
                reader.Read();
                hasChoices |= ReadChoices(ref reader, facts);
            }
            else if (reader.ValueTextEquals("usage"u8))
            {
                reader.Read();
                hasUsage |= facts.Take(ref reader, json, facts.Format);
            }
            else if (reader.ValueTextEquals("x_groq"u8))
            {
                reader.Read();
                ReadGroq(ref reader, json, facts);
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                hasError |= reader.TokenType is JsonTokenType.StartObject or JsonTokenType.String or JsonTokenType.StartArray;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("object"u8))
            {
                // What servers made with vLLM send in the middle of a stream.
                reader.Read();
                hasError |= reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("error"u8);
                reader.Skip();
            }
            else if (facts.Model is null && reader.ValueTextEquals("model"u8))
            {
                facts.Model = ReadText(ref reader);
            }
            else if (facts.ServiceTier is null && reader.ValueTextEquals("service_tier"u8))
            {
                facts.ServiceTier = ReadText(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (hasError)
        {
            facts.HasError = true;
            facts.ErrorType ??= TypeOfError(json);
        }

        return hasError ? ChunkKind.Error : hasUsage && !hasChoices ? ChunkKind.UsageOnly : ChunkKind.Content;
    }

    /// <summary>Groq puts the usage of a stream into an object of its own, in a chunk that is relayed.</summary>
    private static void ReadGroq(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, AnswerFacts facts)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUsage = reader.ValueTextEquals("usage"u8);
            reader.Read();
            if (isUsage)
            {
                _ = facts.Take(ref reader, json, facts.Format);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static bool ReadChoices(ref Utf8JsonReader reader, AnswerFacts facts)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return false;
        }

        var any = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            any = true;
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                ReadChoice(ref reader, facts);
            }
            else
            {
                reader.Skip();
            }
        }

        return any;
    }

    private static void ReadChoice(ref Utf8JsonReader reader, AnswerFacts facts)
    {
        var choice = 0;
        Utf8JsonReader text = default;
        ReadOnlySpan<byte> bare = default;
        var hasText = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("delta"u8) || reader.ValueTextEquals("message"u8))
            {
                // Read when it is known whose it is: members come in any order.
                reader.Read();
                text = reader;
                hasText = true;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("index"u8))
            {
                choice = ReadIndex(ref reader);
            }
            else if (reader.ValueTextEquals("text"u8))
            {
                // Of legacy completions.
                reader.Read();
                bare = reader.TokenType == JsonTokenType.String ? reader.ValueSpan : default;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("finish_reason"u8))
            {
                facts.FinishReason ??= ReadText(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (facts.Meter is not { } meter)
        {
            return;
        }

        meter.Append(choice, Content, bare);
        if (hasText)
        {
            CountText(ref text, meter, choice);
        }
    }

    /// <summary>Counts every generated string of a delta or message: content, refusal, reasoning, tool calls' names and arguments.</summary>
    private static void CountText(ref Utf8JsonReader reader, AnswerMeter meter, int choice)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return;
        }

        var depth = reader.CurrentDepth;
        var part = 0;
        var call = 0;
        var reasoning = 0;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                // Some providers tell the same reasoning under two names.
                if (part is not 0 && (part is not (Reasoning or ReasoningContent) || (reasoning |= part) == part))
                {
                    meter.Append(choice, part, reader.ValueSpan);
                }
            }
            else if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("index"u8))
            {
                call = ReadIndex(ref reader);
            }
            else if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("reasoning_details"u8))
            {
                reader.Read();
                reader.Skip();
            }
            else if (reader.TokenType == JsonTokenType.PropertyName)
            {
                part = PartOf(ref reader, call);
            }
        }
    }

    /// <summary>Which text a member belongs to; 0 for none the model generated.</summary>
    private static int PartOf(ref Utf8JsonReader reader, int call) =>
        reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("text"u8) ? Content
        : reader.ValueTextEquals("arguments"u8) ? FirstCall + (2 * call) + 1
        : reader.ValueTextEquals("name"u8) ? FirstCall + (2 * call)
        : reader.ValueTextEquals("refusal"u8) ? Refusal
        : reader.ValueTextEquals("reasoning_content"u8) ? ReasoningContent
        : reader.ValueTextEquals("reasoning"u8) ? Reasoning
        : reader.ValueTextEquals("transcript"u8) ? Transcript
        : 0;

    private static int ReadIndex(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var index) && index is >= 0 and < MaxIndex)
        {
            return index;
        }

        reader.Skip();
        return 0;
    }

    private static string? ReadText(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= 256)
        {
            return reader.GetString();
        }

        reader.Skip();
        return null;
    }
}
