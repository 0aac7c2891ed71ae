namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>What a piece of a question is.</summary>
internal enum PieceKind : byte
{
    /// <summary>A word in small letters.</summary>
    Word,

    /// <summary>Digits, with what stands between them; an ordinal ends with <c>th</c>.</summary>
    Number,

    /// <summary>Kept as it stands.</summary>
    Code,

    /// <summary>What stands in quotation marks, as it stands.</summary>
    Quotation,

    /// <summary>A character of a script without blanks.</summary>
    Unspaced,
}

/// <summary>How a piece stands in the text.</summary>
[Flags]
internal enum PieceMarks : byte
{
    None = 0,

    /// <summary>After a comma, a bracket or the end of a sentence, or the first.</summary>
    StartsClause = 1,

    /// <summary>After the end of a sentence, or the first.</summary>
    StartsSentence = 2,

    /// <summary>It begins with a capital.</summary>
    Capital = 4,

    /// <summary>Two capitals or more, and nothing else.</summary>
    AllCapitals = 8,

    /// <summary>A part of a word that was taken apart (<c>don't</c>) or of a compound with hyphens.</summary>
    IsPart = 16,
}

/// <summary>A piece of a question: <c>[Start, Start + Length)</c> of the buffer it was written to.</summary>
internal readonly record struct Piece(PieceKind Kind, int Start, int Length, PieceMarks Marks)
{
    public bool Is(PieceMarks mark) => (Marks & mark) == mark;
}

/// <summary>The pieces of a question and the characters they are made of: words that stand next to each other in a clause have one blank between them, other pieces a line break.</summary>
internal sealed class Pieces
{
    private char[] _chars = new char[256];
    private int _length;

    public List<Piece> All { get; } = new(48);

    public ReadOnlySpan<char> this[Piece piece] => _chars.AsSpan(piece.Start, piece.Length);

    /// <summary>The words from one to another, with blanks between them; holds a line break where they do not stand next to each other.</summary>
    public ReadOnlySpan<char> Words(int first, int last) => _chars.AsSpan(All[first].Start, All[last].Start + All[last].Length - All[first].Start);

    public void Add(PieceKind kind, ReadOnlySpan<char> text, PieceMarks marks)
    {
        var isJoined = kind == PieceKind.Word && !marks.HasFlag(PieceMarks.StartsClause) && All.Count > 0 && All[^1].Kind == PieceKind.Word;
        Append(isJoined ? " " : "\n");
        All.Add(new(kind, _length, text.Length, marks));
        Append(text);
    }

    private void Append(ReadOnlySpan<char> text)
    {
        if (_length + text.Length > _chars.Length)
        {
            Array.Resize(ref _chars, Math.Max(_length + text.Length, _chars.Length * 2));
        }

        text.CopyTo(_chars.AsSpan(_length));
        _length += text.Length;
    }
}
