using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Gemini;

/// <summary>
/// Writes a conversation as Gemini's <c>systemInstruction</c> and <c>contents</c>. Instructions go to the front, wherever they stand; neighbours of
/// one role become one content; what functions came to is said by the user, in a content of its own, under the name of the function that was called.
/// </summary>
internal ref struct GeminiTurns
{
    /// <summary>What Google documents for calls its model did not make itself (https://ai.google.dev/gemini-api/docs/thought-signatures).</summary>
    private const string NoSeal = "skip_thought_signature_validator";

    private readonly ChatRequest _request;
    private readonly Utf8JsonWriter _writer;
    private readonly List<string> _dropped;
    private readonly GeminiModels _model;
    private readonly bool _hasIds;
    private readonly Dictionary<string, JsonElement> _names = new(StringComparer.Ordinal);
    private Speaker _open;
    private bool _isSealed;

    private GeminiTurns(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        _request = request;
        _writer = writer;
        _dropped = dropped;
        _model = GeminiModels.Of(terms.Model.UpstreamId);

        // Vertex does not know ids of calls and refuses them; there names and order tell.
        _hasIds = !GeminiFormat.IsVertex(terms.BaseUrl);
    }

    public static ApiFailure? Write(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        var turns = new GeminiTurns(request, terms, writer, dropped);
        return turns.WriteSystem() ?? turns.WriteContents();
    }

    private readonly UnsupportedParameter? WriteSystem()
    {
        var turns = _request.Turns.FindAll(static t => t.Role == ChatRole.System && t.Parts.Exists(Says));
        if (turns.Count == 0)
        {
            return null;
        }

        _writer.WriteStartObject("systemInstruction"u8);
        _writer.WriteStartArray("parts"u8);
        foreach (var turn in turns)
        {
            for (var i = 0; i < turn.Parts.Count; i++)
            {
                if (turn.Parts[i] is not TextPart text)
                {
                    return new UnsupportedParameter(turn.PathOf(i), $"'{turn.PathOf(i)}' cannot be served by this model: instructions are text.");
                }

                Drop(text.CacheControl, $"{turn.PathOf(i)}.cache_control");
                if (Says(text))
                {
                    WriteText(text.Text, null);
                }
            }
        }

        _writer.WriteEndArray();
        _writer.WriteEndObject();
        return null;
    }

    private ApiFailure? WriteContents()
    {
        _writer.WriteStartArray("contents"u8);
        foreach (var turn in _request.Turns)
        {
            if (turn.Role != ChatRole.System && WriteParts(turn) is { } failure)
            {
                return failure;
            }
        }

        Open(Speaker.Nobody);
        _writer.WriteEndArray();
        return null;
    }

    /// <summary>Makes sure that what follows stands in a content of its speaker.</summary>
    private void Open(Speaker speaker)
    {
        if (_open == speaker)
        {
            return;
        }

        if (_open != Speaker.Nobody)
        {
            _writer.WriteEndArray();
            _writer.WriteEndObject();
        }

        _open = speaker;
        _isSealed = false;
        if (speaker != Speaker.Nobody)
        {
            _writer.WriteStartObject();
            _writer.WriteString("role"u8, speaker == Speaker.Model ? "model"u8 : "user"u8);
            _writer.WriteStartArray("parts"u8);
        }
    }

    /// <summary>Whether there is anything in a part; thoughts are not said again, only their seal is.</summary>
    private static bool Says(ChatPart part) => part switch
    {
        TextPart text => !text.Text.ValueEquals(""u8),
        ReasoningPart => false,
        _ => true,
    };

    private ApiFailure? WriteParts(ChatTurn turn)
    {
        // The seal of what was thought stands on the last text that came of it.
        var seal = SealOf(turn, out var at);
        for (var i = 0; i < turn.Parts.Count; i++)
        {
            var part = turn.Parts[i];
            Drop(part.CacheControl, $"{turn.PathOf(i)}.cache_control");
            if (!Says(part))
            {
                continue;
            }

            Open(turn.Role == ChatRole.Assistant ? Speaker.Model : part is ToolResultPart ? Speaker.Functions : Speaker.User);
            if (WritePart(part, turn, i, i == at ? seal : null) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private readonly string? SealOf(ChatTurn turn, out int at)
    {
        at = turn.Parts.FindLastIndex(static p => p is TextPart text && Says(text));
        var thoughts = turn.Parts.OfType<ReasoningPart>().ToList();
        var seal = thoughts.Select(static t => GeminiSeals.Open(t.Signature)).LastOrDefault(static s => s is not null);
        if (thoughts.Count > 0 && (seal is null || at < 0))
        {
            // Another model's thoughts, or such that lost their seal: no use to this one.
            _dropped.Add($"{turn.Path}.reasoning");
        }

        return seal;
    }

    private ApiFailure? WritePart(ChatPart part, ChatTurn turn, int at, string? seal)
    {
        switch (part)
        {
            case TextPart text:
                WriteText(text.Text, seal);
                return null;
            case RefusalPart refusal:
                WriteText(refusal.Text, null);
                return null;
            case ImagePart image:
                return WriteMedia(image.Source, "image/jpeg", turn.PathOf(at));
            case AudioPart audio:
                return WriteMedia(audio.Source with { MediaType = audio.Source.MediaType ?? $"audio/{audio.Format}" }, "audio/wav", turn.PathOf(at));
            case DocumentPart document:
                Drop(document.Name, $"{turn.PathOf(at)}.filename");
                return WriteMedia(document.Source, "application/pdf", turn.PathOf(at));
            case ToolCallPart call:
                return WriteCall(call, turn);
            case ToolResultPart result:
                return WriteResult(result, turn);
            default:
                return new UnsupportedParameter(turn.PathOf(at), $"'{turn.PathOf(at)}' cannot be served by this model: its provider's wire format has no such part.");
        }
    }

    private readonly void WriteText(JsonElement text, string? seal)
    {
        _writer.WriteStartObject();
        _writer.WriteIfAny("text"u8, text);
        if (seal is not null)
        {
            _writer.WriteString("thoughtSignature"u8, seal);
        }

        _writer.WriteEndObject();
    }

    private readonly UnsupportedParameter? WriteMedia(MediaSource source, string usualType, string path)
    {
        if (source.Place == MediaPlace.FileId)
        {
            return new UnsupportedParameter(path, $"'{path}' names a file that another provider keeps: send it in base64.");
        }

        if (source.Place == MediaPlace.Text)
        {
            WriteText(source.Value, null);
            return null;
        }

        _writer.WriteStartObject();
        if (source.Place == MediaPlace.Url)
        {
            _writer.WriteStartObject("fileData"u8);
            _writer.WriteString("mimeType"u8, source.MediaType ?? GeminiMedia.TypeOf(source.Value.GetString()!) ?? usualType);
            _writer.WriteIfAny("fileUri"u8, source.Value);
        }
        else
        {
            _writer.WriteStartObject("inlineData"u8);
            _writer.WriteString("mimeType"u8, source.MediaType ?? usualType);
            _writer.WriteInside("data"u8, source.Base64);
        }

        _writer.WriteEndObject();
        _writer.WriteEndObject();
        return null;
    }

    private InvalidParameter? WriteCall(ToolCallPart call, ChatTurn turn)
    {
        _writer.WriteStartObject();
        _writer.WriteStartObject("functionCall"u8);
        if (_hasIds)
        {
            _writer.WriteIfAny("id"u8, call.Id);
        }

        _names[call.Id.GetString()!] = call.Name;
        _writer.WriteIfAny("name"u8, call.Name);
        _writer.WritePropertyName("args"u8);
        if (!call.WriteObject(_writer))
        {
            return new InvalidParameter($"{turn.Path}.tool_calls", $"'{turn.Path}.tool_calls' holds arguments that are no JSON object.");
        }

        _writer.WriteEndObject();
        if (call.Signature is { } signature)
        {
            _writer.WriteIfAny("thoughtSignature"u8, signature);
        }
        else if (_model.SealsCalls && !_isSealed)
        {
            // The first call of a turn must have one; those beside it have none.
            _writer.WriteString("thoughtSignature"u8, NoSeal);
        }

        _isSealed = true;
        _writer.WriteEndObject();
        return null;
    }

    private readonly ApiFailure? WriteResult(ToolResultPart result, ChatTurn turn)
    {
        var media = result.Parts.FindAll(static p => p is not TextPart);
        var isWithin = _model.SealsCalls;
        _writer.WriteStartObject();
        _writer.WriteStartObject("functionResponse"u8);
        if (_hasIds)
        {
            _writer.WriteIfAny("id"u8, result.CallId);
        }

        _writer.WriteIfAny("name"u8, NameOf(result.CallId));
        _writer.WriteStartObject("response"u8);
        _writer.WriteInside(result.IsError ? "error"u8 : "output"u8, Joined(result.Parts));
        _writer.WriteEndObject();
        if (isWithin && media.Count > 0)
        {
            _writer.WriteStartArray("parts"u8);
            if (WriteAll(media, turn) is { } failure)
            {
                return failure;
            }

            _writer.WriteEndArray();
        }

        _writer.WriteEndObject();
        _writer.WriteEndObject();

        // Older models take what is no text only beside the result.
        return isWithin ? null : WriteAll(media, turn);
    }

    private readonly ApiFailure? WriteAll(List<ChatPart> media, ChatTurn turn)
    {
        foreach (var part in media)
        {
            var failure = part switch
            {
                ImagePart image => WriteMedia(image.Source, "image/jpeg", turn.Path),
                DocumentPart document => WriteMedia(document.Source, "application/pdf", turn.Path),
                _ => new UnsupportedParameter(turn.Path, $"'{turn.Path}' cannot be served by this model: what a function came to is text, images or documents."),
            };
            if (failure is not null)
            {
                return failure;
            }
        }

        return null;
    }

    /// <summary>The name of the function a result is of: that of the call with its id, or the id itself, as in the oldest shape of calls.</summary>
    private readonly JsonElement NameOf(JsonElement callId) => _names.GetValueOrDefault(callId.GetString()!, callId);

    private static ReadOnlySpan<byte> Joined(List<ChatPart> parts) => parts switch
    {
        [TextPart only] => ChatJson.Inside(only.Text),
        _ => parts.OfType<TextPart>().SelectMany(static t => ChatJson.Inside(t.Text).ToArray()).ToArray(),
    };

    private readonly void Drop(JsonElement? value, string name)
    {
        if (value is not null)
        {
            _dropped.Add(name);
        }
    }

    /// <summary>Whose the content is that stands open.</summary>
    private enum Speaker
    {
        Nobody,
        User,
        Model,
        Functions,
    }
}
