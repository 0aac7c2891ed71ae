namespace AiOrchestrator.Core.Limits;

/// <summary>One call's claim on every pool it counts in. A value: it lives in the exchange and costs no allocation.</summary>
internal struct RateHold
{
    /// <summary>The groups whose limits are told to the caller.</summary>
    public const int OwnGroups = 3;

    private const int Groups = 4;

    private readonly RatePool[]? _caller;
    private readonly RatePool[]? _wallets;
    private RatePool[]? _model;
    private RatePool[]? _provider;
    private long _tokens;
    private long _takenUnixMs;
    private bool _taken;

    /// <summary>What is known of a call from the start, nothing taken yet.</summary>
    public RateHold(RatePool[] caller, RatePool[] wallets)
    {
        _caller = caller;
        _wallets = wallets;
    }

    /// <summary>What is known once its route is. A call's own limits come first, the provider's last.</summary>
    public void Route(RatePool[] model, RatePool[] provider)
    {
        _model = model;
        _provider = provider;
    }

    /// <summary>The pools of a group, in the order in which they are asked; empty where none is known.</summary>
    public readonly RatePool[] Group(int index) => index switch
    {
        0 => _caller,
        1 => _wallets,
        2 => _model,
        _ => _provider,
    } ?? [];

    /// <summary>The pools of the provider.</summary>
    public readonly RatePool[] OfProvider => _provider ?? [];

    /// <summary>Takes one request and the tokens from every pool, all or nothing.</summary>
    /// <param name="clock">Now.</param>
    /// <param name="tokens">The most the call is expected to use.</param>
    /// <param name="pool">The pool that stood in the way.</param>
    /// <param name="missing">Its share that did.</param>
    public bool TryTake(RateClock clock, long tokens, out RatePool? pool, out RateShare? missing)
    {
        var timestamp = clock.Timestamp;
        var unixMs = clock.UnixMs;
        for (var group = 0; group < Groups; group++)
        {
            var pools = Group(group);
            for (var index = 0; index < pools.Length; index++)
            {
                if (!pools[index].TryTake(tokens, timestamp, unixMs, out missing))
                {
                    pool = pools[index];
                    Undo(group, index, tokens, unixMs);
                    return false;
                }
            }
        }

        Count(1, unixMs);
        (_tokens, _takenUnixMs, _taken) = (tokens, unixMs, true);
        (pool, missing) = (null, null);
        return true;
    }

    /// <summary>Ends the claim, once. A call that was refused counts nothing; one that was sent counts the tokens it used.</summary>
    public void Settle(RateClock clock, bool admitted, long tokens)
    {
        if (!_taken)
        {
            return;
        }

        _taken = false;
        if (!admitted)
        {
            Count(-1, _takenUnixMs);
            Undo(Groups, 0, _tokens, _takenUnixMs);
            return;
        }

        var unixMs = clock.UnixMs;
        for (var group = 0; group < Groups; group++)
        {
            foreach (var pool in Group(group))
            {
                pool.Settle(_tokens, tokens, _takenUnixMs, unixMs);
            }
        }
    }

    private readonly void Count(int requests, long takenUnixMs)
    {
        for (var group = 0; group < Groups; group++)
        {
            foreach (var pool in Group(group))
            {
                pool.Count(requests, takenUnixMs);
            }
        }
    }

    /// <summary>Returns what was taken before a place.</summary>
    private readonly void Undo(int untilGroup, int untilIndex, long tokens, long takenUnixMs)
    {
        for (var group = 0; group < Groups && group <= untilGroup; group++)
        {
            var pools = Group(group);
            var count = group == untilGroup ? untilIndex : pools.Length;
            for (var index = 0; index < count; index++)
            {
                pools[index].Return(tokens, takenUnixMs);
            }
        }
    }
}
