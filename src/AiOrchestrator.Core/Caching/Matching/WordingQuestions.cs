using System.Buffers;
using System.Text;

namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>
/// Questions about words that stand in them: to translate, to spell, to correct. Where those are not in quotation marks, each word may be what is meant, and
/// none may be left out or stand for another.
/// </summary>
internal static class WordingQuestions
{
    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Words = new HashSet<string>(StringComparer.Ordinal)
    {
        "translate", "translation", "translations", "rewrite", "rephrase", "reword", "paraphrase", "proofread", "spell", "spelled", "spelt", "spelling", "grammar", "grammatical", "punctuation",
        "pronounce", "pronounced", "pronunciation", "rhyme", "rhymes", "anagram", "synonym", "synonyms", "antonym", "say", "says", "said", "uppercase", "lowercase", "capitalise", "capitalize",
        "pluralise", "conjugate", "correct", "verb", "noun", "adjective", "syllables", "palindrome", "greeting", "greet",
        "übersetze", "übersetzen", "übersetzung", "korrigiere", "formuliere", "traduire", "traduis", "traduisez", "corrige", "traduce", "traducir", "traduzca", "traduci", "tradurre", "traduz", "traduza",
        "traduzir", "vertaal", "vertalen", "przetłumacz", "popraw", "переведи", "переведите", "исправь",
    }.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly SearchValues<char> Ends = SearchValues.Create(" \t\r\n.!?");

    /// <summary>Whether it is one.</summary>
    public static bool Is(Pieces pieces)
    {
        var isOne = false;
        foreach (var piece in pieces.All)
        {
            if (piece.Kind == PieceKind.Quotation)
            {
                return false;
            }

            isOne |= piece.Kind == PieceKind.Word && Words.Contains(pieces[piece]);
        }

        return isOne;
    }

    /// <summary>The whole question as it stands, apart from blanks and what ends it.</summary>
    public static Term Whole(string text)
    {
        var whole = new StringBuilder(text.Length);
        var last = text.AsSpan().LastIndexOfAnyExcept(Ends);
        foreach (var letter in text.AsSpan(0, last + 1))
        {
            if (!char.IsWhiteSpace(letter))
            {
                whole.Append(letter);
            }
            else if (whole.Length > 0 && whole[^1] != ' ')
            {
                whole.Append(letter == '\n' ? '\n' : ' ');
            }
        }

        return new(TermKind.Quotation, whole.ToString(), string.Empty, Article.None, StartsClause: true);
    }
}
