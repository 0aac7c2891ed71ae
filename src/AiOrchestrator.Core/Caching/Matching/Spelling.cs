using AiOrchestrator.Core.Metering.Tokenizing;

namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>
/// Whether a word is another one with a slip of the pen: two letters swapped, one doubled or not, one left out within. Never where both are words people use
/// (<c>form</c>, <c>from</c>), nor where one letter stands for another (<c>Ireland</c>, <c>Iceland</c>; <c>sulfate</c>, <c>sulfite</c>): then they may be two things.
/// </summary>
internal static class Spelling
{
    private const int ShortestSwapped = 4;
    private const int ShortestMissed = 5;
    private const int Longest = 30;

    /// <summary>Whether one of two different words is surely meant to be the other. Symmetric.</summary>
    /// <param name="a">In small letters; empty where it must stand as it is.</param>
    /// <param name="b">The same.</param>
    public static bool IsSlip(string a, string b)
    {
        var (shorter, longer) = a.Length <= b.Length ? (a, b) : (b, a);
        return shorter.Length >= ShortestSwapped && longer.Length <= Longest && longer.Length - shorter.Length <= 1 && shorter[0] == longer[0]
            && (shorter.Length == longer.Length ? IsSwapped(shorter, longer) : IsMissed(shorter, longer))
            && IsKnown(a) != IsKnown(b);
    }

    private static bool IsSwapped(string a, string b)
    {
        var at = Common(a, b);
        return at + 1 < a.Length && a[at] == b[at + 1] && a[at + 1] == b[at] && a.AsSpan(at + 2).SequenceEqual(b.AsSpan(at + 2));
    }

    private static bool IsMissed(string shorter, string longer)
    {
        var at = Common(shorter, longer);
        var isDoubled = longer[at] == longer[at - 1];
        return longer.Length >= ShortestMissed && (isDoubled || at < shorter.Length) && shorter.AsSpan(at).SequenceEqual(longer.AsSpan(at + 1));
    }

    private static int Common(string a, string b) => a.AsSpan().CommonPrefixLength(b);

    /// <summary>Whether it is one that is used a lot: such are one token each in the vocabulary of o200k, which is of texts of the whole web.</summary>
    private static bool IsKnown(string word)
    {
        Span<char> spaced = stackalloc char[Longest + 1];
        spaced[0] = ' ';
        word.CopyTo(spaced[1..]);
        return Tokenizer.O200k.CountUpTo(spaced[..(word.Length + 1)], 1, out _);
    }
}
