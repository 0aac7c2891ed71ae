namespace AiOrchestrator.Core.Limits;

/// <summary>A limit for one subject, under one version of its terms: what calls take from.</summary>
internal sealed class RatePool
{
    public RatePool(Limit limit, string subject, RatePools shares)
    {
        Limit = limit;
        Subject = subject;
        PerDay = shares.Share(limit, subject, RateKind.RequestsPerDay);
        PerMinute = shares.Share(limit, subject, RateKind.RequestsPerMinute);
        Tokens = shares.Share(limit, subject, RateKind.TokensPerMinute);
        TokenTerms = limit.Terms(RateKind.TokensPerMinute);
    }

    public Limit Limit { get; }

    public string Subject { get; }

    public RateShare? PerDay { get; }

    public RateShare? PerMinute { get; }

    public RateShare? Tokens { get; }

    private RateTerms? TokenTerms { get; }

    /// <summary>What a call takes of the tokens: what it may use, bounded by what the bucket can ever hold; at least 1, so that it waits for what is owed.</summary>
    public long TokensHeld(long tokens) => Math.Clamp(tokens, 1, TokenTerms?.Capacity ?? 1);

    /// <summary>Takes one request and the tokens, all or nothing.</summary>
    /// <param name="tokens">The most the call is expected to use.</param>
    /// <param name="timestamp">Now, monotonic.</param>
    /// <param name="unixMs">Now.</param>
    /// <param name="missing">The share that stood in the way.</param>
    public bool TryTake(long tokens, long timestamp, long unixMs, out RateShare? missing)
    {
        if (PerDay is not null && !PerDay.TryTake(1, timestamp))
        {
            missing = PerDay;
            return false;
        }

        if (PerMinute is not null && !PerMinute.TryTake(1, timestamp))
        {
            PerDay?.Return(1, unixMs);
            missing = PerMinute;
            return false;
        }

        if (Tokens is not null && !Tokens.TryTake(TokensHeld(tokens), timestamp))
        {
            PerDay?.Return(1, unixMs);
            PerMinute?.Return(1, unixMs);
            missing = Tokens;
            return false;
        }

        missing = null;
        return true;
    }

    /// <summary>Counts the request for the record, once it is admitted everywhere; −1 undoes it.</summary>
    public void Count(int requests, long takenUnixMs) => PerMinute?.Count(requests, takenUnixMs);

    /// <summary>Gives back what was taken.</summary>
    public void Return(long tokens, long takenUnixMs)
    {
        PerDay?.Return(1, takenUnixMs);
        PerMinute?.Return(1, takenUnixMs);
        Tokens?.Return(TokensHeld(tokens), takenUnixMs);
    }

    /// <summary>Replaces the tokens taken by those used. The request stays taken.</summary>
    public void Settle(long tokens, long used, long takenUnixMs, long unixMs)
    {
        Tokens?.Return(TokensHeld(tokens) - used, takenUnixMs);
        Tokens?.Count(used, unixMs);
    }
}
