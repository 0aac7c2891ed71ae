using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>A piece of a message.</summary>
internal abstract record ChatPart
{
    /// <summary>Anthropic's <c>cache_control</c> object; null where there is none.</summary>
    public JsonElement? CacheControl { get; init; }
}

/// <summary>Text.</summary>
/// <param name="Text">A JSON string.</param>
internal sealed record TextPart(JsonElement Text) : ChatPart;

/// <summary>What the model said instead of an answer.</summary>
/// <param name="Text">A JSON string.</param>
internal sealed record RefusalPart(JsonElement Text) : ChatPart;

/// <summary>An image.</summary>
/// <param name="Source">Where it is.</param>
internal sealed record ImagePart(MediaSource Source) : ChatPart
{
    /// <summary>How closely it is to be looked at, a text; null where nothing is said.</summary>
    public JsonElement? Detail { get; init; }
}

/// <summary>A recording.</summary>
/// <param name="Source">Where it is; always base64.</param>
/// <param name="Format"><c>wav</c>, <c>mp3</c> and the like.</param>
internal sealed record AudioPart(MediaSource Source, string Format) : ChatPart;

/// <summary>A file to be read, mostly a PDF.</summary>
/// <param name="Source">Where it is.</param>
internal sealed record DocumentPart(MediaSource Source) : ChatPart
{
    /// <summary>Its name, a text; null where nothing is said.</summary>
    public JsonElement? Name { get; init; }

    /// <summary>Whether passages are to be cited; null where nothing is said.</summary>
    public bool? Cites { get; init; }
}

/// <summary>What the model thought in an earlier turn.</summary>
/// <param name="Text">A JSON string; null where the provider keeps it hidden.</param>
/// <param name="Signature">The provider's seal, without which it does not take its thoughts back; null where there is none.</param>
internal sealed record ReasoningPart(JsonElement? Text, JsonElement? Signature) : ChatPart
{
    /// <summary>Sealed thoughts; null where they are readable.</summary>
    public JsonElement? Redacted { get; init; }
}

/// <summary>A function the model asked for in an earlier turn.</summary>
/// <param name="Id">A JSON string.</param>
/// <param name="Name">A JSON string.</param>
/// <param name="Arguments">An object, or a string that holds one as JSON.</param>
internal sealed record ToolCallPart(JsonElement Id, JsonElement Name, JsonElement Arguments) : ChatPart
{
    /// <summary>The provider's seal (Gemini's <c>thoughtSignature</c>); null where there is none.</summary>
    public JsonElement? Signature { get; init; }

    /// <summary>Writes the arguments as an object. False where the string is no JSON object.</summary>
    public bool WriteObject(Utf8JsonWriter writer)
    {
        if (Arguments.ValueKind == JsonValueKind.Object)
        {
            Arguments.WriteTo(writer);
            return true;
        }

        var text = Arguments.GetString()!;
        if (text.AsSpan().Trim().IsEmpty)
        {
            // A function without parameters: some clients send back nothing where nothing was said.
            writer.WriteStartObject();
            writer.WriteEndObject();
            return true;
        }

        try
        {
            using var parsed = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = OpenAiRequestReader.MaxDepth });
            if (parsed.RootElement.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            parsed.RootElement.WriteTo(writer);
            return true;
        }
        catch (JsonException)
        {
            // The caller's text is no JSON, which the caller is told.
            return false;
        }
    }

    /// <summary>Writes the arguments as a string that holds JSON.</summary>
    public void WriteText(Utf8JsonWriter writer)
    {
        if (Arguments.ValueKind == JsonValueKind.String)
        {
            Arguments.WriteTo(writer);
        }
        else
        {
            writer.WriteStringValue(JsonMarshal.GetRawUtf8Value(Arguments));
        }
    }
}

/// <summary>What a function came to.</summary>
/// <param name="CallId">Of the call it answers, a JSON string.</param>
internal sealed record ToolResultPart(JsonElement CallId) : ChatPart
{
    /// <summary>The result: texts, images, documents.</summary>
    public List<ChatPart> Parts { get; } = [];

    /// <summary>Whether the function failed.</summary>
    public bool IsError { get; init; }
}

/// <summary>How a picture or file is given.</summary>
internal enum MediaPlace
{
    /// <summary>An address.</summary>
    Url,

    /// <summary>In base64.</summary>
    Base64,

    /// <summary>As plain text.</summary>
    Text,

    /// <summary>The id of a file the provider keeps.</summary>
    FileId,
}

/// <summary>Where a picture or file is.</summary>
/// <param name="Place">How it is given.</param>
/// <param name="Value">A JSON string: the address, the id, the text, the base64, or a data URI that holds the base64.</param>
/// <param name="MediaType">What it is, where it is said; <c>image/png</c>.</param>
internal readonly record struct MediaSource(MediaPlace Place, JsonElement Value, string? MediaType)
{
    /// <summary>The inside of a JSON string, from where the base64 begins.</summary>
    public ReadOnlySpan<byte> Base64
    {
        get
        {
            var inside = ChatJson.Inside(Value);
            return IsDataUri(inside) ? inside[(inside.IndexOf((byte)',') + 1)..] : inside;
        }
    }

    /// <summary>What a URL means: an address, or the base64 in a data URI.</summary>
    /// <param name="url">A JSON string.</param>
    public static MediaSource OfUrl(JsonElement url)
    {
        var inside = ChatJson.Inside(url);
        if (!IsDataUri(inside))
        {
            return new MediaSource(MediaPlace.Url, url, null);
        }

        var head = inside["data:".Length..inside.IndexOf((byte)',')];
        var type = head[..head.IndexOf((byte)';')];
        return new MediaSource(MediaPlace.Base64, url, Encoding.UTF8.GetString(type).Replace("\\/", "/", StringComparison.Ordinal));
    }

    private static bool IsDataUri(ReadOnlySpan<byte> inside) =>
        inside.StartsWith("data:"u8) && inside.IndexOf((byte)',') is var comma and > 0 && inside[..comma].EndsWith(";base64"u8);
}
