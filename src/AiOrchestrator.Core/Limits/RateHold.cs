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
    private RateUse _taking;
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

    /// <summary>Takes one request and what goes with it from every pool, all or nothing.</summary>
    /// <param name="clock">Now.</param>
    /// <param name="use">The most the call is expected to use.</param>
    /// <param name="pool">The pool that stood in the way.</param>
    /// <param name="missing">Its share that did.</param>
    public bool TryTake(RateClock clock, in RateUse use, out RatePool? pool, out RateShare? missing)
    {
        var timestamp = clock.Timestamp;
        var unixMs = clock.UnixMs;
        for (var group = 0; group < Groups; group++)
        {
            var pools = Group(group);
            for (var index = 0; index < pools.Length; index++)
            {
                if (!pools[index].TryTake(use, timestamp, unixMs, out missing))
                {
                    pool = pools[index];
                    Undo(group, index, use, unixMs);
                    return false;
                }
            }
        }

        Count(1, unixMs);
        (_taking, _takenUnixMs, _taken) = (use, unixMs, true);
        (pool, missing) = (null, null);
        return true;
    }

    /// <summary>What was taken.</summary>
    public readonly RateUse Taken => _taking;

    /// <summary>
    /// Goes on at another route. What was taken of the one before counts as used, as a request that used nothing else; of the new one the same is taken, all or
    /// nothing.
    /// </summary>
    /// <param name="clock">Now.</param>
    /// <param name="model">The pools of the new model.</param>
    /// <param name="provider">The pools of the new provider.</param>
    /// <param name="pool">The pool that stood in the way.</param>
    /// <param name="missing">Its share that did.</param>
    public bool TryReroute(RateClock clock, RatePool[] model, RatePool[] provider, out RatePool? pool, out RateShare? missing)
    {
        (pool, missing) = (null, null);
        if (!_taken || (ReferenceEquals(model, _model) && ReferenceEquals(provider, _provider)))
        {
            return true;
        }

        var (timestamp, unixMs) = (clock.Timestamp, clock.UnixMs);
        foreach (var old in Group(2).Concat(Group(3)))
        {
            old.Settle(_taking, default, _takenUnixMs, unixMs);
        }

        (_model, _provider) = ([], []);
        RatePool[] wanted = [.. model, .. provider];
        for (var index = 0; index < wanted.Length; index++)
        {
            if (!wanted[index].TryTake(_taking, timestamp, unixMs, out missing))
            {
                pool = wanted[index];
                foreach (var taken in wanted.AsSpan(0, index))
                {
                    taken.Return(_taking, unixMs);
                }

                return false;
            }
        }

        foreach (var taken in wanted)
        {
            taken.Count(1, unixMs);
        }

        (_model, _provider) = (model, provider);
        return true;
    }

    /// <summary>Ends the claim, once. A call that was refused counts nothing; one that was sent counts what it used.</summary>
    public void Settle(RateClock clock, bool admitted, in RateUse used)
    {
        if (!_taken)
        {
            return;
        }

        _taken = false;
        if (!admitted)
        {
            Count(-1, _takenUnixMs);
            Undo(Groups, 0, _taking, _takenUnixMs);
            return;
        }

        var unixMs = clock.UnixMs;
        for (var group = 0; group < Groups; group++)
        {
            foreach (var pool in Group(group))
            {
                pool.Settle(_taking, used, _takenUnixMs, unixMs);
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
    private readonly void Undo(int untilGroup, int untilIndex, in RateUse use, long takenUnixMs)
    {
        for (var group = 0; group < Groups && group <= untilGroup; group++)
        {
            var pools = Group(group);
            var count = group == untilGroup ? untilIndex : pools.Length;
            for (var index = 0; index < count; index++)
            {
                pools[index].Return(use, takenUnixMs);
            }
        }
    }
}
