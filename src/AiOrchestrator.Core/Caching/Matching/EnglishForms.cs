using System.Globalization;

namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>Brings English questions that are put in several ways to one: indirect ones, numbers in words, what stands in front or at the end.</summary>
internal static class EnglishForms
{
    private static readonly string[] WordsOfTwoSpellings = ["isation", "ising", "ised", "ises", "ise"];

    /// <summary>A word of two spellings in one of them: <c>organise</c> as <c>organize</c>.</summary>
    public static string Spelling(string word)
    {
        foreach (var end in WordsOfTwoSpellings)
        {
            if (word.Length >= end.Length + 4 && word.EndsWith(end, StringComparison.Ordinal))
            {
                return string.Concat(word.AsSpan(0, word.Length - end.Length), "iz", end.AsSpan(2));
            }
        }

        return word;
    }

    /// <summary>Brings terms to the form that all are compared in.</summary>
    public static void Straighten(List<Term> terms)
    {
        JoinNumbers(terms);
        for (var at = 0; at < terms.Count; at++)
        {
            if (terms[at].Text is "TELL" or "explain" && at + 1 < terms.Count)
            {
                StraightenIndirect(terms, at);
            }
        }
    }

    /// <summary>Takes out the one term that may stand at either end and mean the same: how or why of a question that asks but one of them; and that it be brief.</summary>
    public static List<Term> TakeLoose(List<Term> terms)
    {
        var loose = new List<Term>();
        var (asked, brief) = (-1, -1);
        var askings = 0;
        for (var at = 0; at < terms.Count; at++)
        {
            if (terms[at].Text == "how" && terms[at].StartsClause && (at + 1 == terms.Count || terms[at + 1].StartsClause))
            {
                terms[at] = terms[at] with { Text = "HOW", Word = string.Empty };
            }

            if (terms[at].Text is "HOW" or "why")
            {
                askings++;
                asked = at;
            }
            else if (terms[at].Text == "briefly")
            {
                brief = at;
            }
        }

        if (askings == 1)
        {
            Take(terms, asked, loose);
            brief -= brief > asked ? 1 : 0;
        }

        if (brief >= 0)
        {
            Take(terms, brief, loose);
        }

        return loose;
    }

    private static void Take(List<Term> terms, int at, List<Term> loose)
    {
        loose.Add(terms[at]);
        Remove(terms, at);
    }

    /// <summary>Removes a term; the next one begins what it began.</summary>
    private static void Remove(List<Term> terms, int at)
    {
        if (at + 1 < terms.Count && terms[at].StartsClause)
        {
            terms[at + 1] = terms[at + 1] with { StartsClause = true };
        }

        terms.RemoveAt(at);
    }

    /// <summary>"Tell me what the fee is" and "tell me the fee" as "what is the fee".</summary>
    private static void StraightenIndirect(List<Term> terms, int at)
    {
        var next = terms[at + 1];
        if (next.Kind == TermKind.Asked)
        {
            Remove(terms, at);
            if (next.Text == "what" && OnlyBeOfClause(terms, at) is { } be)
            {
                terms.RemoveAt(be);
                terms[at] = terms[at] with { Text = "WHATIS", Word = string.Empty };
            }
        }
        else if (terms[at].Text == "TELL" && (next.Article == Article.Definite || next.Text == "my"))
        {
            terms[at] = terms[at] with { Text = "WHATIS" };
        }
    }

    /// <summary>Where the one form of "be" stands in the clause that begins somewhere; null where there is none, or several.</summary>
    private static int? OnlyBeOfClause(List<Term> terms, int from)
    {
        int? found = null;
        for (var at = from + 1; at < terms.Count && !terms[at].StartsClause; at++)
        {
            if (terms[at].Text == "be")
            {
                if (found is not null)
                {
                    return null;
                }

                found = at;
            }
        }

        return found;
    }

    /// <summary>"Twenty two" as 22, "five hundred" as 500.</summary>
    private static void JoinNumbers(List<Term> terms)
    {
        for (var at = terms.Count - 1; at > 0; at--)
        {
            var (first, second) = (terms[at - 1], terms[at]);
            if (first.Kind != TermKind.Number || second.Kind != TermKind.Number || second.StartsClause || !TryWhole(first.Text, out var left))
            {
                continue;
            }

            var factor = second.Text switch { "hundred" => 100, "thousand" => 1_000, "million" => 1_000_000, _ => 0 };
            var joined = factor > 0 ? left * factor
                : left is >= 20 and <= 90 && left % 10 == 0 && first.Word.Length > 0 && second.Word.Length > 0 && TryWhole(second.Text, out var right) && right is > 0 and < 10 ? left + right
                : 0;
            if (joined > 0)
            {
                terms[at - 1] = first with { Text = joined.ToString(CultureInfo.InvariantCulture), Word = string.Empty };
                terms.RemoveAt(at);
            }
        }
    }

    /// <summary>A whole number of at most nine digits.</summary>
    private static bool TryWhole(string text, out long number)
    {
        number = 0;
        return text.Length is > 0 and <= 9 && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
