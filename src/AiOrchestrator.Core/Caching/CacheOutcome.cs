namespace AiOrchestrator.Core.Caching;

/// <summary>What the cache had to do with a call.</summary>
internal enum CacheOutcome
{
    /// <summary>Nothing.</summary>
    Bypass,

    /// <summary>It had no answer.</summary>
    Miss,

    /// <summary>It gave the answer to the same question.</summary>
    Hit,

    /// <summary>It gave the answer to another question that means the same.</summary>
    Similar,
}

/// <summary>The words for it.</summary>
internal static class CacheOutcomes
{
    /// <summary>As usage events have it.</summary>
    public static string Word(this CacheOutcome outcome) => outcome switch
    {
        CacheOutcome.Hit => "hit",
        CacheOutcome.Similar => "similar",
        CacheOutcome.Miss => "miss",
        _ => "bypass",
    };

    /// <summary>As <c>x-cache</c> has it (CA-04): how an answer was found stands in <c>x-cache-similarity</c>.</summary>
    public static string HeaderWord(this CacheOutcome outcome) => outcome == CacheOutcome.Similar ? "hit" : outcome.Word();
}
