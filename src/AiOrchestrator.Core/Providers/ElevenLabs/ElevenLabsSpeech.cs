using System.Runtime.InteropServices;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Providers.Speech;

namespace AiOrchestrator.Core.Providers.ElevenLabs;

/// <summary>
/// Speech of ElevenLabs (https://elevenlabs.io/docs/api-reference/text-to-speech/convert): the voice in the path, the format of the sound in the query.
/// A row may name its voices; any other name is an id of theirs.
/// </summary>
internal sealed class ElevenLabsSpeech : SpeechFormat
{
    private const double Slowest = 0.7, Fastest = 1.2;
    private const int MaxVoiceLength = 64;

    /// <summary>Members of its own that steer the sound and cost nothing.</summary>
    private static readonly string[] Own = ["language_code", "seed", "apply_text_normalization"];

    /// <summary>Whether a name or an id can be a voice's.</summary>
    public static bool IsVoice(string voice) => voice.Length is > 0 and <= MaxVoiceLength && voice.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    /// <inheritdoc/>
    public override ApiFailure? Write(SpeechCall request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        if (Check(request) is { } failure)
        {
            return failure;
        }

        writer.WriteStartObject();
        writer.WritePropertyName("text"u8);
        writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(request.Input), skipInputValidation: true);
        writer.WriteString("model_id"u8, terms.Model.UpstreamId);
        JsonElement? settings = null;
        foreach (var (name, value) in request.Others)
        {
            if (name == "voice_settings")
            {
                settings = value;
            }
            else if (Own.Contains(name, StringComparer.Ordinal))
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }
            else
            {
                dropped.Add(name);
            }
        }

        WriteSettings(settings, request.Speed, writer);
        writer.WriteEndObject();
        return null;
    }

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, SpeechCall request)
    {
        var voice = provider.Voices?.GetValueOrDefault(request.Voice) ?? request.Voice;
        return new Uri(provider.BaseUrl, $"text-to-speech/{Uri.EscapeDataString(voice)}?output_format={FormatOf(request.Format)}");
    }

    /// <summary>
    /// The format by its name there, codec, rate and bitrate; null where there is none. OpenAI's <c>pcm</c> has 24,000 samples a second, too.
    /// </summary>
    private static string? FormatOf(string format) => format switch
    {
        "mp3" => "mp3_44100_128",
        "opus" => "opus_48000_128",
        "pcm" => "pcm_24000",
        _ when format.Contains('_', StringComparison.Ordinal) && format.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_') => format,
        _ => null,
    };

    private static ApiFailure? Check(SpeechCall request)
    {
        if (!IsVoice(request.Voice))
        {
            return new InvalidParameter("voice", $"'voice' must be a name of 1 to {MaxVoiceLength} letters, digits, hyphens and underscores: an id of ElevenLabs', or a name from 'voices' of the provider's row.");
        }

        if (FormatOf(request.Format) is null)
        {
            return new UnsupportedParameter("response_format", "'response_format' must be mp3, opus or pcm here, or a name of ElevenLabs' own such as mp3_22050_32 or ulaw_8000.");
        }

        if (request.IsEvents)
        {
            return new UnsupportedParameter("stream_format", "'stream_format: sse' is not spoken by ElevenLabs: leave it out, and the sound comes as it is made.");
        }

        if (request.Speed is < Slowest or > Fastest)
        {
            return new UnsupportedParameter("speed", "'speed' must be 0.7 to 1.2 here: ElevenLabs speaks no slower and no faster.");
        }

        return request.Others.Exists(static o => o.Name == "voice_settings" && o.Value.ValueKind != JsonValueKind.Object)
            ? new InvalidParameter("voice_settings", "'voice_settings' must be an object.")
            : null;
    }

    private static void WriteSettings(JsonElement? given, double speed, Utf8JsonWriter writer)
    {
        if (given is null && speed == 1)
        {
            return;
        }

        writer.WriteStartObject("voice_settings"u8);
        if (given is { } settings)
        {
            foreach (var member in settings.EnumerateObject().Where(m => speed == 1 || !m.NameEquals("speed"u8)))
            {
                member.WriteTo(writer);
            }
        }

        if (speed != 1)
        {
            writer.WriteNumber("speed"u8, speed);
        }

        writer.WriteEndObject();
    }
}
