using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;

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
        foreach (var hash in _byFirstWord.Keys)
        {
            _filter[Slot(hash)] |= 1UL << (int)(hash & 63);
        }

        _otherWords = [.. words.Select(static (word, index) => (word, index)).Where(static w => !IsOfWord(w.word[0])).Select(static w => w.index)];
        _others = _otherWords.Length == 0 ? null : SearchValues.Create([.. _otherWords.Select(i => words[i])], StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>How many 64-bit words hold a bit for each keyword.</summary>
    public int Length => (_words.Length + 63) / 64;

    /// <summary>Whether a keyword was found.</summary>
    public static bool Has(ReadOnlySpan<ulong> found, int keyword) => (found[keyword >> 6] >> (keyword & 63) & 1) != 0;

    /// <summary>Sets the bit of each keyword that a text holds.</summary>
    public void Find(ReadOnlySpan<char> text, Span<ulong> found)
    {
        if (_byFirstWord.Count > 0)
        {
            FindWords(text, found);
        }

        if (_others is null)
        {
            return;
        }

        for (var from = 0; from < text.Length; from++)
        {
            var next = text[from..].IndexOfAny(_others);
            if (next < 0)
            {
                return;
            }

            from += next;
            FindAt(text, from, _otherWords, found);
        }
    }

    /// <summary>Walks from word to word; whether keywords begin with one is asked of a table by its hash.</summary>
    private void FindWords(ReadOnlySpan<char> text, Span<ulong> found)
    {
        for (var at = 0; at < text.Length;)
        {
            var (end, hash) = FirstWord(text, at);
            if (end == at)
            {
                at++;
                continue;
            }

            if ((_filter[Slot(hash)] >> (int)(hash & 63) & 1) != 0 && _byFirstWord.TryGetValue(hash, out var candidates))
            {
                FindAt(text, at, candidates, found);
            }

            at = end;
        }
    }

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

    private int Slot(uint hash) => (int)(hash >> 6) & (_filter.Length - 1);

    /// <summary>Where the word that begins at a place ends, and its hash (FNV-1a, whatever its case); an empty one where none begins.</summary>
    private static (int End, uint Hash) FirstWord(ReadOnlySpan<char> text, int at)
    {
        var (end, hash) = (at, HashStart);
        var folded = Folded;
        while (end < text.Length)
        {
            uint c = text[end];
            if (c < (uint)folded.Length)
            {
                c = folded[c];
                if (c == 0)
                {
                    break;
                }
            }
            else if (IsOfWord((char)c))
            {
                c = char.ToUpperInvariant((char)c);
            }
            else
            {
                break;
            }

            hash = unchecked((hash ^ c) * HashFactor);
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

    private static bool IsOfWord(char c) => char.IsAscii(c)
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
