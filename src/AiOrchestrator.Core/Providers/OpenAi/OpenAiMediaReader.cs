using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Reads the members that decide what images and speech cost (https://platform.openai.com/docs/api-reference/images/create,
/// …/audio/createSpeech). Members it does not know are left alone.
/// </summary>
internal static class OpenAiMediaReader
{
    private const int MaxPartialImages = 3;
    private const int MaxWordLength = 32;

    /// <summary>Reads one member's value; the reader stands on its first token and is left on its last.</summary>
    public static ApiFailure? ReadMember(ref Utf8JsonReader reader, string name, ModelCall call, RequestFacts facts)
    {
        switch (name)
        {
            case "prompt" when call == ModelCall.ImageGenerations:
            case "input" when call == ModelCall.Speech:
                return ReadText(ref reader, name, facts);
            case "instructions" when call == ModelCall.Speech && reader.TokenType == JsonTokenType.String:
                facts.OtherBytes += reader.ValueSpan.Length;
                return null;
            case "size" or "quality" when call == ModelCall.ImageGenerations:
            case "response_format":
            case "stream_format" when call == ModelCall.Speech:
                return ReadWord(ref reader, name, facts);
            case "partial_images" when call == ModelCall.ImageGenerations:
                return ReadPartialImages(ref reader, facts.Media);
            case "speed" when call == ModelCall.Speech:
                return ReadSpeed(ref reader, facts.Media);
            default:
                reader.Skip();
                return null;
        }
    }

    /// <summary>Part of the name of a price, and of a usage event.</summary>
    public static bool IsWord(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxWordLength && text.IndexOfAnyExceptInRange('-', 'z') < 0 && text.IndexOfAny('/', ';', '=') < 0;

    /// <summary>Code points of a text.</summary>
    public static long CodePoints(ReadOnlySpan<byte> utf8)
    {
        long count = 0;
        foreach (var unit in utf8)
        {
            // All but the continuations of a character.
            count += (unit & 0xC0) == 0x80 ? 0 : 1;
        }

        return count;
    }

    private static ApiFailure? ReadText(ref Utf8JsonReader reader, string name, RequestFacts facts)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.IsEmpty)
        {
            return new InvalidParameter(name, $"'{name}' must be a text.");
        }

        facts.Messages = 1;
        facts.Media.Text = OpenAiRequestReader.Range(ref reader);
        facts.TextBytes = reader.ValueSpan.Length;
        facts.Media.Characters = CodePoints(reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan);
        return null;
    }

    private static InvalidParameter? ReadWord(ref Utf8JsonReader reader, string name, RequestFacts facts)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > MaxWordLength || reader.GetString() is not { } word || !IsWord(word))
        {
            return new InvalidParameter(name, $"'{name}' must be a word of at most {MaxWordLength} characters.");
        }

        switch (name)
        {
            case "size":
                facts.Media.Size = word;
                break;
            case "quality":
                facts.Media.Quality = word;
                break;
            case "stream_format":
                facts.Stream = word == "sse";
                break;
            default:
                facts.Media.Format = word;
                break;
        }

        return null;
    }

    private static InvalidParameter? ReadPartialImages(ref Utf8JsonReader reader, MediaFacts media)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var partial) || partial is < 0 or > MaxPartialImages)
        {
            return new InvalidParameter("partial_images", $"'partial_images' must be a whole number from 0 to {MaxPartialImages}.");
        }

        media.PartialImages = partial;
        return null;
    }

    private static InvalidParameter? ReadSpeed(ref Utf8JsonReader reader, MediaFacts media)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out var speed) || speed is < 0.25 or > 4)
        {
            return new InvalidParameter("speed", "'speed' must be a number from 0.25 to 4.");
        }

        media.Speed = speed;
        return null;
    }
}
