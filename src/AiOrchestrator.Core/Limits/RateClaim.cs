namespace AiOrchestrator.Core.Limits;

/// <summary>What is taken of some pools for one call, and what became of it. A value; a part of a <see cref="RateHold"/>.</summary>
internal struct RateClaim
{
    private readonly RatePool[]? _first;
    private readonly RatePool[]? _second;
    private RateUse _taken;
    private RateUse _used;
    private long _takenUnixMs;
    private bool _isUsed;

    /// <summary>Nothing taken yet.</summary>
    public RateClaim(RatePool[] first, RatePool[] second)
    {
        _first = first;
        _second = second;
    }

    /// <summary>The pools that are asked first; empty where none is known.</summary>
    public readonly RatePool[] First => _first ?? [];

    /// <summary>The pools that are asked after them; likewise.</summary>
    public readonly RatePool[] Second => _second ?? [];

    /// <summary>Whether these are its pools.</summary>
    public readonly bool IsOf(RatePool[] first, RatePool[] second) => ReferenceEquals(first, _first) && ReferenceEquals(second, _second);

    /// <summary>Takes from every pool, all or nothing.</summary>
    /// <param name="use">The most the call is expected to use.</param>
    /// <param name="timestamp">Now, monotonic.</param>
    /// <param name="unixMs">Now.</param>
    /// <param name="pool">The pool that stood in the way.</param>
    /// <param name="missing">Its share that did.</param>
    public bool TryTake(in RateUse use, long timestamp, long unixMs, out RatePool? pool, out RateShare? missing)
    {
        (_taken, _takenUnixMs, _used, _isUsed) = (use, unixMs, default, false);
        var count = First.Length + Second.Length;
        for (var index = 0; index < count; index++)
        {
            pool = At(index);
            if (!pool.TryTake(use, timestamp, unixMs, out missing))
            {
                Return(index);
                return false;
            }
        }

        (pool, missing) = (null, null);
        return true;
    }

    /// <summary>Counts the request for the record, once it is admitted everywhere; −1 undoes it. One that goes on is counted already.</summary>
    public readonly void Count(int requests)
    {
        if (_taken.GoesOn)
        {
            return;
        }

        foreach (var pool in First)
        {
            pool.Count(requests, _takenUnixMs);
        }

        foreach (var pool in Second)
        {
            pool.Count(requests, _takenUnixMs);
        }
    }

    /// <summary>The request was sent and used so much; more may follow under the same claim.</summary>
    public void Note(in RateUse used) => (_used, _isUsed) = (_used.Plus(used), true);

    /// <summary>Gives back all that was taken.</summary>
    public readonly void Return() => Return(First.Length + Second.Length);

    /// <summary>Ends the claim: as used, with what was noted before; or given back where the request was not sent at all.</summary>
    /// <param name="admitted">Whether the request was sent, for all that is known beside what was noted.</param>
    /// <param name="used">What it used beside that.</param>
    /// <param name="unixMs">Now.</param>
    public readonly void Settle(bool admitted, in RateUse used, long unixMs)
    {
        if (!admitted && !_isUsed)
        {
            Count(-1);
            Return();
            return;
        }

        var all = _used.Plus(used);
        foreach (var pool in First)
        {
            pool.Settle(_taken, all, _takenUnixMs, unixMs);
        }

        foreach (var pool in Second)
        {
            pool.Settle(_taken, all, _takenUnixMs, unixMs);
        }
    }

    private readonly RatePool At(int index) => index < First.Length ? First[index] : Second[index - First.Length];

    private readonly void Return(int count)
    {
        for (var index = 0; index < count; index++)
        {
            At(index).Return(_taken, _takenUnixMs);
        }
    }
}
