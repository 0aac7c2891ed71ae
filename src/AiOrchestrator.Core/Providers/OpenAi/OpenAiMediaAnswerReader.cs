using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Extraction;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Looks into answers for images, speech, transcriptions and videos, whole or event by event, without copying them
/// (https://platform.openai.com/docs/api-reference/images/object, …/images-streaming, …/audio/verbose-json-object, …/audio/transcript-text-done-event).
/// </summary>
internal static class OpenAiMediaAnswerReader
{
    private const int MaxDepth = 512;
    private const int MaxWordLength = 64;

    /// <summary>Reads one event of a stream, or a whole answer.</summary>
    public static ChunkKind Read(ReadOnlySpan<byte> json, ModelCall call, AnswerFacts facts)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return ChunkKind.Invalid;
            }

            var hasError = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                hasError |= ReadMember(ref reader, json, call, facts);
            }

            reader.Read();
            facts.HasError |= hasError;
            return hasError ? ChunkKind.Error : ChunkKind.Content;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // What a provider sends is outside our control; the caller decides what garbage means at this point of the answer.
            return ChunkKind.Invalid;
        }
    }

    /// <summary>Whether it reports an error.</summary>
    private static bool ReadMember(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ModelCall call, AnswerFacts facts)
    {
        if (reader.ValueTextEquals("usage"u8))
        {
            reader.Read();
            _ = facts.Take(ref reader, json, Format(call));
        }
        else if (reader.ValueTextEquals("data"u8))
        {
            reader.Read();
            facts.Images += Items(ref reader);
        }
        else if (reader.ValueTextEquals("type"u8))
        {
            ReadType(ReadWord(ref reader), facts);
        }
        else if (reader.ValueTextEquals("size"u8))
        {
            facts.ImageSize = ReadWord(ref reader) ?? facts.ImageSize;
        }
        else if (reader.ValueTextEquals("quality"u8))
        {
            facts.ImageQuality = ReadWord(ref reader) ?? facts.ImageQuality;
        }
        else if (reader.ValueTextEquals("duration"u8))
        {
            reader.Read();
            facts.AudioMs = Milliseconds(ref reader) ?? facts.AudioMs;
        }
        else if (call.Traits().IsVideo && reader.ValueTextEquals("seconds"u8))
        {
            reader.Read();
            facts.VideoMs = Milliseconds(ref reader) ?? facts.VideoMs;
        }
        else if (reader.ValueTextEquals("error"u8))
        {
            reader.Read();
            var isError = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.String;
            reader.Skip();
            return isError;
        }
        else
        {
            reader.Read();
            reader.Skip();
        }

        return false;
    }

    private static UsageFormat Format(ModelCall call) => call switch
    {
        ModelCall.ImageGenerations => UsageFormat.OpenAiImages,
        ModelCall.Transcriptions => UsageFormat.OpenAiTranscription,
        _ => UsageFormat.OpenAiResponses,
    };

    private static void ReadType(string? type, AnswerFacts facts)
    {
        switch (type)
        {
            case "image_generation.completed":
                facts.Images++;
                facts.FinishReason = type;
                break;
            case "transcript.text.done" or "speech.audio.done":
                facts.FinishReason = type;
                break;
        }
    }

    private static int Items(ref Utf8JsonReader reader)
    {
        var items = 0;
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                items++;
                reader.Skip();
            }
        }
        else
        {
            reader.Skip();
        }

        return items;
    }

    /// <summary>Seconds, as a number or (as whisper's compatible servers have it) as text.</summary>
    private static long? Milliseconds(ref Utf8JsonReader reader)
    {
        decimal seconds = 0;
        var known = reader.TokenType switch
        {
            JsonTokenType.Number => reader.TryGetDecimal(out seconds),
            JsonTokenType.String => decimal.TryParse(reader.GetString(), System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out seconds),
            _ => false,
        };
        reader.Skip();
        return known && seconds is >= 0 and < UnitQuantity.MaxQuantityMilli / 1000 ? (long)decimal.Ceiling(seconds * 1000) : null;
    }

    private static string? ReadWord(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= MaxWordLength)
        {
            return reader.GetString();
        }

        reader.Skip();
        return null;
    }
}
