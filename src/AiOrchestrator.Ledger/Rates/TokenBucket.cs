namespace AiOrchestrator.Ledger.Rates;

/// <summary>How fast a bucket fills and how much it holds.</summary>
/// <param name="PerMinute">Tokens that come in within a minute, evenly; 1 to 1,000,000,000,000.</param>
/// <param name="Capacity">Most tokens it holds, and so the most that may be taken at once; 1 to 1,000,000,000,000.</param>
public readonly record struct BucketTerms(long PerMinute, long Capacity);

/// <summary>
/// A token bucket that hands out grants: whoever holds one may take from it without asking, for a while. What is granted is out of the bucket
/// and still counts towards its capacity, so over any span of time no more is taken than the capacity and what came in meanwhile, however
/// many holders there are. Exact: the level is kept in sixty-millionths of a token, which is what a microsecond brings at one per minute.
/// </summary>
/// <remarks>Token bucket as in RFC 2697, 3.1, with one rate. Times are microseconds of any clock that does not go back; one that does stands still.</remarks>
public readonly record struct TokenBucket
{
    private const long UnitsPerToken = 60_000_000;

    private TokenBucket(Int128 levelUnits, long outstanding, long atUs)
    {
        LevelUnits = levelUnits;
        Outstanding = outstanding;
        AtUs = atUs;
    }

    /// <summary>The level, in sixty-millionths of a token; negative while it is in debt.</summary>
    public Int128 LevelUnits { get; }

    /// <summary>The bucket's time: what came in until then is in it. Microseconds.</summary>
    public long AtUs { get; }

    /// <summary>Granted and not yet accounted for.</summary>
    public long Outstanding { get; }

    /// <summary>Whole tokens in the bucket; negative while it is in debt.</summary>
    public long Level => (long)(LevelUnits >= 0 ? LevelUnits / UnitsPerToken : -((-LevelUnits + UnitsPerToken - 1) / UnitsPerToken));

    /// <summary>A bucket that nothing was taken from.</summary>
    public static TokenBucket Full(in BucketTerms terms, long nowUs) => new((Int128)terms.Capacity * UnitsPerToken, 0, nowUs);

    /// <summary>A bucket as it was written down.</summary>
    public static TokenBucket Of(Int128 levelUnits, long outstanding, long atUs) => new(levelUnits, outstanding, atUs);

    /// <summary>The bucket with what came in until now.</summary>
    public TokenBucket At(in BucketTerms terms, long nowUs)
    {
        var elapsedUs = Math.Max(0, nowUs - AtUs);
        return new TokenBucket(Capped(terms, LevelUnits + (Int128)elapsedUs * terms.PerMinute, Outstanding), Outstanding, AtUs + elapsedUs);
    }

    /// <summary>Grants <paramref name="want"/>, or as much as there is, but not less than <paramref name="need"/>: then nothing.</summary>
    /// <param name="terms">The terms in force.</param>
    /// <param name="need">0 or more.</param>
    /// <param name="want">What is less than <paramref name="need"/> counts as that.</param>
    /// <param name="nowUs">Now.</param>
    /// <param name="granted">What is granted; 0 when <paramref name="need"/> is not there.</param>
    public TokenBucket Take(in BucketTerms terms, long need, long want, long nowUs, out long granted)
    {
        var now = At(terms, nowUs);
        var level = now.Level;
        granted = level < need || level <= 0 ? 0 : Math.Min(Math.Max(need, want), level);
        return new TokenBucket(now.LevelUnits - (Int128)granted * UnitsPerToken, now.Outstanding + granted, now.AtUs);
    }

    /// <summary>Ends a grant.</summary>
    /// <param name="terms">The terms in force.</param>
    /// <param name="granted">What was granted.</param>
    /// <param name="left">
    /// What was not taken of it: 0 for a grant that is lost (the bucket fills again by itself). More than was granted where something taken
    /// earlier is given back; negative where it turned out to be more than was taken: that is owed, and delays whoever comes later.
    /// </param>
    /// <param name="nowUs">Now.</param>
    public TokenBucket Close(in BucketTerms terms, long granted, long left, long nowUs)
    {
        var now = At(terms, nowUs);
        var outstanding = now.Outstanding - granted;
        return new TokenBucket(Capped(terms, now.LevelUnits + (Int128)left * UnitsPerToken, outstanding), outstanding, now.AtUs);
    }

    /// <summary>The bucket under new terms: what was taken stays taken, but a lowered capacity puts nobody into debt.</summary>
    public TokenBucket Change(in BucketTerms from, in BucketTerms to, long nowUs)
    {
        var now = At(from, nowUs);
        var moved = now.LevelUnits + (Int128)(to.Capacity - from.Capacity) * UnitsPerToken;
        var least = Int128.Min(now.LevelUnits, 0);
        return new TokenBucket(Capped(to, Int128.Max(moved, least), now.Outstanding), now.Outstanding, now.AtUs);
    }

    /// <summary>Microseconds from the bucket's own time until there are as many tokens, when nobody takes any; 0 when there are.</summary>
    /// <param name="terms">The terms in force.</param>
    /// <param name="tokens">At most the capacity.</param>
    public long WaitUs(in BucketTerms terms, long tokens)
    {
        var missing = (Int128)tokens * UnitsPerToken - LevelUnits;
        return missing <= 0 ? 0 : (long)Int128.Min((missing + terms.PerMinute - 1) / terms.PerMinute, long.MaxValue);
    }

    private static Int128 Capped(in BucketTerms terms, Int128 levelUnits, long outstanding) =>
        Int128.Min(levelUnits, (Int128)(terms.Capacity - outstanding) * UnitsPerToken);
}
