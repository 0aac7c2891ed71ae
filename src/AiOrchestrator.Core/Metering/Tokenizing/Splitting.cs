using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>What the patterns have in common: <c>\p{N}{1,3}</c>, <c>\s*[\r\n]+</c>, <c>\s+(?!\S)</c>, <c>\s+</c> and the English contractions.</summary>
internal static class Splitting
{
    /// <summary>The most bytes a contraction has.</summary>
    public const int MaxContractionBytes = 3;

    /// <summary>The bytes of <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)</c> at this place; 0 for none.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="at">A place in it, or its end.</param>
    /// <param name="open">Set where the text ends and one might yet come.</param>
    public static int Contraction(ReadOnlySpan<byte> text, int at, ref bool open)
    {
        if (at >= text.Length || text[at] != '\'')
        {
            open |= at >= text.Length;
            return 0;
        }

        if (at + MaxContractionBytes > text.Length)
        {
            open = true;
        }

        var first = at + 1 < text.Length ? text[at + 1] | 0x20 : 0;
        var second = at + 2 < text.Length ? text[at + 2] : 0;
        return first switch
        {
            's' or 't' or 'm' or 'd' when text[at + 1] < 0x80 => 2,
            'r' or 'v' when (second | 0x20) == 'e' => 3,
            'l' when (second | 0x20) == 'l' => 3,
            // U+017F is an s to a pattern that ignores case: C5 BF.
            0xE5 when text[at + 1] == 0xC5 && second == 0xBF => 3,
            _ => 0,
        };
    }

    /// <summary>The end of up to three numbers, the first of which is at <paramref name="at"/>.</summary>
    public static int Numbers(ReadOnlySpan<byte> text, int at, ref bool open)
    {
        for (var n = 0; n < 3; n++)
        {
            if (at >= text.Length)
            {
                open = true;
                return at;
            }

            if (CharClasses.At(text, at, out var length) != CharClass.Number)
            {
                return at;
            }

            at += length;
        }

        return at;
    }

    /// <summary>The end of a piece that begins with white space and has nothing else.</summary>
    public static int Blanks(ReadOnlySpan<byte> text, int start, ref bool open)
    {
        var at = start;
        var last = start;
        var afterNewline = 0;
        while (at < text.Length)
        {
            var kind = CharClasses.At(text, at, out var length);
            if (kind is not (CharClass.White or CharClass.Newline))
            {
                return afterNewline > 0 ? afterNewline : last > start ? last : at;
            }

            last = at;
            at += length;
            afterNewline = kind == CharClass.Newline ? at : afterNewline;
        }

        open = true;
        return afterNewline > 0 ? afterNewline : at;
    }

    /// <summary>Whether a class counts as a letter to <c>\p{L}</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLetter(CharClass kind) => kind is CharClass.Upper or CharClass.Lower or CharClass.Letter;

    /// <summary>Whether a class is in <c>[^\s\p{L}\p{N}]</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsOther(CharClass kind) => kind is CharClass.Other or CharClass.Mark;

    /// <summary>The end of what is neither letter, digit nor blank, and of the line ends behind it.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="at">Where it begins.</param>
    /// <param name="slashes">Whether slashes may follow likewise, as in o200k.</param>
    /// <param name="open">Set where the text ends and more might yet come.</param>
    public static int Others(ReadOnlySpan<byte> text, int at, bool slashes, ref bool open)
    {
        while (at < text.Length && IsOther(CharClasses.At(text, at, out var length)))
        {
            at += length;
        }

        while (at < text.Length && (text[at] is (byte)'\r' or (byte)'\n' || (slashes && text[at] == (byte)'/')))
        {
            at++;
        }

        open |= at >= text.Length;
        return at;
    }
}
