using System.Buffers.Binary;
using System.Numerics;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// The tokens of one encoding, to be found by their bytes and by the two tokens they are made of. Read from a resource that says of each token
/// only its two halves (<c>eng/vocabulary/vocabulary.mjs</c>); immutable.
/// </summary>
internal sealed class Vocabulary
{
    /// <summary>No token is longer, in bytes.</summary>
    public const int MaxTokenBytes = 128;

    private const int None = 0xFFFFFF;
    private readonly int[] _offsets;
    private readonly byte[] _bytes;
    private readonly int[] _left;
    private readonly int[] _right;
    private readonly WordTable _words;
    private readonly PairTable _pairs;
    private readonly LengthFilter _prefixes = new();
    private readonly LengthFilter _suffixes = new();

    private Vocabulary(ReadOnlySpan<byte> resource)
    {
        var count = BinaryPrimitives.ReadInt32LittleEndian(resource);
        _left = new int[count];
        _right = new int[count];
        _offsets = new int[count + 1];
        for (var id = 0; id < count; id++)
        {
            var halves = resource.Slice(4 + (id * 6), 6);
            _left[id] = halves[0] | (halves[1] << 8) | (halves[2] << 16);
            _right[id] = halves[3] | (halves[4] << 8) | (halves[5] << 16);
            _offsets[id + 1] = _offsets[id] + (_right[id] == None ? 1 : Length(_left[id]) + Length(_right[id]));
        }

        _bytes = new byte[_offsets[count]];
        _words = new WordTable(count);
        _pairs = new PairTable(count);
        for (var id = 0; id < count; id++)
        {
            var target = _bytes.AsSpan(_offsets[id], Length(id));
            if (_right[id] == None)
            {
                target[0] = (byte)_left[id];
                ByteTokens[target[0]] = id;
                _left[id] = _right[id] = id;
            }
            else
            {
                Bytes(_left[id]).CopyTo(target);
                Bytes(_right[id]).CopyTo(target[Length(_left[id])..]);
                _pairs.Add(_left[id], _right[id], id);
            }

            _words.Add(target, id);
            _prefixes.AddPrefix(target);
            _suffixes.AddSuffix(target);
        }
    }

    /// <summary>How many tokens there are; ids count from 0.</summary>
    public int Count => _left.Length;

    /// <summary>The token of each single byte.</summary>
    public int[] ByteTokens { get; } = new int[256];

    /// <summary>Reads one.</summary>
    public static Vocabulary Load(string name) => new(TokenResource.Read(name + ".bin"));

    /// <summary>The length of a token in bytes.</summary>
    public int Length(int id) => _offsets[id + 1] - _offsets[id];

    /// <summary>The bytes of a token.</summary>
    public ReadOnlySpan<byte> Bytes(int id) => _bytes.AsSpan(_offsets[id], Length(id));

    /// <summary>The token with these bytes; -1 where there is none.</summary>
    public int Find(ReadOnlySpan<byte> bytes) => bytes.Length > MaxTokenBytes ? -1 : _words.Find(bytes, this);

    /// <summary>The lengths that tokens have which begin as this text does, as bits: bit n for n bytes, bit 63 for 63 and more.</summary>
    public ulong PrefixLengths(ReadOnlySpan<byte> text) => _prefixes.OfPrefix(text);

    /// <summary>The lengths that tokens have which end as this text does, as bits: bit n for n bytes, bit 63 for 63 and more.</summary>
    public ulong SuffixLengths(ReadOnlySpan<byte> text) => _suffixes.OfSuffix(text);

    /// <summary>The longest token, at most so long, with which a text begins; its length, or 0.</summary>
    public int LongestPrefix(ReadOnlySpan<byte> text, int most, out int id)
    {
        most = Math.Min(Math.Min(most, text.Length), MaxTokenBytes);
        var lengths = PrefixLengths(text);
        for (; most >= LengthFilter.Many && lengths >> LengthFilter.Many != 0; most--)
        {
            id = Find(text[..most]);
            if (id >= 0)
            {
                return most;
            }
        }

        lengths = LengthFilter.UpTo(lengths, most);
        while (lengths != 0)
        {
            var length = BitOperations.Log2(lengths);
            lengths ^= 1UL << length;
            id = Find(text[..length]);
            if (id >= 0)
            {
                return length;
            }
        }

        id = -1;
        return 0;
    }

    /// <summary>
    /// Whether two tokens can stand side by side in an encoding: merging their bytes together gives these two again. A text is encoded by the
    /// one sequence of tokens of which every two neighbours are such a pair.
    /// </summary>
    /// <remarks>
    /// Both tokens are taken apart, the one that was made last first, and each pair that faced the other across the gap is looked up: had
    /// it merged earlier than the token taken apart, the gap would have closed. The method is that of the crate <c>bpe</c>
    /// (github.com/github/rust-gems, <c>is_valid_token_pair</c>).
    /// </remarks>
    public bool CanAdjoin(int left, int right)
    {
        var limit = int.MaxValue;
        while (true)
        {
            if (_pairs.Find(left, right) is var joined and >= 0 && joined < limit)
            {
                return false;
            }

            if (left > right)
            {
                limit = left;
                left = _right[left];
                if (left == limit)
                {
                    limit = right + 1;
                    right = _left[right];
                    if (right + 1 == limit)
                    {
                        return true;
                    }
                }
            }
            else
            {
                limit = right + 1;
                right = _left[right];
                if (right + 1 == limit)
                {
                    limit = left;
                    left = _right[left];
                    if (left == limit)
                    {
                        return true;
                    }
                }
            }
        }
    }
}
