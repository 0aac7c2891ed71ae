namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>Takes English contractions apart: <c>don't</c> into <c>do not</c>. A possessive stays as it is. What only asks for a favour is left out.</summary>
internal static class Contractions
{
    private const string Table =
        """
        can not = can't, cant, cannot
        will not = won't
        shall not = shan't
        is not = ain't, isnt
        do not = dont
        does not = doesnt
        did not = didnt
        was not = wasnt
        have not = havent
        has not = hasnt
        could not = couldnt
        would not = wouldnt
        should not = shouldnt
        are not = arent
        were not = werent
        i am = im
        i have = ive
        what is = whats, what's
        where is = wheres, where's
        who is = who's
        how is = how's, hows
        when is = when's
        why is = why's
        it is = it's
        that is = that's, thats
        there is = there's, theres
        here is = here's
        let us = let's
        going to = gonna
        want to = wanna
        who = whom
        """;

    private static readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> Whole = Read().GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly (string End, string Word)[] Ends = [("n't", "not"), ("'re", "are"), ("'ve", "have"), ("'ll", "will"), ("'m", "am"), ("'d", "would")];

    /// <summary>Takes a word, or the words that it is made of.</summary>
    public static void Take(scoped ReadOnlySpan<char> word, PieceMarks marks, ref QuestionSplitter splitter)
    {
        if (word is "please" or "kindly" or "pls" or "plz")
        {
            return;
        }

        if (Whole.TryGetValue(word, out var words))
        {
            foreach (var range in words.AsSpan().Split(' '))
            {
                splitter.Take(PieceKind.Word, words.AsSpan(range), marks);
                marks |= PieceMarks.IsPart;
            }

            return;
        }

        foreach (var (end, whole) in Ends)
        {
            if (word.Length > end.Length && word.EndsWith(end, StringComparison.Ordinal))
            {
                splitter.Take(PieceKind.Word, word[..^end.Length], marks);
                splitter.Take(PieceKind.Word, whole, marks | PieceMarks.IsPart);
                return;
            }
        }

        splitter.Take(PieceKind.Word, word, marks);
    }

    private static Dictionary<string, string> Read() =>
        Table.Split('\n', StringSplitOptions.TrimEntries)
            .Select(static line => line.Split('='))
            .SelectMany(static sides => sides[1].Split(',', StringSplitOptions.TrimEntries).Select(word => (Word: word, Words: sides[0].Trim())))
            .ToDictionary(static pair => pair.Word, static pair => pair.Words, StringComparer.Ordinal);
}
