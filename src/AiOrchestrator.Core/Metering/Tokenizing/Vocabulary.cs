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

    /// <summary>The first tokens are the single bytes, in any order.</summary>
    public const int ByteTokens = 256;

    private const int EntryBytes = 6;
    private static uint s_made;
    private readonly uint _number = Interlocked.Increment(ref s_made);
    private readonly TokenHalves[] _halves;
    private readonly TokenBytes _bytes;
    private readonly TokenTable _tokens;
    private readonly PairTable _pairs;
    private readonly LengthFilter _prefixes;
    private readonly LengthFilter _suffixes;

    // This and what it calls is compiled well at once: it runs when the first request waits.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Vocabulary(ReadOnlySpan<byte> resource)
    {
        var singles = resource.Slice(sizeof(int), ByteTokens);
        var entries = resource[(sizeof(int) + ByteTokens)..];
        _halves = new TokenHalves[BinaryPrimitives.ReadInt32LittleEndian(resource)];
        for (var id = ByteTokens; id < _halves.Length; id++)
        {
            var entry = entries.Slice((id - ByteTokens) * EntryBytes, EntryBytes);
            _halves[id] = new TokenHalves(entry[0] | (entry[1] << 8) | (entry[2] << 16), entry[3] | (entry[4] << 8) | (entry[5] << 16));
        }

        // A request waits for this: the tables that need nothing of each other are built beside each other.
        PairTable? pairs = null;
        var beside = new Thread(() => pairs = new PairTable(_halves));
        beside.Start();
        _bytes = new TokenBytes(_halves, singles);
        _tokens = new TokenTable(_bytes);
        (_prefixes, _suffixes) = LengthFilter.Of(_bytes);
        beside.Join();
        _pairs = pairs!;
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

    /// <summary>The same, where most often there is none.</summary>
    /// <param name="text">What they are part of.</param>
    /// <param name="start">Where they begin.</param>
    /// <param name="length">How many, at least one.</param>
    public int FindRare(ReadOnlySpan<byte> text, int start, int length) => _tokens.FindRare(text, start, length);

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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool CanAdjoin(int left, int right)
    {
        var key = AdjoinMemo.Key(_number, left, right);
        ref var slot = ref AdjoinMemo.Slot(key);
        if (slot >> 1 != key >> 1)
        {
            slot = FindAdjoin(left, right) ? key | 1 : key;
        }

        return (slot & 1) != 0;
    }

    private bool FindAdjoin(int left, int right)
    {
        var limit = int.MaxValue;
        while (true)
        {
            unchecked
            {
                // What is no pair is -1, which as unsigned is above every limit.
                if ((uint)_pairs.Find(left, right) < (uint)limit)
                {
                    return false;
                }

                var later = Math.Max(left, right);
                if (later < ByteTokens)
                {
                    return true;
                }

                // All bits where the left token is the later one; which it is, is a coin toss that no processor guesses.
                var (leftHalf, rightHalf) = _halves[later];
                var isLeft = (right - left) >> 31;
                limit = later + 1 + isLeft;
                left ^= (left ^ rightHalf) & isLeft;
                right ^= (right ^ leftHalf) & ~isLeft;
            }
        }
    }
}
