using System.Text;
using System.Text.Unicode;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// Counts the tokens of a text that arrives in parts, cut anywhere, also within a code point: exactly what
/// <see cref="Tokenizer.Count(ReadOnlySpan{byte})"/> says of the whole. Keeps a kilobyte of the text, and once a piece of it (a word, a run of
/// blanks) is longer, some kilobytes of the state of counting it; allocates nothing else. Not for several threads at once.
/// </summary>
public sealed class TokenCounter
{
    private const int Kept = 1024;

    // Room for what the longest code point, or U+FFFD for an invalid one, may need beyond what is kept.
    private const int Spare = 8;
    private const int PartialBytes = 4;
    private readonly TextEncoder _encoder;
    private readonly byte[] _buffer = new byte[Kept + Spare];
    private readonly byte[] _partial = new byte[PartialBytes];
    private LongPiece? _long;
    private LongPiece? _longNow;
    private long _closed;
    private int _length;
    private int _partialLength;

    /// <summary>Counts by one encoding.</summary>
    public TokenCounter(Tokenizer tokenizer)
        : this((tokenizer ?? throw new ArgumentNullException(nameof(tokenizer))).Encoder)
    {
    }

    internal TokenCounter(TextEncoder encoder) => _encoder = encoder;

    internal TextEncoder Encoder => _encoder;

    /// <summary>The number of tokens that nothing to come can change; never above <see cref="Count"/>.</summary>
    internal long Closed => _closed;

    /// <summary>The number of tokens of all that was appended, as if the text ended here.</summary>
    public long Count
    {
        get
        {
            var length = _length;
            if (_partialLength > 0)
            {
                "\uFFFD"u8.CopyTo(_buffer.AsSpan(length));
                length += 3;
            }

            ReadOnlySpan<byte> rest = _buffer.AsSpan(0, length);
            var count = _closed;
            if (_long is { IsOpen: true })
            {
                _longNow ??= new LongPiece(_encoder.Vocabulary);
                _longNow.CopyFrom(_long);
                rest = rest[_longNow.Take(rest, final: true, out var tokens)..];
                count += tokens;
            }

            return count + _encoder.Count(rest, final: true, int.MaxValue, out _);
        }
    }

    /// <summary>Begins a new text.</summary>
    public void Reset()
    {
        (_closed, _length, _partialLength) = (0, 0, 0);
        _long?.Close();
    }

    /// <summary>Continues the text.</summary>
    /// <param name="utf8">
    /// Any bytes. Each longest invalid part of the text counts as one U+FFFD, as .NET's decoder and the WHATWG's have it.
    /// </param>
    public void Append(ReadOnlySpan<byte> utf8)
    {
        while (!utf8.IsEmpty)
        {
            utf8 = utf8[Fill(utf8)..];
            CountClosed();
        }
    }

    /// <summary>Moves bytes into the buffer, valid; how many.</summary>
    private int Fill(ReadOnlySpan<byte> utf8)
    {
        if (_partialLength > 0)
        {
            return FillPartial(utf8[0]);
        }

        var part = utf8[..Math.Min(utf8.Length, Kept - _length)];
        part = part[..^IncompleteEnd(part)];
        if (!part.IsEmpty && Utf8.IsValid(part))
        {
            part.CopyTo(_buffer.AsSpan(_length));
            _length += part.Length;
            return part.Length;
        }

        return FillRunes(utf8);
    }

    /// <summary>Moves runes one by one, as many as there is room for.</summary>
    private int FillRunes(ReadOnlySpan<byte> utf8)
    {
        var taken = 0;
        while (taken < utf8.Length && _length < Kept)
        {
            var status = Rune.DecodeFromUtf8(utf8[taken..], out var rune, out var length);
            if (status == System.Buffers.OperationStatus.NeedMoreData)
            {
                utf8[taken..].CopyTo(_partial);
                _partialLength = length;
                return utf8.Length;
            }

            // An invalid part is decoded to U+FFFD.
            _length += rune.EncodeToUtf8(_buffer.AsSpan(_length));
            taken += length;
        }

        return taken;
    }

    /// <summary>Continues a code point that was cut; how many bytes were taken, 0 or 1.</summary>
    private int FillPartial(byte next)
    {
        _partial[_partialLength] = next;
        var status = Rune.DecodeFromUtf8(_partial.AsSpan(0, _partialLength + 1), out var rune, out var length);
        if (status == System.Buffers.OperationStatus.NeedMoreData)
        {
            _partialLength++;
            return 1;
        }

        _length += rune.EncodeToUtf8(_buffer.AsSpan(_length));
        var taken = length - _partialLength;
        _partialLength = 0;
        return taken;
    }

    /// <summary>How many bytes at the end begin a code point that is longer; 0 where the end is that of a code point or invalid.</summary>
    private static int IncompleteEnd(ReadOnlySpan<byte> utf8)
    {
        for (var back = 1; back < PartialBytes && back <= utf8.Length; back++)
        {
            var b = utf8[^back];
            if (b >= 0xC0)
            {
                var whole = b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
                return whole > back ? back : 0;
            }

            if (b < 0x80)
            {
                break;
            }
        }

        return 0;
    }

    private void CountClosed()
    {
        var at = 0;
        if (_long is { IsOpen: true })
        {
            at = _long.Take(_buffer.AsSpan(0, _length), final: false, out var tokens);
            _closed += tokens;
        }

        if (_long is not { IsOpen: true })
        {
            _closed += _encoder.Count(_buffer.AsSpan(at, _length - at), final: false, int.MaxValue, out var taken);
            at += taken;
            if (_length - at >= Kept)
            {
                _long ??= new LongPiece(_encoder.Vocabulary);
                at += _encoder.Open(_long, _buffer.AsSpan(at, _length - at));
                at += _long.Take(_buffer.AsSpan(at, _length - at), final: false, out _);
            }
        }

        _buffer.AsSpan(at, _length - at).CopyTo(_buffer);
        _length -= at;
    }
}
