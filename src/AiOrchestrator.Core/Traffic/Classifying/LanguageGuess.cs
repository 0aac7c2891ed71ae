using System.Buffers;
using System.Collections.Frozen;
using System.Numerics;

namespace AiOrchestrator.Core.Traffic.Classifying;

/// <summary>
/// Tells which language a text is in: by its script, within the Latin, Cyrillic and Arabic scripts by the words that every text of a language has and by the letters
/// only some languages have. Knows 37 languages; looks at no more than the first characters.
/// </summary>
internal static class LanguageGuess
{
    /// <summary>What is said where it cannot be told.</summary>
    public const string Unknown = "und";

    /// <summary>Most characters looked at.</summary>
    private const int MaxChars = 2048;

    private const int LongestWord = 12;

    private static readonly SearchValues<char> NotWords = SearchValues.Create("0123456789_{}()<>[]=+*/\\|&;$#@`~^%");
    private static readonly FrozenDictionary<string, ulong> Words = LanguageProfiles.StopWords();
    private static readonly FrozenDictionary<string, ulong>.AlternateLookup<ReadOnlySpan<char>> Lookup = Words.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>ISO 639-1 in small letters, or <see cref="Unknown"/>.</summary>
    public static string Of(ReadOnlySpan<char> text)
    {
        text = text[..Math.Min(text.Length, MaxChars)];
        var scripts = new ScriptCounts();
        foreach (var letter in text)
        {
            scripts.Add(letter);
        }

        return scripts.Letters == 0 ? Unknown
            : scripts.Dominant() is { } single ? single
            : OfWords(text, scripts);
    }

    private static string OfWords(ReadOnlySpan<char> text, in ScriptCounts scripts)
    {
        Span<int> scores = stackalloc int[LanguageProfiles.Languages.Length];
        var words = Score(text, scores);
        var (first, second) = Best(scores);
        if (scores[first] < 2 || (words >= 8 && scores[first] * 12 < words))
        {
            return scripts.IsCyrillic ? "ru" : scripts.IsArabic ? "ar" : scores[first] > 0 && words < 4 && scores[second] < scores[first] ? LanguageProfiles.Languages[first] : Unknown;
        }

        return LanguageProfiles.Languages[first];
    }

    /// <summary>Two points for a word that every text of a language has, one for a letter that few languages have; gives the number of words.</summary>
    private static int Score(ReadOnlySpan<char> text, Span<int> scores)
    {
        Span<char> word = stackalloc char[LongestWord];
        var (words, length) = (0, 0);
        for (var at = 0; at <= text.Length; at++)
        {
            var letter = at < text.Length ? text[at] : ' ';
            if (char.IsLetter(letter) || (letter is '\'' or '’' && length > 0 && length < LongestWord && at + 1 < text.Length && !char.IsLetter(text[at + 1])))
            {
                if (letter > 0x7F)
                {
                    Add(LanguageProfiles.Letters(char.ToLowerInvariant(letter)), 1, scores);
                }

                if (length < LongestWord)
                {
                    word[length] = char.ToLowerInvariant(letter);
                }

                length++;
                continue;
            }

            if (length > 0)
            {
                words++;
                if (length <= LongestWord && !(at < text.Length && NotWords.Contains(letter)) && Lookup.TryGetValue(word[..length], out var languages))
                {
                    Add(languages, 2, scores);
                }

                length = 0;
            }
        }

        return words;
    }

    private static void Add(ulong languages, int points, Span<int> scores)
    {
        while (languages != 0)
        {
            scores[BitOperations.TrailingZeroCount(languages)] += points;
            languages &= languages - 1;
        }
    }

    private static (int First, int Second) Best(ReadOnlySpan<int> scores)
    {
        var (first, second) = (0, 1);
        for (var at = 1; at < scores.Length; at++)
        {
            (first, second) = scores[at] > scores[first] ? (at, first) : scores[at] > scores[second] || second == first ? (first, at) : (first, second);
        }

        return (first, second);
    }

    /// <summary>Letters by script.</summary>
    private ref struct ScriptCounts
    {
        private int _han, _kana, _hangul, _cyrillic, _arabic, _single;
        private string? _singleLanguage;

        public int Letters { get; private set; }

        public readonly bool IsCyrillic => _cyrillic * 2 > Letters;

        public readonly bool IsArabic => _arabic * 2 > Letters;

        public void Add(char letter)
        {
            if (letter < 0x80)
            {
                Letters += char.IsAsciiLetter(letter) ? 1 : 0;
                return;
            }

            if (!char.IsLetter(letter))
            {
                return;
            }

            Letters++;
            switch (letter)
            {
                case >= '\u0400' and <= '\u052F':
                    _cyrillic++;
                    break;
                case >= '\u0600' and <= '\u06FF':
                    _arabic++;
                    break;
                case >= '\u3040' and <= '\u30FF':
                    _kana++;
                    break;
                case >= '\u3400' and <= '\u9FFF':
                    _han++;
                    break;
                case >= '\uAC00' and <= '\uD7AF':
                    _hangul++;
                    break;
                default:
                    if (LanguageProfiles.ScriptOf(letter) is { } language)
                    {
                        _single++;
                        _singleLanguage ??= language;
                    }

                    break;
            }
        }

        /// <summary>The language of a script that only it is written in, where a third of the letters are of it (such texts are full of Latin names); null for others.</summary>
        public readonly string? Dominant() =>
            _kana > 0 && (_kana + _han) * 3 > Letters ? "ja"
            : _han * 3 > Letters ? "zh"
            : _hangul * 3 > Letters ? "ko"
            : _single * 3 > Letters ? _singleLanguage
            : null;
    }
}
