namespace AiOrchestrator.Core.Limits;

/// <summary>
/// One call's claim on every pool it counts in: what is taken for the caller goes with the request, what is taken for a route counts what that route used. A
/// value: it lives in the exchange and costs no allocation.
/// </summary>
internal struct RateHold
{
    /// <summary>The groups whose limits are told to the caller.</summary>
    public const int OwnGroups = 3;

    private RateClaim _own;
    private RateClaim _route;
    private RateUse _use;
    private bool _taken;
    private bool _goesOn;

    /// <summary>What is known of a call from the start, nothing taken yet.</summary>
    public RateHold(RatePool[] caller, RatePool[] wallets) => _own = new RateClaim(caller, wallets);

    /// <summary>What was taken.</summary>
    public readonly RateUse Taken => _use;

    /// <summary>The pools of the provider.</summary>
    public readonly RatePool[] OfProvider => _route.Second;

    /// <summary>The pools of a group, in the order in which they are asked; empty where none is known.</summary>
    public readonly RatePool[] Group(int index) => index switch
    {
        0 => _own.First,
        1 => _own.Second,
        2 => _route.First,
        _ => _route.Second,
    };

    /// <summary>What is known once its route is. A call's own limits come first, the provider's last.</summary>
    public void Route(RatePool[] model, RatePool[] provider) => _route = new RateClaim(model, provider);

    /// <summary>The caller's pools as they are now; only where nothing is taken.</summary>
    public void Renew(RatePool[] caller, RatePool[] wallets) => (_own, _route) = (new RateClaim(caller, wallets), default);

    /// <summary>Takes one request and what goes with it from every pool, all or nothing.</summary>
    /// <param name="clock">Now.</param>
    /// <param name="use">The most the call is expected to use.</param>
    /// <param name="pool">The pool that stood in the way.</param>
    /// <param name="missing">Its share that did.</param>
    public bool TryTake(RateClock clock, in RateUse use, out RatePool? pool, out RateShare? missing)
    {
        var (timestamp, unixMs) = (clock.Timestamp, clock.UnixMs);
        if (!_own.TryTake(use with { GoesOn = _goesOn }, timestamp, unixMs, out pool, out missing))
        {
            return false;
        }

        if (!_route.TryTake(use, timestamp, unixMs, out pool, out missing))
        {
            _own.Return();
            return false;
        }

        _own.Count(1);
        _route.Count(1);
        (_use, _taken) = (use, true);
        return true;
    }

    /// <summary>The route was asked, and used so much; more may follow at the same route, or at another.</summary>
    public void Note(in RateUse used)
    {
        _own.Note(used);
        _route.Note(used);
    }

    /// <summary>Another route that was asked beside this one used so much of what is the caller's.</summary>
    public void NoteBeside(in RateUse used) => _own.Note(used);

    /// <summary>
    /// Goes on at another route. The one before is settled with what it used, as one request, or gets all back where it was not asked; of the new one as much is
    /// taken, all or nothing.
    /// </summary>
    /// <param name="clock">Now.</param>
    /// <param name="model">The pools of the new model.</param>
    /// <param name="provider">The pools of the new provider.</param>
    /// <param name="pool">The pool that stood in the way.</param>
    /// <param name="missing">Its share that did.</param>
    public bool TryReroute(RateClock clock, RatePool[] model, RatePool[] provider, out RatePool? pool, out RateShare? missing)
    {
        (pool, missing) = (null, null);
        if (!_taken || _route.IsOf(model, provider))
        {
            return true;
        }

        EndRoute(clock);
        var wanted = new RateClaim(model, provider);
        if (!wanted.TryTake(_use, clock.Timestamp, clock.UnixMs, out pool, out missing))
        {
            return false;
        }

        wanted.Count(1);
        _route = wanted;
        return true;
    }

    /// <summary>Goes on where another exchange of the same request leaves off: with all that has, or with a route of its own in the place of the other's.</summary>
    /// <param name="clock">Now.</param>
    /// <param name="from">The other's; nothing is left of it.</param>
    public void TakeOver(RateClock clock, ref RateHold from)
    {
        if (_taken)
        {
            from.EndRoute(clock);
            (_own, _use) = (from._own, from._use);
        }
        else
        {
            this = from;
        }

        from = default;
    }

    /// <summary>Nothing is held while the call waits. What is taken afterwards is of the same request: the caller's limits do not count it again.</summary>
    public void Rest(RateClock clock)
    {
        Settle(clock, admitted: false, default);
        _goesOn = true;
    }

    /// <summary>Ends the claim, once. A call that was refused counts nothing; one that was sent counts what it used.</summary>
    public void Settle(RateClock clock, bool admitted, in RateUse used)
    {
        if (!_taken)
        {
            return;
        }

        _taken = false;
        var unixMs = clock.UnixMs;
        _own.Settle(admitted, used, unixMs);
        _route.Settle(admitted, used, unixMs);
    }

    private void EndRoute(RateClock clock)
    {
        _route.Settle(admitted: false, default, clock.UnixMs);
        _route = default;
    }
}
