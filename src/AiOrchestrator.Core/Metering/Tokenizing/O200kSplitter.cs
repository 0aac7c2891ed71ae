namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// The pattern of o200k_base, C standing for <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)?</c>:
/// <c>[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+C|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*C|</c>
/// <c>\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>.
/// </summary>
/// <remarks>
/// A word is a run of the first class (capitals, and what goes with both cases), then of the second. Where no small letter follows the first
/// run, the first alternative gives capitals back until the second class has one: the word ends after the last letter or mark that goes
/// with both cases; if there is none, the second alternative takes the whole run. A mark in the place of the optional first character reads the same
/// as one that begins the run, for it goes with both cases.
/// </remarks>
internal readonly struct O200kSplitter : ISplitter
{
    /// <inheritdoc/>
    public static int End(ReadOnlySpan<byte> text, int start, out bool open)
    {
        open = false;
        var kind = CharClasses.At(text, start, out var length);
        var next = start + length;
        if (IsWord(kind))
        {
            return Word(text, start, ref open);
        }

        switch (kind)
        {
            case CharClass.Number:
                return Splitting.Numbers(text, start, ref open);
            case CharClass.Newline:
                return Splitting.Blanks(text, start, ref open);
        }

        if (next >= text.Length)
        {
            open = true;
            return next;
        }

        var follows = CharClasses.At(text, next, out _);
        if (IsWord(follows))
        {
            return Word(text, next, ref open);
        }

        return kind == CharClass.Other || (text[start] == ' ' && follows == CharClass.Other)
            ? Splitting.Others(text, next, slashes: true, ref open)
            : Splitting.Blanks(text, start, ref open);
    }

    /// <inheritdoc/>
    public static LongPieceKind KindOf(ReadOnlySpan<byte> text, out int prefix)
    {
        prefix = 0;
        var kind = CharClasses.At(text, 0, out var length);
        if (IsWord(kind))
        {
            return LongPieceKind.Cased;
        }

        var follows = CharClasses.At(text, length, out _);
        if (kind != CharClass.Newline && IsWord(follows))
        {
            prefix = length;
            return LongPieceKind.Cased;
        }

        if (kind == CharClass.Other || (text[0] == ' ' && follows == CharClass.Other))
        {
            prefix = length;
            return LongPieceKind.OthersAndSlashes;
        }

        return LongPieceKind.Blanks;
    }

    private static bool IsWord(CharClass kind) => kind is CharClass.Upper or CharClass.Lower or CharClass.Letter or CharClass.Mark;

    private static int Word(ReadOnlySpan<byte> text, int at, ref bool open)
    {
        var afterBoth = 0;
        while (at < text.Length)
        {
            var kind = CharClasses.At(text, at, out var length);
            if (kind == CharClass.Lower)
            {
                at = SmallLetters(text, at + length, ref open);
                return at + Splitting.Contraction(text, at, ref open);
            }

            if (!IsWord(kind))
            {
                break;
            }

            at += length;
            afterBoth = kind == CharClass.Upper ? afterBoth : at;
        }

        open |= at >= text.Length;
        at = afterBoth > 0 ? afterBoth : at;
        return at + Splitting.Contraction(text, at, ref open);
    }

    private static int SmallLetters(ReadOnlySpan<byte> text, int at, ref bool open)
    {
        at = AsciiRuns.EndOfSmallLetters(text, at);
        while (at < text.Length)
        {
            if (CharClasses.At(text, at, out var length) is not (CharClass.Lower or CharClass.Letter or CharClass.Mark))
            {
                return at;
            }

            at += length;
        }

        open = true;
        return at;
    }
}
