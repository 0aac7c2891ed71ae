using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>How JSON is read and written where one wire format becomes another.</summary>
internal static class ChatJson
{
    /// <summary>For requests and answers: what a client wrote unescaped stays so.</summary>
    public static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The inside of a JSON string, escapes as they are.</summary>
    /// <param name="text">A JSON string.</param>
    public static ReadOnlySpan<byte> Inside(JsonElement text) => JsonMarshal.GetRawUtf8Value(text)[1..^1];

    /// <summary>A member that is there and not null; else null.</summary>
    public static JsonElement? Member(this JsonElement value, ReadOnlySpan<byte> name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    /// <summary>A member of a kind; null where it is absent or another.</summary>
    public static JsonElement? Member(this JsonElement value, ReadOnlySpan<byte> name, JsonValueKind kind) =>
        value.Member(name) is { } member && member.ValueKind == kind ? member : null;

    /// <summary>A text; null where it is absent or something else.</summary>
    public static string? TextOf(this JsonElement value, ReadOnlySpan<byte> name) => value.Member(name, JsonValueKind.String)?.GetString();

    /// <summary>True or false; null where it is absent or something else.</summary>
    public static bool? FlagOf(this JsonElement value, ReadOnlySpan<byte> name) => value.Member(name)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>Writes a member whose value the caller's JSON holds, if it does.</summary>
    public static void WriteIfAny(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonElement? value)
    {
        if (value is { } present)
        {
            writer.WritePropertyName(name);
            present.WriteTo(writer);
        }
    }

    /// <summary>Writes an array of what the caller's JSON holds, if it holds any.</summary>
    public static void WriteIfAny(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, List<JsonElement> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            value.WriteTo(writer);
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes a provider's seal on a function call as Google's own OpenAI endpoint does, if there is one.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="seal">The inside of a JSON string.</param>
    public static void WriteSeal(this Utf8JsonWriter writer, ReadOnlySpan<byte> seal)
    {
        if (!seal.IsEmpty)
        {
            writer.WriteStartObject("extra_content"u8);
            writer.WriteStartObject("google"u8);
            writer.WriteInside("thought_signature"u8, seal);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
    }

    /// <summary>The seal that stands on a function call, a text; null where there is none.</summary>
    public static JsonElement? SealOf(this JsonElement call) =>
        call.Member("extra_content"u8)?.Member("google"u8)?.Member("thought_signature"u8, JsonValueKind.String);

    /// <summary>Writes a string of which the inside is at hand, escaped.</summary>
    public static void WriteInside(this Utf8JsonWriter writer, ReadOnlySpan<byte> inside)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(inside.Length + 2);
        buffer[0] = (byte)'"';
        inside.CopyTo(buffer.AsSpan(1));
        buffer[inside.Length + 1] = (byte)'"';
        writer.WriteRawValue(buffer.AsSpan(0, inside.Length + 2), skipInputValidation: true);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>The same as a member.</summary>
    public static void WriteInside(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> inside)
    {
        writer.WritePropertyName(name);
        writer.WriteInside(inside);
    }

    /// <summary>Text in UTF-8 as the inside of a JSON string.</summary>
    public static ReadOnlySpan<byte> Quoted(ReadOnlySpan<byte> utf8) => JsonEncodedText.Encode(utf8, Writing.Encoder).EncodedUtf8Bytes;

    /// <summary>The inside of a text member; empty where it is absent or something else.</summary>
    public static ReadOnlySpan<byte> InsideOf(this JsonElement value, ReadOnlySpan<byte> name) =>
        value.Member(name, JsonValueKind.String) is { } text ? Inside(text) : default;

    /// <summary>Characters (code points) of the inside of a JSON string.</summary>
    public static long Characters(ReadOnlySpan<byte> inside)
    {
        long characters = 0;
        for (var i = 0; i < inside.Length; i++)
        {
            var b = inside[i];
            if (b != (byte)'\\')
            {
                // Bytes that continue a character do not begin one.
                characters += (b & 0xC0) == 0x80 ? 0 : 1;
                continue;
            }

            i++;
            if (inside[i] != (byte)'u')
            {
                characters++;
                continue;
            }

            // The second half of a surrogate pair belongs to the first.
            characters += inside[i + 1] is (byte)'d' or (byte)'D' && (inside[i + 2] | 0x20) is >= (byte)'c' and <= (byte)'f' ? 0 : 1;
            i += 4;
        }

        return characters;
    }
}
