using AiOrchestrator.Core.Traffic.Classifying;

namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>
/// Decides whether the answer to one question may be given to another, after an index has found that they are near. That two questions are near says that they
/// are about the same; whether they ask the same hangs on single words. So each must say all that the other says, in the same order or with a clause that
/// stood at the end put in front: only then. A function of both, symmetric; nothing is allocated.
/// </summary>
internal static class QuestionMatch
{
    private const int MostTerms = 256;

    /// <summary>Words that begin a clause or a part of one which may as well stand at the end.</summary>
    private static readonly HashSet<string> Movable = new(StringComparer.Ordinal)
    {
        "if", "when", "after", "before", "unless", "since", "because", "until", "while", "once", "as", "in", "on", "at", "for", "with", "without", "by", "during", "using", "although", "within", "from", "under",
    };

    /// <summary>Why the answer to one may not be given to the other; <see cref="Mismatch.None"/> where it may.</summary>
    public static Mismatch Compare(QuestionFacts a, QuestionFacts b)
    {
        var left = a.Terms.Span;
        var right = b.Terms.Span;
        if (left.IsEmpty || right.IsEmpty || left.Length > MostTerms || right.Length > MostTerms)
        {
            return left.IsEmpty && right.IsEmpty && a.Loose.Length + b.Loose.Length > 0 ? Mismatch.Asked : Mismatch.Unreadable;
        }

        if (a.Language != b.Language && a.Language != LanguageGuess.Unknown && b.Language != LanguageGuess.Unknown)
        {
            return Mismatch.Language;
        }

        if (a.IsWording || b.IsWording)
        {
            return a.IsWording && b.IsWording && left[0].Says(right[0]) ? Mismatch.None : Mismatch.Wording;
        }

        if (!Same(a.Loose.Span, b.Loose.Span))
        {
            return Least(FirstDifference(left, right), Mismatch.Asked);
        }

        return Same(left, right) || IsMoved(left, right) || IsMoved(right, left) ? Mismatch.None : Least(FirstDifference(left, right), Mismatch.Order);
    }

    private static Mismatch Least(Mismatch found, Mismatch otherwise) => found == Mismatch.None || found > otherwise ? otherwise : found;

    private static bool Same(ReadOnlySpan<Term> a, ReadOnlySpan<Term> b)
    {
        if (a.Length != b.Length)
        {
            return false;
        }

        for (var at = 0; at < a.Length; at++)
        {
            if (!a[at].Says(b[at]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether <paramref name="b"/> is <paramref name="a"/> with its first clause, one that may be moved, at the end.</summary>
    private static bool IsMoved(ReadOnlySpan<Term> a, ReadOnlySpan<Term> b)
    {
        if (a.Length != b.Length || !Movable.Contains(a[0].Text))
        {
            return false;
        }

        for (var cut = 1; cut < a.Length; cut++)
        {
            if (a[cut].StartsClause && Same(a[cut..], b[..^cut]) && Same(a[..cut], b[^cut..]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The first reason, of what one says and the other does not.</summary>
    private static Mismatch FirstDifference(ReadOnlySpan<Term> a, ReadOnlySpan<Term> b)
    {
        Span<bool> taken = stackalloc bool[b.Length];
        taken.Clear();
        var first = Mismatch.None;
        foreach (var term in a)
        {
            var found = false;
            for (var at = 0; at < b.Length && !found; at++)
            {
                if (!taken[at] && term.SaysWithoutArticle(b[at]))
                {
                    found = taken[at] = true;
                    first = term.HasArticleOf(b[at]) ? first : Earlier(first, TermKind.Scope);
                }
            }

            first = found ? first : Earlier(first, term.Kind);
        }

        for (var at = 0; at < b.Length; at++)
        {
            first = taken[at] ? first : Earlier(first, b[at].Kind);
        }

        return first;
    }

    private static Mismatch Earlier(Mismatch first, TermKind kind)
    {
        var mismatch = Mismatch.Numbers + (int)kind;
        return first == Mismatch.None || mismatch < first ? mismatch : first;
    }
}
