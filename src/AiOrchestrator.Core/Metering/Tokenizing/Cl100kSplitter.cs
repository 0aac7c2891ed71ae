namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// The pattern of cl100k_base:
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>.
/// </summary>
internal readonly struct Cl100kSplitter : ISplitter
{
    /// <inheritdoc/>
    public static int End(ReadOnlySpan<byte> text, int start, out bool open)
    {
        open = false;
        var kind = CharClasses.At(text, start, out var length);
        var next = start + length;
        if (Splitting.IsLetter(kind))
        {
            return Letters(text, next, ref open);
        }

        switch (kind)
        {
            case CharClass.Number:
                return Splitting.Numbers(text, start, ref open);
            case CharClass.Newline:
                return Splitting.Blanks(text, start, ref open);
        }

        if (text[start] == '\'')
        {
            var contraction = Splitting.Contraction(text, start, ref open);
            if (contraction > 0)
            {
                return start + contraction;
            }
        }

        if (next >= text.Length)
        {
            open = true;
            return next;
        }

        var follows = CharClasses.At(text, next, out length);
        if (Splitting.IsLetter(follows))
        {
            return Letters(text, next + length, ref open);
        }

        if (Splitting.IsOther(kind))
        {
            return Splitting.Others(text, next, slashes: false, ref open);
        }

        return text[start] == ' ' && Splitting.IsOther(follows) ? Splitting.Others(text, next, slashes: false, ref open) : Splitting.Blanks(text, start, ref open);
    }

    /// <inheritdoc/>
    public static LongPieceKind KindOf(ReadOnlySpan<byte> text, out int prefix)
    {
        prefix = 0;
        var kind = CharClasses.At(text, 0, out var length);
        if (Splitting.IsLetter(kind))
        {
            return LongPieceKind.Letters;
        }

        var follows = CharClasses.At(text, length, out _);
        if (kind != CharClass.Newline && Splitting.IsLetter(follows))
        {
            prefix = length;
            return LongPieceKind.Letters;
        }

        if (Splitting.IsOther(kind) || (text[0] == ' ' && Splitting.IsOther(follows)))
        {
            prefix = length;
            return LongPieceKind.Others;
        }

        return LongPieceKind.Blanks;
    }

    private static int Letters(ReadOnlySpan<byte> text, int at, ref bool open)
    {
        at = AsciiRuns.EndOfLetters(text, at);
        while (at < text.Length)
        {
            if (!Splitting.IsLetter(CharClasses.At(text, at, out var length)))
            {
                return at;
            }

            at += length;
        }

        open = true;
        return at;
    }
}
