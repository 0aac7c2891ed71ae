using System.Numerics;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// Counts the tokens of a piece byte by byte, in constant memory: of every prefix the last token of its encoding and their number. The last token
/// of a prefix is the one token it ends with that can stand beside the last token of what comes before it; so only as many prefixes
/// are kept as the longest token has bytes. Any order of trying finds that token: the length that followed the same lengths before is tried first,
/// so that what repeats itself costs one try a byte; at worst there are as many as tokens of different lengths that the prefix ends with.
/// </summary>
internal sealed class PrefixCounter(Vocabulary tokens)
{
    private const int Kept = Vocabulary.MaxTokenBytes;
    private const int GuessBits = 10;

    private readonly int[] _last = new int[Kept];
    private readonly int[] _counts = new int[Kept];
    private readonly int[] _lengths = new int[Kept];
    private readonly byte[] _window = new byte[4 * Kept];
    private readonly byte[] _guesses = new byte[1 << GuessBits];
    private ulong _history;
    private int _windowEnd;
    private int _length;
    private int _lastLength;
    private int _period;

    /// <summary>The number of tokens of all bytes so far.</summary>
    public int Tokens { get; private set; }

    /// <summary>The bytes of the last token of all bytes so far.</summary>
    public int LastLength => _lastLength;

    /// <summary>How many tokens were tried since it was made: the measure of its work.</summary>
    public long Tried { get; private set; }

    /// <summary>The number of tokens of a piece by itself.</summary>
    public int Count(ReadOnlySpan<byte> piece)
    {
        Clear();
        Append(piece);
        return Tokens;
    }

    /// <summary>Begins an empty piece.</summary>
    public void Clear() => (_length, _windowEnd, _lastLength, _period, _history, Tokens) = (0, 0, 0, 0, 0, 0);

    /// <summary>Takes over what another one is at.</summary>
    public void CopyFrom(PrefixCounter other)
    {
        other._last.CopyTo(_last, 0);
        other._counts.CopyTo(_counts, 0);
        other._lengths.CopyTo(_lengths, 0);
        other._window.CopyTo(_window, 0);
        (_length, _windowEnd, _lastLength, _period, _history, Tokens) =
            (other._length, other._windowEnd, other._lastLength, other._period, other._history, other.Tokens);
    }

    /// <summary>Continues the piece.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            Append(b);
        }
    }

    private void Append(byte b)
    {
        if (_windowEnd == _window.Length)
        {
            _window.AsSpan(_windowEnd - Kept).CopyTo(_window);
            _windowEnd = Kept;
        }

        _window[_windowEnd++] = b;
        _length = checked(_length + 1);
        var most = Math.Min(_length, Kept);

        // The last eight lengths and the byte say enough of where in a pattern this is.
        ref var guess = ref _guesses[(int)(Words.Spread(Words.Spread(_history) ^ b) >> (64 - GuessBits))];
        if (guess == 0 || guess > most || !TryLast(guess))
        {
            FindLast(most);
            guess = (byte)_lastLength;
        }

        _history = (_history << 8) | (uint)_lastLength;
    }

    private void FindLast(int most)
    {
        // In runs of one character it is that of the byte before and this one.
        if (_lastLength < most && TryLast(_lastLength + 1))
        {
            return;
        }

        // In what repeats itself, that of the prefix shorter by the token that stood beside itself.
        if (_period > 0 && _lengths[(_length - _period) % Kept] is var again && again <= most && TryLast(again))
        {
            return;
        }

        var lengths = tokens.SuffixLengths(_window.AsSpan(_windowEnd - most, most));
        if (lengths >= 1UL << LengthFilter.Many)
        {
            for (var length = most; length >= LengthFilter.Many; length--)
            {
                if (TryLast(length))
                {
                    return;
                }
            }
        }

        lengths = LengthFilter.UpTo(lengths, most);
        while (lengths != 0)
        {
            var length = BitOperations.Log2(lengths);
            if (TryLast(length))
            {
                return;
            }

            lengths ^= 1UL << length;
        }

        throw new InvalidOperationException("A prefix has no last token: the vocabulary is not one of merges.");
    }

    /// <summary>Whether the last so many bytes are the last token; notes it.</summary>
    private bool TryLast(int length)
    {
        Tried++;
        var id = tokens.FindRare(_window.AsSpan(0, _windowEnd), _windowEnd - length, length);
        if (id < 0)
        {
            return false;
        }

        var before = _length - length;
        var count = 0;
        if (before > 0)
        {
            if (!tokens.CanAdjoin(_last[before % Kept], id))
            {
                return false;
            }

            count = _counts[before % Kept];
            _period = _last[before % Kept] == id ? length : _period;
        }

        _last[_length % Kept] = id;
        _lengths[_length % Kept] = _lastLength = length;
        Tokens = _counts[_length % Kept] = count + 1;
        return true;
    }
}
