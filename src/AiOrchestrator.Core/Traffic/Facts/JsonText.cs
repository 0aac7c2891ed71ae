using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Facts;

/// <summary>Undoes the escapes of a JSON text without ever refusing one: what is no text (half a surrogate pair, bytes that are not UTF-8) is passed over or replaced.</summary>
internal static class JsonText
{
    /// <summary>Whether the name or text a reader stands on is a word; what is no text is none.</summary>
    /// <param name="reader">Stands on a name or a text.</param>
    /// <param name="word">ASCII, at most 32 characters.</param>
    public static bool Says(ref Utf8JsonReader reader, ReadOnlySpan<byte> word)
    {
        var raw = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
        {
            return raw.SequenceEqual(word);
        }

        if (raw.Length > word.Length * 6)
        {
            return false;
        }

        Span<char> text = stackalloc char[raw.Length];
        return Ascii.Equals(word, text[..Decode(raw, text)]);
    }

    /// <summary>Writes the characters of a text as it stands between its quotes.</summary>
    /// <param name="raw">The bytes between the quotes.</param>
    /// <param name="into">As many characters as there are bytes, or more.</param>
    /// <returns>Characters written.</returns>
    public static int Decode(ReadOnlySpan<byte> raw, Span<char> into)
    {
        var written = 0;
        while (!raw.IsEmpty)
        {
            var plain = raw.IndexOf((byte)'\\');
            if (plain < 0)
            {
                return written + Encoding.UTF8.GetChars(raw, into[written..]);
            }

            written += Encoding.UTF8.GetChars(raw[..plain], into[written..]);
            raw = raw[plain..];
            raw = raw[JsonEscape.Read(raw, out var unit)..];
            if (!char.IsSurrogate(unit))
            {
                into[written++] = unit;
            }
            else if (char.IsHighSurrogate(unit) && !raw.IsEmpty && raw[0] == '\\' && JsonEscape.Read(raw, out var low) is var taken && char.IsLowSurrogate(low))
            {
                into[written++] = unit;
                into[written++] = low;
                raw = raw[taken..];
            }
        }

        return written;
    }

    /// <summary>The first place at or behind an offset where a text can be cut: neither within an escape nor within a character; its length where there is none.</summary>
    public static int SafeCut(ReadOnlySpan<byte> raw, int from)
    {
        var at = 0;
        while (at < from && raw[at..from].IndexOf((byte)'\\') is var next and >= 0)
        {
            at += next;
            at += at + 1 < raw.Length && raw[at + 1] == 'u' ? 6 : 2;
        }

        at = Math.Min(raw.Length, Math.Max(at, from));
        while (at < raw.Length && (raw[at] & 0xC0) == 0x80)
        {
            at++;
        }

        return at;
    }
}
