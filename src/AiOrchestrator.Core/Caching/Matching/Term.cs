namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>What a word, or a few that stand together, are about. In the order in which differences are told.</summary>
internal enum TermKind : byte
{
    Number,
    Unit,
    Date,
    Name,
    Negation,
    Code,
    Quotation,
    Language,
    Format,
    Direction,
    Scope,
    Comparison,
    Tense,
    Asked,
    Content,

    /// <summary>An article, in the lexicon only: it becomes a property of the term it stands before.</summary>
    Article,

    /// <summary>Courtesy, in the lexicon only: it is left out where nothing hangs on it.</summary>
    Courtesy,
}

/// <summary>The article before a term.</summary>
internal enum Article : byte
{
    None,
    Definite,
    Indefinite,
}

/// <summary>One thing a question says.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Text">How it is said, in the one way in which all that mean the same are said here.</param>
/// <param name="Word">The one word it was, in small letters, where its spelling may have slipped; else empty.</param>
/// <param name="Article">Before it.</param>
/// <param name="StartsClause">A comma, a bracket or the end of a sentence stands before it.</param>
internal readonly record struct Term(TermKind Kind, string Text, string Word, Article Article, bool StartsClause)
{
    /// <summary>Whether it stands for itself: a word in quotation marks, or marked as code, is another thing than the word.</summary>
    private bool IsLiteral => Kind is TermKind.Code or TermKind.Quotation;

    /// <summary>Whether both say the same: by what they mean, or one being the other with a slip of the pen.</summary>
    public bool Says(in Term other) => SaysWithoutArticle(other) && HasArticleOf(other);

    /// <summary>The same, whatever article stands before them.</summary>
    public bool SaysWithoutArticle(in Term other) =>
        IsLiteral == other.IsLiteral && (string.Equals(Text, other.Text, StringComparison.Ordinal) || Spelling.IsSlip(Word, other.Word));

    /// <summary>Whether the articles go together: one that is left out goes with any.</summary>
    public bool HasArticleOf(in Term other) => Article == other.Article || Article == Article.None || other.Article == Article.None;
}
