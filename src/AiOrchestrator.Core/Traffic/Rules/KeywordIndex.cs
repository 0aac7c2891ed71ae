using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>
/// All words and phrases that the rules of an organisation ask for, found in a text in one pass: a rule then looks up a bit. A word is found in any case and
/// only whole: with no letter or digit beside its own. In scripts that put no spaces between words any place is whole.
/// </summary>
internal sealed class KeywordIndex
{
    private const uint HashStart = 2_166_136_261;
    private const uint HashFactor = 16_777_619;
    private const int FilterBitsPerWord = 32;

    /// <summary>Characters of a word that the filter looks at.</summary>
    private const int PrefixChars = 4;

    /// <summary>ASCII as it is hashed: letters without their case, digits and the underscore; 0 for what is of no word.</summary>
    private static readonly byte[] Folded = [.. Enumerable.Range(0, 128).Select(static c => (byte)(IsOfWord((char)c) ? c | 0x20 : 0))];

    private readonly string[] _words;
    private readonly ulong[] _filter;
    private readonly FrozenDictionary<uint, int[]> _byFirstWord;

    /// <summary>Those that do not begin with a word: signs, and scripts without spaces.</summary>
    private readonly SearchValues<string>? _others;
    private readonly int[] _otherWords;

    private KeywordIndex(string[] words)
    {
        _words = words;
        var worded = words.Select(static (word, index) => (word, index)).Where(static w => IsOfWord(w.word[0])).ToLookup(static w => FirstWord(w.word, 0).Hash, static w => w.index);
        _byFirstWord = worded.ToFrozenDictionary(static g => g.Key, static g => g.ToArray());
        _filter = new ulong[BitOperations.RoundUpToPowerOf2((uint)Math.Max(_byFirstWord.Count * FilterBitsPerWord / 64, 1))];
        foreach (var word in words.Where(static w => IsOfWord(w[0])))
        {
            var slot = Slot(Prefix(word, 0, Math.Min(FirstWord(word, 0).End, PrefixChars)));
            _filter[slot >> 6] |= 1UL << slot;
        }

        _otherWords = [.. words.Select(static (word, index) => (word, index)).Where(static w => !IsOfWord(w.word[0])).Select(static w => w.index)];
        _others = _otherWords.Length == 0 ? null : SearchValues.Create([.. _otherWords.Select(i => words[i])], StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>How many 64-bit words hold a bit for each keyword.</summary>
    public int Length => (_words.Length + 63) / 64;

    /// <summary>Whether a keyword was found.</summary>
    public static bool Has(ReadOnlySpan<ulong> found, int keyword) => (found[keyword >> 6] >> (keyword & 63) & 1) != 0;

    /// <summary>Sets the bit of each keyword that a text holds, beginning before a place.</summary>
    public void Find(ReadOnlySpan<char> text, int until, Span<ulong> found)
    {
        if (_byFirstWord.Count > 0)
        {
            FindWords(text, until, found);
        }

        if (_others is null)
        {
            return;
        }

        for (var from = 0; from < until; from++)
        {
            var next = text[from..].IndexOfAny(_others);
            if (next < 0 || from + next >= until)
            {
                return;
            }

            from += next;
            FindAt(text, from, _otherWords, found);
        }
    }

    /// <summary>
    /// Goes from word to word. Whether a keyword may begin with one is asked of a filter by the word's first characters, which nearly every word ends at; then of a
    /// table by the hash of the whole.
    /// </summary>
    private void FindWords(ReadOnlySpan<char> text, int until, Span<ulong> found)
    {
        var isInWord = false;
        for (var block = 0; block < until; block += WordMask.Chars)
        {
            var mask = WordMask.Of(text[block..]);
            var starts = mask & ~(mask << 1 | (isInWord ? 1UL : 0));
            isInWord = mask >> 63 != 0;
            for (; starts != 0; starts &= starts - 1)
            {
                var bit = BitOperations.TrailingZeroCount(starts);
                var at = block + bit;
                if (at >= until)
                {
                    return;
                }

                var slot = Slot(Prefix(text, at, PrefixLength(text, at, BitOperations.TrailingZeroCount(~(mask >> bit)), bit)));
                if ((_filter[slot >> 6] >> slot & 1) != 0 && _byFirstWord.TryGetValue(FirstWord(text, at).Hash, out var candidates))
                {
                    FindAt(text, at, candidates, found);
                }
            }
        }
    }

    /// <summary>How much of a word's beginning is looked at: a word at the end of a block may go on in the next.</summary>
    private static int PrefixLength(ReadOnlySpan<char> text, int at, int run, int bit)
    {
        var length = Math.Min(run, PrefixChars);
        if (bit + length == WordMask.Chars)
        {
            while (length < PrefixChars && at + length < text.Length && IsOfWord(text[at + length]))
            {
                length++;
            }
        }

        return length;
    }

    /// <summary>The first characters of a word, without their case, in one number.</summary>
    private static ulong Prefix(ReadOnlySpan<char> text, int at, int length)
    {
        if (at + PrefixChars <= text.Length)
        {
            var four = MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(text.Slice(at, PrefixChars))) & (ulong.MaxValue >> (64 - (length * 16)));
            if ((four & 0xFF80_FF80_FF80_FF80) == 0)
            {
                return (four | 0x0020_0020_0020_0020) & (ulong.MaxValue >> (64 - (length * 16)));
            }
        }

        var prefix = 0UL;
        for (var i = 0; i < length; i++)
        {
            prefix |= (ulong)Fold(text[at + i]) << (i * 16);
        }

        return prefix;
    }

    /// <summary>A letter without its case, as two that are equal have it.</summary>
    private static uint Fold(char c) => char.IsAscii(c) ? Folded[c] : char.ToUpperInvariant(c);

    private void FindAt(ReadOnlySpan<char> text, int at, int[] candidates, Span<ulong> found)
    {
        foreach (var candidate in candidates)
        {
            if (!Has(found, candidate) && IsWholeAt(text, at, _words[candidate]))
            {
                found[candidate >> 6] |= 1UL << (candidate & 63);
            }
        }
    }

    private int Slot(ulong prefix) => (int)(unchecked(prefix * 0x9E37_79B9_7F4A_7C15) >> 40) & ((_filter.Length * 64) - 1);

    /// <summary>Where the word that begins at a place ends, and its hash (FNV-1a, whatever its case); an empty one where none begins.</summary>
    private static (int End, uint Hash) FirstWord(ReadOnlySpan<char> text, int at)
    {
        var (end, hash) = (at, HashStart);
        while (end < text.Length && IsOfWord(text[end]))
        {
            hash = unchecked((hash ^ Fold(text[end])) * HashFactor);
            end++;
        }

        return (end, hash);
    }

    private static bool IsWholeAt(ReadOnlySpan<char> text, int at, string word)
    {
        var end = at + word.Length;
        return text[at..].StartsWith(word, StringComparison.OrdinalIgnoreCase)
            && (at == 0 || !(IsOfWord(text[at - 1]) && IsOfWord(text[at])))
            && (end == text.Length || !(IsOfWord(text[end]) && IsOfWord(text[end - 1])));
    }

    /// <summary>Whether a character is of a word: a letter, a digit, a mark or an underscore.</summary>
    internal static bool IsOfWord(char c) => char.IsAscii(c)
        ? char.IsAsciiLetterOrDigit(c) || c == '_'
        : !IsWrittenWithoutSpaces(c) && char.GetUnicodeCategory(c) is
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    /// <summary>Thai, Lao, Burmese, Khmer; Chinese, Japanese; and Korean, which joins its particles to words.</summary>
    private static bool IsWrittenWithoutSpaces(char c) =>
        c is (>= '\u0E00' and <= '\u0EFF') or (>= '\u1000' and <= '\u109F') or (>= '\u1780' and <= '\u17FF') or (>= '\u2E80' and <= '\uA4CF') or (>= '\uAC00' and <= '\uD7AF')
            or (>= '\uF900' and <= '\uFAFF');

    /// <summary>Gathers keywords while rules are compiled.</summary>
    internal sealed class Builder
    {
        private readonly Dictionary<string, int> _words = new(StringComparer.OrdinalIgnoreCase);

        /// <summary>The number of a keyword.</summary>
        public int Add(string word)
        {
            if (!_words.TryGetValue(word, out var index))
            {
                _words.Add(word, index = _words.Count);
            }

            return index;
        }

        /// <summary>Finds all that were added.</summary>
        public KeywordIndex Build() => new([.. _words.OrderBy(static w => w.Value).Select(static w => w.Key)]);
    }
}
