namespace AiOrchestrator.Core.Caching.Embedding;

/// <summary>
/// Makes alike what only looks different: full-width forms, typographic marks, marks over letters. A table of its own, since the runtime does not normalise
/// Unicode where globalisation is invariant, as it is here, and would not do it the same way for ever.
/// </summary>
internal static class TextFold
{
    private const char FirstLatin = '\u00C0';

    /// <summary>The letters below U+0180 from U+00C0 on, without their marks; a blank where there is no such letter.</summary>
    private const string Latin =
        "aaaaaaaceeeeiiiidnooooo ouuuuypsaaaaaaaceeeeiiiidnooooo ouuuuypy" +
        "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll" +
        "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

    /// <summary>The plain form of a full-width character, of a typographic quotation mark or dash, of a blank.</summary>
    public static char Width(char letter) => letter switch
    {
        < '\u00A0' => letter,
        '\u00A0' or '\u202F' or '\u2009' or '\u3000' => ' ',
        '\u2019' or '\u2018' or '\u02BC' => '\'',
        '\u2010' or '\u2011' or '\u2212' => '-',
        >= '\uFF01' and <= '\uFF5E' => (char)(letter - 0xFEE0),
        _ => letter,
    };

    /// <summary>The small letter without its marks.</summary>
    public static char Letter(char letter)
    {
        letter = char.ToLowerInvariant(Width(letter));
        if (letter < FirstLatin || letter - FirstLatin >= Latin.Length)
        {
            return letter switch { 'ё' => 'е', 'أ' or 'إ' or 'آ' => 'ا', 'ى' => 'ي', _ => letter };
        }

        var plain = Latin[letter - FirstLatin];
        return plain == ' ' ? letter : plain;
    }

    /// <summary>Whether it is a mark on the letter before it, which says nothing by itself.</summary>
    public static bool IsMark(char letter) => letter is >= '\u0300' and <= '\u036F' or >= '\u064B' and <= '\u0652' or '\u00AD' or '\u200B' or '\u200C' or '\u200D' or '\uFE0F';

    /// <summary>Whether it is of a script that sets no blanks between words.</summary>
    public static bool IsUnspaced(char letter) =>
        letter is >= '\u3040' and <= '\u30FF' or >= '\u3400' and <= '\u9FFF' or >= '\uF900' and <= '\uFAFF' or >= '\u0E00' and <= '\u0EFF' or >= '\u1780' and <= '\u17FF' or >= '\u1000' and <= '\u109F';
}
