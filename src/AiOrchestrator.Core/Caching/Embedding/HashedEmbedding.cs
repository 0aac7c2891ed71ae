namespace AiOrchestrator.Core.Caching.Embedding;

/// <summary>
/// The embedding that comes along: words, pairs of words and pieces of words of three and four letters, each added by its hash to one of 512 numbers with a
/// sign. Knows no meaning, so it finds what is said in nearly the same words, in any language; needs no model and no network. The same text has the same
/// vector for ever: whatever changes one is another embedding with another <see cref="Id"/>.
/// </summary>
internal sealed class HashedEmbedding : IEmbedding
{
    /// <summary>Numbers in a vector.</summary>
    public const int Size = 512;

    /// <summary>What is longer is read up to here: what it costs is bounded, and texts of that length are rarely asked twice.</summary>
    public const int MaxChars = 8192;

    private const int LongestWord = 64;
    private const float WordWeight = 1f;
    private const float PairWeight = 0.25f;
    private const float PiecesWeight = 1.3f;
    private const ulong PairSalt = 0x9E37_79B9_7F4A_7C15;

    /// <inheritdoc/>
    public string Id => "hashed-1";

    /// <inheritdoc/>
    public int Dimensions => Size;

    /// <summary>Writes the vector of a text; allocates nothing.</summary>
    /// <param name="text">Any.</param>
    /// <param name="vector">Takes 512 numbers; all 0 where the text has neither letter nor digit.</param>
    /// <returns>Whether there is anything in the text.</returns>
    public static bool TryWrite(ReadOnlySpan<char> text, Span<float> vector)
    {
        vector = vector[..Size];
        vector.Clear();
        text = text[..Math.Min(text.Length, MaxChars)];
        Span<char> word = stackalloc char[LongestWord + 2];
        Span<ulong> seenHashes = stackalloc ulong[SeenWords.Slots];
        Span<byte> seenCounts = stackalloc byte[SeenWords.Slots];
        seenHashes.Clear();
        seenCounts.Clear();
        var sum = new Sum(vector, new SeenWords(seenHashes, seenCounts));
        var length = 0;
        word[0] = '^';
        foreach (var raw in text)
        {
            var letter = TextFold.Letter(raw);
            if (TextFold.IsMark(letter) || letter == '\'')
            {
                continue;
            }

            var isPart = char.IsLetterOrDigit(letter) || char.IsSurrogate(letter) || char.GetUnicodeCategory(letter) is System.Globalization.UnicodeCategory.SpacingCombiningMark or System.Globalization.UnicodeCategory.NonSpacingMark;
            if (!isPart || length == LongestWord)
            {
                sum.AddWord(word, length);
                length = 0;
            }

            if (!isPart)
            {
                sum.AddSign(letter);
            }
            else if (TextFold.IsUnspaced(letter))
            {
                sum.AddWord(word, length);
                length = 0;
                sum.AddUnspaced(letter);
            }
            else
            {
                word[++length] = letter;
            }
        }

        sum.AddWord(word, length);
        return Normalise(vector);
    }

    /// <inheritdoc/>
    public ValueTask<float[]?> EmbedAsync(string text, CancellationToken cancellation)
    {
        var vector = new float[Size];
        return new(TryWrite(text, vector) ? vector : null);
    }

    /// <summary>Gives it the length 1, one number after the other: the order of a wider sum hangs on the processor, and what is stored must not.</summary>
    private static bool Normalise(Span<float> vector)
    {
        var squares = 0.0;
        foreach (var number in vector)
        {
            squares += (double)number * number;
        }

        if (squares == 0)
        {
            return false;
        }

        var scale = (float)(1 / Math.Sqrt(squares));
        foreach (ref var number in vector)
        {
            number *= scale;
        }

        return true;
    }

    private static ulong Hash(ReadOnlySpan<char> text)
    {
        unchecked
        {
            var hash = 0xCBF2_9CE4_8422_2325UL;
            foreach (var letter in text)
            {
                hash = (hash ^ letter) * 0x0000_0100_0000_01B3UL;
            }

            return Spread(hash);
        }
    }

    /// <summary>Every bit of the outcome hangs on every bit of the number (SplitMix64's last step).</summary>
    private static ulong Spread(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EBUL;
            return z ^ (z >> 31);
        }
    }

    /// <summary>What a text adds up to.</summary>
    private ref struct Sum(Span<float> vector, SeenWords seen)
    {
        private readonly Span<float> _vector = vector;
        private SeenWords _seen = seen;
        private ulong _before;
        private float _weightBefore;
        private char _signBefore;

        /// <summary>Adds a word; nothing where it has no letter.</summary>
        /// <param name="word">A caret, the word, room for one more.</param>
        /// <param name="length">Of the word.</param>
        public void AddWord(Span<char> word, int length)
        {
            if (length == 0)
            {
                return;
            }

            _signBefore = '\0';
            word[length + 1] = '$';
            var bare = word.Slice(1, length);
            var hash = Hash(bare);
            var weight = (StopWords.Contains(bare) ? StopWords.Weight : 1f) * _seen.Damp(hash);
            Add(hash, WordWeight * weight);
            AddPair(hash, weight);
            if (length < 2)
            {
                return;
            }

            // A long word counts for no more than a short one, however many pieces it has.
            var bounded = word[..(length + 2)];
            var pieces = Math.Max(0, bounded.Length - 2) + Math.Max(0, bounded.Length - 3);
            var each = PiecesWeight * weight / MathF.Sqrt(pieces);
            for (var size = 3; size <= 4; size++)
            {
                for (var at = 0; at + size <= bounded.Length; at++)
                {
                    Add(Hash(bounded.Slice(at, size)) ^ (ulong)size, each);
                }
            }
        }

        /// <summary>Adds a character that is a word or a part of one, and the pair it forms with the one before.</summary>
        public void AddUnspaced(char letter)
        {
            var hash = Hash([letter]);
            var weight = 0.6f * _seen.Damp(hash);
            Add(hash, weight);
            AddPair(hash, 2f * weight);
        }

        /// <summary>Adds what is neither letter nor digit, but says something: operators, currencies, brackets of code.</summary>
        public void AddSign(char letter)
        {
            if (letter is ' ' or ',' or '.' or ';' or ':' or '!' or '?' or '"' or '-' or '(' or ')' || char.IsWhiteSpace(letter) || (letter > 0x7F && char.IsPunctuation(letter)))
            {
                _signBefore = '\0';
                return;
            }

            Add(Hash([_signBefore, letter]), 0.5f);
            _signBefore = letter;
        }

        private void AddPair(ulong hash, float weight)
        {
            if (_before != 0)
            {
                unchecked
                {
                    Add(Spread((_before * PairSalt) + hash), PairWeight * MathF.Sqrt(weight * _weightBefore));
                }
            }

            (_before, _weightBefore) = (hash, weight);
        }

        private readonly void Add(ulong hash, float weight) => _vector[(int)(hash & (Size - 1))] += (hash & (1UL << 63)) == 0 ? weight : -weight;
    }

    /// <summary>How often each word was there: the second time adds less than the first. Open addressing; when it is full, a word counts as new.</summary>
    private readonly ref struct SeenWords(Span<ulong> hashes, Span<byte> counts)
    {
        public const int Slots = 256;
        private const int Probes = 8;
        private readonly Span<ulong> _hashes = hashes;
        private readonly Span<byte> _counts = counts;

        public float Damp(ulong hash)
        {
            for (var probe = 0; probe < Probes; probe++)
            {
                var slot = (int)(((hash >> 20) + (ulong)probe) & (Slots - 1));
                if (_counts[slot] == 0 || _hashes[slot] == hash)
                {
                    _hashes[slot] = hash;
                    _counts[slot] = (byte)Math.Min(byte.MaxValue, _counts[slot] + 1);
                    return 1f / _counts[slot];
                }
            }

            return 1f;
        }
    }
}
