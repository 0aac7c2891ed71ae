using System.Text;
using AiOrchestrator.Core.Metering.Tokenizing;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>
/// Hands the text of JSON strings to a counter, escapes replaced, a piece at a time: no string is made of it. Strings may be cut into any
/// number of values (deltas of a stream), also between the two escapes of a surrogate pair; half a pair without the other is U+FFFD.
/// </summary>
internal struct JsonText
{
    private const int PieceBytes = 512;
    private char _high;

    /// <summary>Continues a text with the inside of a JSON string.</summary>
    /// <param name="json">What stands between the quotes, valid JSON.</param>
    /// <param name="counter">Takes the text.</param>
    /// <returns>Bytes of the text, in UTF-8.</returns>
    public long Append(ReadOnlySpan<byte> json, TokenCounter counter)
    {
        if (_high == 0 && !json.Contains((byte)'\\'))
        {
            counter.Append(json);
            return json.Length;
        }

        Span<byte> piece = stackalloc byte[PieceBytes];
        var bytes = 0L;
        while (!json.IsEmpty)
        {
            var length = 0;
            json = json[Fill(json, piece, ref length)..];
            counter.Append(piece[..length]);
            bytes += length;
        }

        return bytes;
    }

    /// <summary>Ends a text: what waits for its other half will not get it.</summary>
    public long End(TokenCounter counter)
    {
        if (_high == 0)
        {
            return 0;
        }

        _high = '\0';
        counter.Append("\uFFFD"u8);
        return 3;
    }

    private int Fill(ReadOnlySpan<byte> json, Span<byte> piece, ref int length)
    {
        var taken = 0;

        // Room for U+FFFD of a half before, and the longest code point.
        while (taken < json.Length && length <= piece.Length - 8)
        {
            if (json[taken] == (byte)'\\')
            {
                taken += JsonEscape.Read(json[taken..], out var unit);
                Put(unit, piece, ref length);
                continue;
            }

            LoseHalf(piece, ref length);
            var plain = json[taken..];
            var next = plain.IndexOf((byte)'\\');
            plain = plain[..Math.Min(next < 0 ? plain.Length : next, piece.Length - length)];
            plain.CopyTo(piece[length..]);
            length += plain.Length;
            taken += plain.Length;
        }

        return taken;
    }

    private void Put(char unit, Span<byte> piece, ref int length)
    {
        if (_high != 0 && char.IsLowSurrogate(unit))
        {
            length += new Rune(_high, unit).EncodeToUtf8(piece[length..]);
            _high = '\0';
            return;
        }

        LoseHalf(piece, ref length);
        if (char.IsHighSurrogate(unit))
        {
            _high = unit;
            return;
        }

        length += (Rune.TryCreate(unit, out var rune) ? rune : Rune.ReplacementChar).EncodeToUtf8(piece[length..]);
    }

    private void LoseHalf(Span<byte> piece, ref int length)
    {
        if (_high != 0)
        {
            _high = '\0';
            "\uFFFD"u8.CopyTo(piece[length..]);
            length += 3;
        }
    }
}
