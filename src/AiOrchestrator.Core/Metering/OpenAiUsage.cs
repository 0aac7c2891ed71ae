using System.Text.Json;

namespace AiOrchestrator.Core.Metering;

/// <summary>
/// Reads the <c>usage</c> object of OpenAI's chat completions and embeddings, and of what calls itself compatible
/// (https://platform.openai.com/docs/api-reference/chat/object, https://platform.openai.com/docs/api-reference/embeddings/create).
/// </summary>
public static class OpenAiUsage
{
    /// <summary>
    /// Reads a usage object. <c>prompt_tokens</c> must be there; anything else that is missing or null counts as 0, and unknown members are
    /// skipped. A member we read that is no whole number, is negative or above <see cref="TokenUsage.MaxTokens"/> makes the whole usage
    /// unusable: then the caller falls back to what it counted itself. Where <c>total_tokens</c> exceeds prompt plus completion,
    /// the excess is completion: Gemini's compatible endpoint leaves its thinking tokens out of <c>completion_tokens</c> and bills them.
    /// </summary>
    /// <param name="usageObject">
    /// A reader on the first token of the value, over well-formed JSON that holds all of it. Afterwards it stands on the value's last token,
    /// whatever the result.
    /// </param>
    /// <param name="usage">The usage; all zero where there is none.</param>
    /// <returns>False where the value is no object or holds no usable usage.</returns>
    public static bool TryRead(ref Utf8JsonReader usageObject, out TokenUsage usage)
    {
        usage = default;
        if (usageObject.TokenType != JsonTokenType.StartObject)
        {
            usageObject.Skip();
            return false;
        }

        Counts counts = default;
        bool usable = true;
        while (usageObject.Read() && usageObject.TokenType == JsonTokenType.PropertyName)
        {
            if (usageObject.ValueTextEquals("prompt_tokens"u8))
            {
                usable &= TryReadCount(ref usageObject, ref counts.Prompt);
            }
            else if (usageObject.ValueTextEquals("completion_tokens"u8))
            {
                usable &= TryReadCount(ref usageObject, ref counts.Completion);
            }
            else if (usageObject.ValueTextEquals("total_tokens"u8))
            {
                usable &= TryReadCount(ref usageObject, ref counts.Total);
            }
            else if (usageObject.ValueTextEquals("prompt_tokens_details"u8))
            {
                usable &= TryReadPromptDetails(ref usageObject, ref counts);
            }
            else if (usageObject.ValueTextEquals("completion_tokens_details"u8))
            {
                usable &= TryReadCompletionDetails(ref usageObject, ref counts);
            }
            else
            {
                SkipValue(ref usageObject);
            }
        }

        return usable && TryBuild(counts, out usage);
    }

    private static bool TryBuild(in Counts counts, out TokenUsage usage)
    {
        usage = default;
        if (counts.Prompt is not { } prompt)
        {
            return false;
        }

        long completion = Math.Max(counts.Completion ?? 0, (counts.Total ?? 0) - prompt);
        usage = new TokenUsage(
            prompt,
            completion,
            counts.Cached ?? 0,
            counts.AudioPrompt ?? 0,
            counts.Reasoning ?? 0,
            counts.AudioCompletion ?? 0,
            counts.Accepted ?? 0,
            counts.Rejected ?? 0);
        return true;
    }

    private static bool TryReadPromptDetails(ref Utf8JsonReader reader, ref Counts counts)
    {
        if (!TryEnterObject(ref reader, out bool usable))
        {
            return usable;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("cached_tokens"u8))
            {
                usable &= TryReadCount(ref reader, ref counts.Cached);
            }
            else if (reader.ValueTextEquals("audio_tokens"u8))
            {
                usable &= TryReadCount(ref reader, ref counts.AudioPrompt);
            }
            else
            {
                SkipValue(ref reader);
            }
        }

        return usable;
    }

    private static bool TryReadCompletionDetails(ref Utf8JsonReader reader, ref Counts counts)
    {
        if (!TryEnterObject(ref reader, out bool usable))
        {
            return usable;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("reasoning_tokens"u8))
            {
                usable &= TryReadCount(ref reader, ref counts.Reasoning);
            }
            else if (reader.ValueTextEquals("audio_tokens"u8))
            {
                usable &= TryReadCount(ref reader, ref counts.AudioCompletion);
            }
            else if (reader.ValueTextEquals("accepted_prediction_tokens"u8))
            {
                usable &= TryReadCount(ref reader, ref counts.Accepted);
            }
            else if (reader.ValueTextEquals("rejected_prediction_tokens"u8))
            {
                usable &= TryReadCount(ref reader, ref counts.Rejected);
            }
            else
            {
                SkipValue(ref reader);
            }
        }

        return usable;
    }

    /// <summary>Moves to the value; true inside an object, otherwise past the value, where only null is usable (details absent).</summary>
    private static bool TryEnterObject(ref Utf8JsonReader reader, out bool usable)
    {
        reader.Read();
        usable = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.Null;
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            return true;
        }

        reader.Skip();
        return false;
    }

    /// <summary>Reads the value after a name. Null leaves the count absent; of repeated members the last number counts.</summary>
    private static bool TryReadCount(ref Utf8JsonReader reader, ref long? count)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return true;
        }

        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long value) && value is >= 0 and <= TokenUsage.MaxTokens)
        {
            count = value;
            return true;
        }

        reader.Skip();
        return false;
    }

    private static void SkipValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    private struct Counts
    {
        public long? Prompt;
        public long? Completion;
        public long? Total;
        public long? Cached;
        public long? AudioPrompt;
        public long? Reasoning;
        public long? AudioCompletion;
        public long? Accepted;
        public long? Rejected;
    }
}
