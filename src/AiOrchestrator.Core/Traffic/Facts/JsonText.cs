using System.Text;
using System.Text.Json;

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
            raw = raw[Escape(raw, into, ref written)..];
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

    /// <summary>Writes what an escape means; gives the bytes it takes.</summary>
    private static int Escape(ReadOnlySpan<byte> raw, Span<char> into, ref int written)
    {
        if (raw.Length < 2)
        {
            return raw.Length;
        }

        if (raw[1] == 'u')
        {
            return Unicode(raw, into, ref written);
        }

        into[written++] = raw[1] switch
        {
            (byte)'n' => '\n',
            (byte)'t' => '\t',
            (byte)'r' => '\r',
            (byte)'b' => '\b',
            (byte)'f' => '\f',
            var other => other < 0x80 ? (char)other : ' ',
        };
        return 2;
    }

    private static int Unicode(ReadOnlySpan<byte> raw, Span<char> into, ref int written)
    {
        var first = Unit(raw);
        if (first < 0)
        {
            return Math.Min(6, raw.Length);
        }

        if (!char.IsSurrogate((char)first))
        {
            into[written++] = (char)first;
            return 6;
        }

        var second = Unit(raw[6..]);
        if (char.IsHighSurrogate((char)first) && second >= 0 && char.IsLowSurrogate((char)second))
        {
            into[written++] = (char)first;
            into[written++] = (char)second;
            return 12;
        }

        return 6;
    }

    /// <summary>The unit that <c>\uXXXX</c> at the beginning means; -1 for none.</summary>
    private static int Unit(ReadOnlySpan<byte> raw)
    {
        if (raw.Length < 6 || raw[0] != '\\' || raw[1] != 'u')
        {
            return -1;
        }

        var unit = 0;
        foreach (var digit in raw[2..6])
        {
            if (!char.IsAsciiHexDigit((char)digit))
            {
                return -1;
            }

            unit = (unit << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        return unit;
    }
}
