using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Simulation;

/// <summary>One seed: a while in which everything goes wrong, then a while in which it comes to rest.</summary>
internal sealed class SimRun
{
    private const long DayMs = 86_400_000;
    private readonly List<SimInstance> _instances = [];
    private readonly List<SimTransfer> _transfers = [];
    private int _lives;
    private int _unfreezing;
    private int _disputing;

    public SimRun(long seed, Action<string>? follow = null, bool entities = false)
    {
        Seed = seed;
        Random = new SimRandom(seed);
        Plan = new SimPlan(Random);
        World = new SimWorld(new SimTrace { Follow = follow }, Plan.StartUnixMs);
        Auditor = new SimAuditor(World, Plan);
        Authority = entities ? new SimEntityAuthority(this) : new SimAuthority(this);
    }

    public long Seed { get; }

    public SimRandom Random { get; }

    public SimPlan Plan { get; }

    public SimWorld World { get; }

    public SimAuditor Auditor { get; }

    public ISimAuthority Authority { get; }

    /// <summary>Nothing goes wrong any more.</summary>
    public bool IsQuiet { get; private set; }

    public int[] Outcomes { get; } = new int[6];

    public long LongestWaitMs { get; private set; }

    /// <summary>A caller waits 2 s at most, whatever the network does; a timer may be late by its unit.</summary>
    private const long MostWaitMs = 2_001;

    /// <summary>Runs a seed to its end; what is broken is a <see cref="SimFailure"/> that says how to see it again.</summary>
    public static SimRun Play(long seed, Action<string>? follow = null, bool entities = false)
    {
        var before = SynchronizationContext.Current;
        var run = new SimRun(seed, follow, entities);
        SynchronizationContext.SetSynchronizationContext(run.World);
        try
        {
            run.Play();
            return run;
        }
        catch (Exception failure)
        {
            // Whatever it is, it comes with its seed and with what led to it.
            throw new SimFailure($"Seed {seed} (AO_SIM_SEEDS={seed}-{seed} plays it again):\n{run.World.Trace}\n{failure.Message}\n{failure.StackTrace}");
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    public void Waited(long ms)
    {
        LongestWaitMs = Math.Max(ms, LongestWaitMs);
        if (ms > MostWaitMs)
        {
            World.Trace.Fail($"A caller waited {ms} ms.");
        }
    }

    private void Play()
    {
        for (var number = 0; number < Plan.Instances; number++)
        {
            Start(number);
        }

        Schedule(Plan.Calls, Call);
        Schedule(Plan.Commands, Command);
        Schedule(Plan.Transfers, Transfer);
        Schedule(Plan.InstanceCrashes, Crash);
        Schedule(Plan.Sleeps, () => Any().Sleep(Random.Chance(500) ? Random.Between(1_000, 60_000) : Random.Between(60_000, 3_600_000)));
        if (Plan.AuthorityCrashPermille > 0)
        {
            Schedule(Random.Below(3), Authority.Crash);
        }

        Schedule(3, Authority.Tick);
        World.RunUntil(Plan.StartUnixMs + Plan.ActiveMs);
        Rest();
    }

    private void Rest()
    {
        IsQuiet = Authority.IsQuiet = true;
        World.Trace.Add(World.NowMs, "nothing goes wrong any more", 0);

        // A sleeper sleeps an hour at most, a call runs a quarter of one.
        var latest = World.NowMs + (3 * 3_600_000);
        Expect(World.RunUntil(() => _unfreezing == 0 && _disputing == 0 && _transfers.TrueForAll(static t => t.IsDone), latest), "every transfer and every dispute comes to an end");
        Expect(World.RunUntil(() => _instances.TrueForAll(i => i.IsIdle && i.AsleepUntilMs < World.NowMs - 1_000), latest), "every call and every waiter comes to an end");
        foreach (var instance in _instances)
        {
            instance.StopTicking();
        }

        // Messages that were delayed by minutes still arrive, and mean nothing.
        World.RunUntil(World.NowMs + 20_000);
        foreach (var instance in _instances)
        {
            var closing = instance.Book.DisposeAsync().AsTask();
            Expect(World.RunUntil(() => closing.IsCompleted, latest + 3_600_000), "every instance can stop");
            closing.GetAwaiter().GetResult();
        }

        World.RunUntil(World.NowMs + Plan.Terms.CallMaxMs + 600_000);
        Authority.Tick();
        World.RunUntil(World.NowMs + DayMs + 60_000);
        Authority.Tick();
        Authority.CheckAtRest();
        Expect(World.Trace.Failure is null, World.Trace.Failure ?? "");
    }

    private static void Expect(bool holds, string what)
    {
        if (!holds)
        {
            throw new SimFailure($"Broken: {what}.");
        }
    }

    private void Start(int number)
    {
        var instance = new SimInstance(this, number, _lives++, Random.Between(-Plan.SkewMs, Plan.SkewMs));
        _instances.RemoveAll(i => i.Number == number);
        _instances.Add(instance);
    }

    private void Schedule(int times, Action action)
    {
        for (; times > 0; times--)
        {
            World.After(Random.Between(0, Plan.ActiveMs), null, action);
        }
    }

    private SimInstance Any() => _instances[Random.Below(_instances.Count)];

    private void Call()
    {
        // Now and then many at once.
        for (var calls = Random.Chance(60) ? Random.Below(20) : 1; calls > 0; calls--)
        {
            var instance = Any();
            var amount = Random.Chance(100) ? Random.Between(500, 5_000) : Random.Between(Random.Chance(20) ? 0 : 1, 1_000);
            var leaf = Plan.Leaves[Random.Below(Plan.Leaves.Count)];
            long? gone = Random.Chance(80) ? Random.Between(0, 2_500) : null;
            World.After(0, instance, () => instance.Call(leaf, amount, gone));
        }
    }

    private void Command()
    {
        var wallet = Random.Below(Plan.Wallets.Count);
        var limit = Plan.Wallets[wallet].Settings.LimitNanoUsd ?? 5_000;
        if (Random.Chance(200))
        {
            _disputing++;
            Dispute(wallet, new WalletCommand.Suspend($"ex{World.Trace.Count}", Auditor.PeriodsOf(wallet), Random.Between(1, limit)));
            return;
        }

        WalletCommand command = Random.Below(12) switch
        {
            0 or 1 => new WalletCommand.TopUp($"top{World.Trace.Count}", Random.Between(1, limit)),
            2 or 3 => new WalletCommand.Freeze(),
            4 when Random.Chance(500) => new WalletCommand.Rerate($"rr{World.Trace.Count}", Random.Below(4), Random.Chance(500) ? Random.Between(1, limit / 4) : -Random.Between(1, 2_000)),
            4 => new WalletCommand.Adjust($"adj{World.Trace.Count}", Random.Chance(500) ? Random.Between(1, limit / 4) : -Random.Between(1, 200)),
            5 => new WalletCommand.ChangeOverdraft(Random.Below(3_000)),
            6 => new WalletCommand.ChangeShadow(Random.Chance(500)),
            7 => new WalletCommand.ChangePeriod(Random.Chance(500) ? PeriodRule.Lifetime : new PeriodRule(PeriodKind.Daily, 1, Random.Chance(500) ? "UTC" : "Asia/Tokyo")),
            _ => new WalletCommand.ChangeLimit(Random.Between(limit / 5, limit * 2)),
        };
        Apply(wallet, command);
        if (command is WalletCommand.Freeze)
        {
            _unfreezing++;
            World.After(Random.Between(500, 12_000), null, () => Unfreeze(wallet));
        }
    }

    /// <summary>More is claimed for a call than it was charged, and later that is decided: each said again until it is answered, and now and then once more.</summary>
    private void Dispute(int wallet, WalletCommand command) => Apply(wallet, command, outcome =>
    {
        if (outcome is null || Random.Chance(200))
        {
            World.After(1_000, null, () => Dispute(wallet, command));
        }
        else if (command is WalletCommand.Suspend s)
        {
            var settle = new WalletCommand.SettleDispute(s.Id, s.Period, s.AmountNanoUsd, Random.Between(0, s.AmountNanoUsd));
            World.After(Random.Between(100, 90_000), null, () => Dispute(wallet, settle));
        }
        else
        {
            _disputing--;
        }
    });

    private void Unfreeze(int wallet) => Apply(wallet, new WalletCommand.Unfreeze(), outcome =>
    {
        if (outcome is null)
        {
            World.After(1_000, null, () => Unfreeze(wallet));
        }
        else
        {
            _unfreezing--;
        }
    });

    private void Apply(int wallet, WalletCommand command, Action<WalletCommandOutcome?>? then = null) => Authority.Apply(wallet, command, outcome =>
    {
        var instance = Any();
        if (outcome is not null && Random.Chance(500))
        {
            World.After(Random.Between(0, Plan.LatencyMs), instance, () => instance.Watch(instance.ChangedAsync(Plan.Wallets[wallet].Id)));
        }

        then?.Invoke(outcome);
    });

    private void Transfer()
    {
        var (from, to) = (Random.Below(Plan.Wallets.Count), Random.Below(Plan.Wallets.Count));
        if (from == to)
        {
            return;
        }

        var transfer = new SimTransfer(this, $"t{_transfers.Count}", from, to, Random.Between(1, 5_000));
        _transfers.Add(transfer);
        transfer.Go();
    }

    private void Crash()
    {
        var instance = Any();
        instance.Crash();
        Auditor.Died(instance);
        _instances.Remove(instance);
        Start(instance.Number);
    }
}
