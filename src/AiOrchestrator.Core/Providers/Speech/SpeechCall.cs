using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Speech;

/// <summary>
/// What a caller of <c>/v1/audio/speech</c> asks (https://platform.openai.com/docs/api-reference/audio/createSpeech), for providers of another wire
/// format. What <see cref="OpenAiMediaReader"/> has checked is not checked again.
/// </summary>
internal sealed class SpeechCall
{
    /// <summary>The text, a JSON string.</summary>
    public JsonElement Input { get; private set; }

    /// <summary>The voice by name or id; empty where it is not named.</summary>
    public string Voice { get; private set; } = "";

    /// <summary>The <c>response_format</c>; OpenAI's default where nothing is said.</summary>
    public string Format { get; private set; } = "mp3";

    /// <summary>How fast it is to be spoken, 0.25 to 4.</summary>
    public double Speed { get; private set; } = 1;

    /// <summary>Whether events are asked for rather than sound.</summary>
    public bool IsEvents { get; private set; }

    /// <summary>Members no format but the caller's own has, and those of the provider's own: name and value.</summary>
    public List<ChatMember> Others { get; } = [];

    /// <summary>Reads a body of which the outline has been checked.</summary>
    /// <returns>Null, or what is wrong with it, naming the member.</returns>
    public ApiFailure? Read(JsonElement root)
    {
        foreach (var member in root.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null && Read(member.Name, member.Value) is { } failure)
            {
                return failure;
            }
        }

        return Voice.Length == 0 ? new MissingParameter("voice") : null;
    }

    private InvalidParameter? Read(string name, JsonElement value)
    {
        switch (name)
        {
            case "model":
                return null;
            case "input":
                Input = value;
                return null;
            case "voice":
                // A voice of the caller's own is an object with its id.
                Voice = (value.ValueKind == JsonValueKind.Object ? value.TextOf("id"u8) : value.ValueKind == JsonValueKind.String ? value.GetString() : null) ?? "";
                return Voice.Length > 0 ? null : new InvalidParameter(name, "'voice' must be a voice's name, or an object with its 'id'.");
            case "response_format":
                Format = value.GetString()!;
                return null;
            case "speed":
                Speed = value.GetDouble();
                return null;
            case "stream_format":
                IsEvents = value.ValueEquals("sse"u8);
                return null;
            default:
                Others.Add(new ChatMember(name, value));
                return null;
        }
    }
}
