using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Reads what decides what a video costs, from members of JSON or fields of a form (https://platform.openai.com/docs/api-reference/videos/create,
/// …/videos/remix). What it does not know is left alone.
/// </summary>
internal static class OpenAiVideoReader
{
    /// <summary>What a request that does not say gets.</summary>
    public const string DefaultModel = "sora-2", DefaultSize = "720x1280";

    /// <summary>Likewise.</summary>
    public const int DefaultSeconds = 4;

    private const int MaxSeconds = 3600;

    /// <summary>Reads one member's value; the reader stands on its first token and is left on its last.</summary>
    public static ApiFailure? ReadMember(ref Utf8JsonReader reader, string name, RequestFacts facts)
    {
        if (name is not ("prompt" or "seconds" or "size" or "n" or "n_variants") || reader.TokenType == JsonTokenType.Null)
        {
            reader.Skip();
            return null;
        }

        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number) || (name == "prompt" && reader.TokenType == JsonTokenType.Number))
        {
            return new InvalidParameter(name, $"'{name}' must be a text.");
        }

        var value = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;
        if (name != "prompt")
        {
            return ReadField(name, value, facts);
        }

        facts.Media.Text = OpenAiRequestReader.Range(ref reader);
        facts.TextBytes = value.Length;
        facts.Messages = value.IsEmpty ? 0 : 1;
        return null;
    }

    /// <summary>Reads one field of a form, or a member's value as text.</summary>
    public static ApiFailure? ReadField(string name, ReadOnlySpan<byte> value, RequestFacts facts)
    {
        switch (name)
        {
            case "seconds":
                facts.Media.Seconds = Number(value);
                return facts.Media.Seconds is >= 1 and <= MaxSeconds
                    ? null
                    : new InvalidParameter(name, $"'seconds' must be a whole number from 1 to {MaxSeconds}.");
            case "size":
                facts.Media.Size = Encoding.UTF8.GetString(value[..Math.Min(value.Length, 64)]);
                return OpenAiMediaReader.IsWord(facts.Media.Size) ? null : new InvalidParameter(name, "'size' must be a word, such as 1280x720.");
            case "n" or "n_variants" when Number(value) is not 1:
                return new UnsupportedParameter(name, $"'{name}' is not taken: a request makes one video.");
            default:
                return null;
        }
    }

    /// <summary>What is missing or too much; else what was left open is filled in. A remix is as its source.</summary>
    public static ApiFailure? Finish(ModelCall call, RequestFacts facts)
    {
        if (facts.Messages == 0)
        {
            return new MissingParameter("prompt");
        }

        if (call == ModelCall.VideoRemixes)
        {
            var named = facts.ModelRange.IsPresent ? "model" : facts.Media.Seconds is not null ? "seconds" : facts.Media.Size is not null ? "size" : null;
            return named is null ? null : new UnsupportedParameter(named, $"'{named}' is not taken here: a remix has that of its source.");
        }

        facts.Model = facts.ModelRange.IsPresent ? facts.Model : DefaultModel;
        return null;
    }

    private static int? Number(ReadOnlySpan<byte> value) =>
        Utf8Parser.TryParse(value, out int number, out var read) && read == value.Length ? number : null;
}
