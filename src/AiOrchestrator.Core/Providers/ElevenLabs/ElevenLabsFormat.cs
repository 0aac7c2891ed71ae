using System.Net.Http.Headers;
using System.Text.Json;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Providers.Speech;

namespace AiOrchestrator.Core.Providers.ElevenLabs;

/// <summary>ElevenLabs' text to speech (https://elevenlabs.io/docs/api-reference/text-to-speech/convert).</summary>
internal sealed class ElevenLabsFormat : ChatlessFormat
{
    /// <summary>What rows call it.</summary>
    public const string FormatName = "elevenlabs";

    private static readonly ElevenLabsSpeech TheSpeech = new();

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override SpeechFormat Speech => TheSpeech;

    /// <inheritdoc/>
    public override void AddHeaders(Provider provider, HttpRequestHeaders headers, Func<string, string?> caller)
    {
        if (provider.Credential is { } credential)
        {
            headers.TryAddWithoutValidation("xi-api-key", credential);
        }
    }

    /// <summary>It words errors as <c>detail</c>, a list or an object with a <c>message</c> (https://elevenlabs.io/docs/eleven-api/resources/errors).</summary>
    /// <param name="body">The answer's body.</param>
    public override ProviderError? ReadError(JsonElement body) => OpenAiErrorReader.Read(body);
}
