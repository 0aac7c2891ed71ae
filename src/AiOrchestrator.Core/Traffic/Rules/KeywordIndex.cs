using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>
/// All words and phrases that the rules of an organisation ask for, found in a text in one pass: a rule then looks up a bit. A word is found in any case and
/// only whole: with no letter or digit beside its own. In scripts that put no spaces between words any place is whole.
/// </summary>
internal sealed class KeywordIndex
{
    private readonly string[] _words;
    private readonly SearchValues<string>? _any;
    private readonly FrozenDictionary<char, int[]> _byFirst;

    private KeywordIndex(string[] words)
    {
        _words = words;
        _any = words.Length == 0 ? null : SearchValues.Create(words, StringComparison.OrdinalIgnoreCase);
        _byFirst = words.Select(static (word, index) => (First: char.ToUpperInvariant(word[0]), index))
            .GroupBy(static w => w.First, static w => w.index).ToFrozenDictionary(static g => g.Key, static g => g.ToArray());
    }

    /// <summary>How many 64-bit words hold a bit for each keyword.</summary>
    public int Length => (_words.Length + 63) / 64;

    /// <summary>Whether a keyword was found.</summary>
    public static bool Has(ReadOnlySpan<ulong> found, int keyword) => (found[keyword >> 6] >> (keyword & 63) & 1) != 0;

    /// <summary>Sets the bit of each keyword that a text holds.</summary>
    public void Find(ReadOnlySpan<char> text, Span<ulong> found)
    {
        if (_any is null)
        {
            return;
        }

        for (var from = 0; from < text.Length; from++)
        {
            var next = text[from..].IndexOfAny(_any);
            if (next < 0)
            {
                return;
            }

            from += next;
            if (!_byFirst.TryGetValue(char.ToUpperInvariant(text[from]), out var candidates))
            {
                continue;
            }

            foreach (var candidate in candidates)
            {
                if (!Has(found, candidate) && IsWholeAt(text, from, _words[candidate]))
                {
                    found[candidate >> 6] |= 1UL << (candidate & 63);
                }
            }
        }
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
