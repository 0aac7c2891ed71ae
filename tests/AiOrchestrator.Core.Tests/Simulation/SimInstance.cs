using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Core.Tests.Simulation;

/// <summary>One life of one gateway instance: the real book of leases, and the calls that are under way.</summary>
internal sealed class SimInstance
{
    private const long TickMs = 1_000;
    private readonly SimRun _run;
    private readonly List<SimCall> _open = [];
    private int _waiting;
    private bool _ticking;

    public SimInstance(SimRun run, int number, int life, long offsetMs)
    {
        (_run, Number, Life) = (run, number, life);
        Clock = new SimClock(run.World, this) { OffsetMs = offsetMs };
        Book = new LeaseBook(
            run.Authority.WayOf(this), run.Plan.Directory, new IdSource(Clock, run.Random.Fill), Clock, NullLogger<LeaseBook>.Instance);
        Watch(Book.RenewLowAsync(CancellationToken.None));
        _ticking = true;
        run.World.After(run.Random.Between(0, TickMs), this, () => Watch(TickAsync()));
    }

    public int Number { get; }

    /// <summary>Unique over the run: after a crash it is another.</summary>
    public int Life { get; }

    public SimClock Clock { get; }

    public LeaseBook Book { get; }

    public bool IsAlive { get; private set; } = true;

    public long AsleepUntilMs { get; private set; }

    public int TimesAsleep { get; private set; }

    public bool IsIdle => _open.Count == 0 && _waiting == 0;

    public void Call(string walletId, long amountNanoUsd, long? cancelAfterMs) => Watch(CallAsync(walletId, amountNanoUsd, cancelAfterMs));

    public void Sleep(long ms)
    {
        if (AsleepUntilMs > _run.World.NowMs)
        {
            return;
        }

        (AsleepUntilMs, TimesAsleep) = (_run.World.NowMs + ms, TimesAsleep + 1);
        Clock.StoodStillMs += _run.Plan.MonotonicStops ? ms : 0;
        Trace("sleeps ms", ms);
    }

    public void Crash()
    {
        IsAlive = false;
        Trace("crashes with open calls, waiting", _open.Count, _waiting);
        foreach (var call in _open)
        {
            _run.Auditor.Lost(call);
        }
    }

    public void StopTicking() => _ticking = false;

    /// <summary>A wallet was changed through this instance.</summary>
    public async Task ChangedAsync(string walletId)
    {
        try
        {
            await Book.ChangedAsync(walletId, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // The network lost it: the next renewal tells.
            Trace("was not told of a change", _run.Plan.IndexOf(walletId));
        }
    }

    /// <summary>Nothing that runs by itself may fail.</summary>
    public async void Watch(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception failure)
        {
            // Whatever it is, it is a finding.
            _run.World.Trace.Fail(failure.ToString());
        }
    }

    private async Task TickAsync()
    {
        await Book.RenewDueAsync(CancellationToken.None);
        if (_ticking)
        {
            _run.World.After(_run.IsQuiet && IsIdle ? 10 * TickMs : TickMs, this, () => Watch(TickAsync()));
        }
    }

    private async Task CallAsync(string walletId, long amountNanoUsd, long? cancelAfterMs)
    {
        using var gone = new CancellationTokenSource();
        if (cancelAfterMs is { } ms)
        {
            _run.World.After(ms, this, () =>
            {
                Trace("caller goes");
                Cancel(gone);
            });
        }

        var (since, asleep) = (_run.World.NowMs, TimesAsleep);
        _waiting++;
        HoldResult result;
        try
        {
            result = await Book.HoldAsync(Book.PathOf(walletId), amountNanoUsd, gone.Token);
        }
        catch (OperationCanceledException)
        {
            // The caller left: nothing is held.
            return;
        }
        finally
        {
            _waiting--;
        }

        if (asleep == TimesAsleep)
        {
            _run.Waited(_run.World.NowMs - since);
        }

        Trace(result.Outcome.ToString(), _run.Plan.IndexOf(walletId), amountNanoUsd, result.UnspentNanoUsd);
        _run.Outcomes[(int)result.Outcome]++;
        if (result.Outcome == HoldOutcome.Held)
        {
            var call = new SimCall(this, result.Hold);
            _open.Add(call);
            _run.Auditor.Held(call);
            _run.World.After(_run.Random.Chance(900) ? _run.Random.Between(0, 30) : _run.Random.Between(0, 20_000), this, () => Send(call));
        }
    }

    private static void Cancel(CancellationTokenSource gone)
    {
        try
        {
            gone.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call was answered before its caller left.
            return;
        }
    }

    /// <summary>Just before anything is sent upstream.</summary>
    private void Send(SimCall call)
    {
        if (!Book.StillAdmits(call.Hold))
        {
            Settle(call, 0);
            return;
        }

        call.IsSent = true;
        _run.Auditor.Admitted(call);
        var longest = _run.Plan.Terms.CallMaxMs;
        var ms = _run.Random.Chance(900) ? _run.Random.Between(10, 3_000) : _run.Random.Between(10, longest);
        _run.World.After(ms, this, () => Settle(call, CostOf(call)));
    }

    private long CostOf(SimCall call)
    {
        var hold = call.Hold.AmountNanoUsd;
        return _run.Random.Chance(100) ? 0
            : _run.Plan.CallsCostMore && _run.Random.Chance(100) ? hold + _run.Random.Between(1, hold)
            : _run.Random.Chance(300) ? hold : _run.Random.Between(0, hold);
    }

    private void Settle(SimCall call, long costNanoUsd)
    {
        Trace("settles hold, cost", call.Hold.AmountNanoUsd, costNanoUsd);
        _open.Remove(call);
        _run.Auditor.Settled(call, costNanoUsd);
        LeaseBook.Settle(ref call.Hold, costNanoUsd);
    }

    private void Trace(string what, long a = 0, long b = 0, long c = 0) => _run.World.Trace.Add(_run.World.NowMs, what, Number, a, b, c);
}

/// <summary>A call that holds money, as the simulator saw it.</summary>
internal sealed class SimCall
{
    public Hold Hold;

    public SimCall(SimInstance instance, Hold hold)
    {
        (Instance, Hold, AmountNanoUsd) = (instance, hold, hold.AmountNanoUsd);
        Levels = new (string, int)[hold.Path!.Slots.Length];
        for (var level = 0; level < Levels.Length; level++)
        {
            Levels[level] = (hold.Path.Slots[level].WalletId, hold.At(level).PeriodNumber);
        }
    }

    public SimInstance Instance { get; }

    public long AmountNanoUsd { get; }

    /// <summary>The provider has it: it costs money from here on.</summary>
    public bool IsSent { get; set; }

    /// <summary>The wallets it is paid from, and the number of the period in each.</summary>
    public (string WalletId, int Period)[] Levels { get; }
}
