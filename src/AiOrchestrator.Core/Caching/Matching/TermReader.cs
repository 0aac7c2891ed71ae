namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>Makes terms of the pieces of one question.</summary>
internal sealed class TermReader(Pieces pieces, Lexicon lexicon, bool isEnglish)
{
    private const int LongestSignature = 3;

    private readonly List<Term> _terms = new(pieces.All.Count);
    private Article _article;
    private bool _startsClause = true;
    private readonly bool _isWriting = Courtesy.IsWriting(pieces);
    private bool _wasAskedPolitely;

    /// <summary>The terms in their order.</summary>
    public List<Term> Read()
    {
        var all = pieces.All;
        for (var at = 0; at < all.Count;)
        {
            at += all[at].Kind == PieceKind.Word ? ReadWords(at) : ReadOther(all[at]);
        }

        return _terms;
    }

    private int ReadOther(Piece piece)
    {
        _startsClause |= piece.Is(PieceMarks.StartsClause);
        var kind = piece.Kind switch { PieceKind.Number => TermKind.Number, PieceKind.Code => TermKind.Code, PieceKind.Quotation => TermKind.Quotation, _ => TermKind.Content };
        Add(kind, pieces[piece].ToString(), string.Empty);
        return 1;
    }

    /// <summary>Reads the longest phrase that begins here; else one word. Gives how many pieces that are.</summary>
    private int ReadWords(int at)
    {
        _startsClause |= pieces.All[at].Is(PieceMarks.StartsClause);
        if (isEnglish && IsHomonym(at, out var date))
        {
            Add(TermKind.Date, date, string.Empty);
            return 1;
        }

        if (isEnglish && pieces.All[at].Is(PieceMarks.StartsClause) && ReadCourtesy(at) is > 0 and var courtesy)
        {
            return courtesy;
        }

        var most = Math.Min(lexicon.Longest(pieces[pieces.All[at]]), pieces.All.Count - at);
        for (var words = most; words > 0; words--)
        {
            var last = at + words - 1;
            if (pieces.All[last].Kind == PieceKind.Word && lexicon.TryFind(pieces.Words(at, last), out var entry) && IsMeant(at, last, entry.Kind) && TryTake(at, words, entry, out var taken))
            {
                return taken;
            }
        }

        ReadUnknown(pieces.All[at]);
        return 1;
    }

    /// <summary>Leaves out courtesy; 0 where there is none.</summary>
    private int ReadCourtesy(int at)
    {
        var clause = Courtesy.ClauseLength(pieces, at);
        if (clause > 0 && (!_isWriting || _terms.Count == 0))
        {
            return clause;
        }

        var prefix = Courtesy.PrefixLength(pieces, at, out var isQuestion);
        if (isQuestion)
        {
            Add(TermKind.Asked, "TELL", string.Empty);
        }

        _wasAskedPolitely |= prefix > 0;
        return prefix;
    }

    private void ReadUnknown(Piece piece)
    {
        var word = pieces[piece].ToString();
        var isName = IsName(piece, word) || word.AsSpan().ContainsAnyInRange('0', '9');
        var text = isEnglish && !isName ? EnglishForms.Spelling(word) : word;
        Add(isName ? TermKind.Name : TermKind.Content, text, isName ? string.Empty : word);
    }

    /// <summary>May is a month, and am a time of the day, where they stand so.</summary>
    private bool IsHomonym(int at, out string date)
    {
        var piece = pieces.All[at];
        var word = pieces[piece];
        var isAfterNumber = at > 0 && pieces.All[at - 1].Kind == PieceKind.Number;
        date = word is "may" ? "may" : "am";
        return word is "may"
            ? isAfterNumber || (at + 1 < pieces.All.Count && pieces.All[at + 1].Kind == PieceKind.Number) || IsName(piece, "may") || (at > 0 && pieces[pieces.All[at - 1]] is "in" or "of" or "since" or "until" or "by" or "before" or "after")
            : word is "am" && isAfterNumber;
    }

    /// <summary>Whether a word within a sentence is written as a name is. German nouns are too, so only English is looked at.</summary>
    private bool IsName(Piece piece, ReadOnlySpan<char> word) =>
        isEnglish && ((piece.Is(PieceMarks.Capital) && !piece.Is(PieceMarks.StartsSentence) && word is not "i" && !piece.Is(PieceMarks.IsPart)) || piece.Is(PieceMarks.AllCapitals));

    /// <summary>Whether a phrase may be what the lexicon says, although a word in it is written as a name.</summary>
    private bool IsMeant(int first, int last, TermKind kind)
    {
        for (var at = first; at <= last; at++)
        {
            var piece = pieces.All[at];
            if (IsName(piece, pieces[piece]) && kind is not (TermKind.Date or TermKind.Language or TermKind.Unit or TermKind.Number or TermKind.Format or TermKind.Negation))
            {
                return kind == TermKind.Content && last > first;
            }
        }

        return true;
    }

    private bool TryTake(int at, int words, Lexicon.Entry entry, out int taken)
    {
        taken = words;
        switch (entry.Kind)
        {
            case TermKind.Article:
                _article = entry.Text == "a" ? Article.Indefinite : Article.Definite;
                return true;
            case TermKind.Courtesy:
                return TryLeaveOut(at, words, entry.Text, out taken);
            default:
                if (IsToMe(at, entry.Text!))
                {
                    taken = 2;
                    return true;
                }

                Add(entry.Kind, entry.Text!, words == 1 ? pieces[pieces.All[at]].ToString() : string.Empty);
                return true;
        }
    }

    /// <summary>"For me" after "could you", "to me" after "explain": whoever asks means it anyway.</summary>
    private bool IsToMe(int at, string text) =>
        at + 1 < pieces.All.Count && pieces[pieces.All[at + 1]] is "me"
        && ((text == "for" && _wasAskedPolitely) || (text == "to" && _terms.Count > 0 && _terms[0].Text is "explain" or "describe"));

    private bool TryLeaveOut(int at, int words, string? rule, out int taken)
    {
        var all = pieces.All;
        var next = at + words;
        taken = words;
        var isClause = all[at].Is(PieceMarks.StartsClause) && (next == all.Count || all[next].Is(PieceMarks.StartsClause));
        switch (rule)
        {
            case null:
                _wasAskedPolitely |= words > 1;
                return true;
            case "?":
                return _terms.Count == 0 && all[at].Is(PieceMarks.StartsClause);
            case ".":
                return isClause && !_isWriting;
            case "$":
                return !_isWriting && (next == all.Count || all[next].Is(PieceMarks.StartsClause));
            default:
                taken = all.Count - at;
                return all[at].Is(PieceMarks.StartsSentence) && taken - words <= LongestSignature && _terms.Count > 0 && !_isWriting;
        }
    }

    private void Add(TermKind kind, string text, string word)
    {
        _terms.Add(new(kind, text, word, _article, _startsClause));
        (_article, _startsClause) = (Article.None, false);
    }
}
