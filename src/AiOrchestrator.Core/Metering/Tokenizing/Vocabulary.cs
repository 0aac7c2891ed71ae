using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// The tokens of one encoding, to be found by their bytes and by the two tokens they are made of. Read from a resource that says of each token
/// only its two halves (<c>eng/vocabulary/vocabulary.mjs</c>); immutable.
/// </summary>
internal sealed class Vocabulary
{
    /// <summary>No token is longer, in bytes.</summary>
    public const int MaxTokenBytes = 128;

    private const int EntryBytes = 6;
    private readonly TokenHalves[] _halves;
    private readonly TokenBytes _bytes;
    private readonly TokenTable _tokens;
    private readonly PairTable _pairs;
    private readonly LengthFilter _prefixes = new();
    private readonly LengthFilter _suffixes = new();

    // Compiled well at once: it runs when the first request waits.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Vocabulary(ReadOnlySpan<byte> resource)
    {
        _halves = new TokenHalves[BinaryPrimitives.ReadInt32LittleEndian(resource)];
        for (var id = 0; id < _halves.Length; id++)
        {
            var entry = resource.Slice(sizeof(int) + (id * EntryBytes), EntryBytes);
            _halves[id] = new TokenHalves(entry[0] | (entry[1] << 8) | (entry[2] << 16), entry[3] | (entry[4] << 8) | (entry[5] << 16));
        }

        _bytes = new TokenBytes(_halves);
        var (ones, twos) = (0, 0);
        for (var id = 0; id < _halves.Length; id++)
        {
            var length = _bytes.Length(id);
            ones += length <= Words.Bytes ? 1 : 0;
            twos += length is > Words.Bytes and <= 2 * Words.Bytes ? 1 : 0;
        }

        _tokens = new TokenTable(_bytes, ones, twos, _halves.Length - ones - twos);
        _pairs = new PairTable(_halves.Length);
        for (var id = 0; id < _halves.Length; id++)
        {
            var (left, right) = _halves[id];
            if (right == TokenHalves.None)
            {
                _halves[id] = new TokenHalves(id, id);
            }
            else
            {
                _pairs.Add(left, right, id);
            }

            var bytes = _bytes[id];
            _tokens.Add(id);
            _prefixes.AddPrefix(bytes);
            _suffixes.AddSuffix(bytes);
        }
    }

    /// <summary>How many tokens there are; ids count from 0.</summary>
    public int Count => _halves.Length;

    /// <summary>Reads one.</summary>
    public static Vocabulary Load(string name) => new(TokenResource.Read(name + ".bin"));

    /// <summary>The length of a token in bytes.</summary>
    public int Length(int id) => _bytes.Length(id);

    /// <summary>The bytes of a token.</summary>
    public ReadOnlySpan<byte> Bytes(int id) => _bytes[id];

    /// <summary>The token with these bytes of a text; -1 where there is none.</summary>
    /// <param name="text">What they are part of.</param>
    /// <param name="start">Where they begin.</param>
    /// <param name="length">How many, at least one.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ReadOnlySpan<byte> text, int start, int length) => _tokens.Find(text, start, length);

    /// <summary>The lengths that tokens may have which end as this text does, as bits (<see cref="LengthFilter"/>).</summary>
    public ulong SuffixLengths(ReadOnlySpan<byte> text) => _suffixes.OfSuffix(text);

    /// <summary>The longest token, at most so long, that begins at a place in a text; its length, or 0.</summary>
    public int Longest(ReadOnlySpan<byte> text, int start, int most, out int id)
    {
        most = Math.Min(Math.Min(most, text.Length - start), MaxTokenBytes);
        var lengths = _prefixes.OfPrefix(text[start..]);
        if (lengths >= 1UL << LengthFilter.Many)
        {
            for (; most >= LengthFilter.Many; most--)
            {
                id = _tokens.FindRare(text, start, most);
                if (id >= 0)
                {
                    return most;
                }
            }
        }

        lengths = LengthFilter.UpTo(lengths, most);
        while (lengths != 0)
        {
            var length = BitOperations.Log2(lengths);
            id = _tokens.FindRare(text, start, length);
            if (id >= 0)
            {
                return length;
            }

            lengths ^= 1UL << length;
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
        var halves = _halves;
        var limit = int.MaxValue;
        while (true)
        {
            // What is no pair is -1, which as unsigned is above every limit.
            if (unchecked((uint)_pairs.Find(left, right) < (uint)limit))
            {
                return false;
            }

            if (left > right)
            {
                limit = left;
                left = halves[left].Right;
                if (left == limit)
                {
                    limit = right + 1;
                    right = halves[right].Left;
                    if (right + 1 == limit)
                    {
                        return true;
                    }
                }
            }
            else
            {
                limit = right + 1;
                right = halves[right].Left;
                if (right + 1 == limit)
                {
                    limit = left;
                    left = halves[left].Right;
                    if (left == limit)
                    {
                        return true;
                    }
                }
            }
        }
    }
}
