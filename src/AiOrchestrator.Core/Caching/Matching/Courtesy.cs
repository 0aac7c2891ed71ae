namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>
/// Finds in an English question what is said out of courtesy only: clauses that hold nothing else ("thank you so much for your help"), and what stands before
/// a request ("I was wondering if you could"). Only words that are listed are left out, so no word that might matter is.
/// </summary>
internal static class Courtesy
{
    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Core = Set(
        "hi hello hey greetings thanks thank thankful grateful appreciate appreciated appreciation sorry apologies excuse pardon bother nuisance dear cheers trouble kind");

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Clause = Set(
        """
        hi hello hey greetings thanks thank thankful grateful appreciate appreciated appreciation sorry apologies excuse pardon bother nuisance dear cheers trouble kind
        i we you me us it is am are was be been being to a the and in for of so very really much lot lots many most any all my your would will could can may might do if this that but
        good morning afternoon evening day there team support everyone everybody folks sir madam help advance time patience assistance kindness effort attention consideration support again
        mean asking ask question questions quick hope well great awesome lovely nice wonderful amazing fantastic helpful earlier too just another such interrupt disturb inconvenience
        """);

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Prefix = Set(
        """
        i we would could can will might may you be so kind good nice enough as to it is was am wondering wonder if whether able possible for very really most much grateful appreciate like love want need
        favour favor do me us mind maybe perhaps possibly just and that helpful great someone somebody anybody anyone ask wanted the a hoping hope help trouble glad happy thankful curious interested
        know enquire inquire politely learn understand also but quickly
        """);

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Starts = Set("i we can could would will might may it is perhaps maybe but just");

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Addressed = Set("you someone somebody anyone anybody");

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Wonders = Set("know ask wonder wondering curious learn enquire inquire understand");

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Questions = Set("who what how why when where which whose");

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Requests = Set(
        "explain tell list describe draft suggest recommend compare summarise summarize define clarify rename show give name calculate outline translate convert fix rewrite write remind");

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Writings = Set("write draft letter email mail message note sign signature reply answer compose card speech");

    /// <summary>Whether a text is asked for: how one greets and thanks may be a part of it then.</summary>
    public static bool IsWriting(Pieces pieces) => pieces.All.Exists(p => Writings.Contains(pieces[p]));

    /// <summary>How many words from here on make a clause of courtesy; 0 where it is none.</summary>
    public static int ClauseLength(Pieces pieces, int at)
    {
        var (end, hasCore) = (at, false);
        while (end < pieces.All.Count && (end == at || !pieces.All[end].Is(PieceMarks.StartsClause)))
        {
            var word = pieces[pieces.All[end]];
            if (pieces.All[end].Kind != PieceKind.Word || !Clause.Contains(word))
            {
                return 0;
            }

            hasCore |= Core.Contains(word);
            end++;
        }

        return hasCore ? end - at : 0;
    }

    /// <summary>How many words from here on only lead to a request, or to an indirect question; 0 where none do.</summary>
    /// <param name="pieces">The question.</param>
    /// <param name="at">Where a clause begins.</param>
    /// <param name="isQuestion">Whether what follows is a question, and not a request.</param>
    public static int PrefixLength(Pieces pieces, int at, out bool isQuestion)
    {
        isQuestion = false;
        if (!Starts.Contains(pieces[pieces.All[at]]))
        {
            return 0;
        }

        var (end, isAddressed) = (at, false);
        for (; end < pieces.All.Count && pieces.All[end].Kind == PieceKind.Word && (end == at || !pieces.All[end].Is(PieceMarks.StartsClause)); end++)
        {
            var word = pieces[pieces.All[end]];
            if (!Prefix.Contains(word))
            {
                isQuestion = end - at >= 2 && Questions.Contains(word) && Wonders.Contains(pieces[pieces.All[end - 1]]);
                return isQuestion || (end - at >= 2 && isAddressed && Requests.Contains(word)) ? end - at : 0;
            }

            isAddressed |= Addressed.Contains(word);
        }

        return 0;
    }

    private static HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Set(string words) =>
        words.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
}
