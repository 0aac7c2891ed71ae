namespace AiOrchestrator.Core.Limits;

/// <summary>A limit for one subject, under one version of its terms: what calls take from.</summary>
internal sealed class RatePool
{
    // What the limit counts, in the order in which a call asks.
    private readonly RateShare[] _shares;

    public RatePool(Limit limit, string subject, RatePools shares)
    {
        Limit = limit;
        Subject = subject;
        _shares = [.. RateKinds.All.Select(kind => shares.Share(limit, subject, kind)).OfType<RateShare>()];
        PerDay = Of(RateKind.RequestsPerDay);
        PerMinute = Of(RateKind.RequestsPerMinute);
        TokensPerDay = Of(RateKind.TokensPerDay);
        Tokens = Of(RateKind.TokensPerMinute);
        TokenTerms = limit.Terms(RateKind.TokensPerMinute);

        RateShare? Of(RateKind kind) => Array.Find(_shares, s => s.Id.Kind == kind);
    }

    public Limit Limit { get; }

    public string Subject { get; }

    /// <summary>All that the limit counts.</summary>
    public ReadOnlySpan<RateShare> Shares => _shares;

    public RateShare? PerDay { get; }

    public RateShare? PerMinute { get; }

    public RateShare? TokensPerDay { get; }

    public RateShare? Tokens { get; }

    private RateTerms? TokenTerms { get; }

    /// <summary>
    /// What a call takes of one kind. Of the tokens of a minute what it may use, bounded by what the bucket can ever hold. Of those of a day, and of money, all
    /// that it may use: a maximum is one. Of tokens at least 1, so that it waits for what is owed; a call that costs nothing takes nothing. A request that was
    /// taken before is not taken again.
    /// </summary>
    public long Held(RateKind kind, in RateUse use) => kind switch
    {
        RateKind.TokensPerMinute => Math.Clamp(use.TokensOfMinute, 1, TokenTerms?.Capacity ?? 1),
        RateKind.TokensPerDay => Math.Max(1, use.TokensOfDay),
        RateKind.CostPerDay => use.CostNanoUsd,
        _ => use.GoesOn ? 0 : 1,
    };

    /// <summary>Takes one request and what goes with it, all or nothing.</summary>
    /// <param name="use">The most the call is expected to use.</param>
    /// <param name="timestamp">Now, monotonic.</param>
    /// <param name="unixMs">Now.</param>
    /// <param name="missing">The share that stood in the way.</param>
    public bool TryTake(in RateUse use, long timestamp, long unixMs, out RateShare? missing)
    {
        for (var index = 0; index < _shares.Length; index++)
        {
            var held = Held(_shares[index].Id.Kind, use);
            if (held > 0 && !_shares[index].TryTake(held, timestamp))
            {
                Return(index, use, unixMs);
                missing = _shares[index];
                return false;
            }
        }

        missing = null;
        return true;
    }

    /// <summary>Counts the request for the record, once it is admitted everywhere; −1 undoes it.</summary>
    public void Count(int requests, long takenUnixMs) => PerMinute?.Count(requests, takenUnixMs);

    /// <summary>Gives back what was taken.</summary>
    public void Return(in RateUse use, long takenUnixMs) => Return(_shares.Length, use, takenUnixMs);

    /// <summary>Replaces the tokens and the money taken by those used. The request stays taken.</summary>
    public void Settle(in RateUse taken, in RateUse used, long takenUnixMs, long unixMs)
    {
        foreach (var share in _shares)
        {
            switch (share.Id.Kind)
            {
                case RateKind.TokensPerMinute:
                    share.Return(Held(RateKind.TokensPerMinute, taken) - used.TokensOfMinute, takenUnixMs);
                    share.Count(used.TokensOfMinute, unixMs);
                    break;
                case RateKind.TokensPerDay:
                    share.Return(Held(RateKind.TokensPerDay, taken) - used.TokensOfDay, takenUnixMs);
                    break;
                case RateKind.CostPerDay:
                    share.Return(taken.CostNanoUsd - used.CostNanoUsd, takenUnixMs);
                    break;
            }
        }
    }

    private void Return(int count, in RateUse use, long takenUnixMs)
    {
        for (var index = 0; index < count; index++)
        {
            _shares[index].Return(Held(_shares[index].Id.Kind, use), takenUnixMs);
        }
    }
}
