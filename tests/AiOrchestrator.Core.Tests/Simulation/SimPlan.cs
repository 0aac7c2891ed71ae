using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Simulation;

/// <summary>What a seed says about a run before it starts: the tree, the instances, how bad the network is.</summary>
internal sealed class SimPlan
{
    private const long DayMs = 86_400_000;
    private const long FirstMidnightMs = 20_833 * DayMs;

    public SimPlan(SimRandom random)
    {
        Depth = 1 + random.Below(5);
        Instances = random.Chance(700) ? 1 + random.Below(4) : 1 + random.Below(10);
        ActiveMs = random.Between(8_000, 60_000);
        Calls = (int)random.Between(10, 90);
        StartUnixMs = FirstMidnightMs + (random.Chance(700) ? -random.Between(1_000, ActiveMs) : random.Between(0, DayMs / 2));
        Terms = new LeaseTerms(random.Chance(700) ? 60_000 : 900_000) { ReleaseUnattributed = random.Chance(200) };
        var isBad = random.Chance(600);
        DropPermille = isBad ? random.Below(150) : 0;
        DuplicatePermille = isBad ? random.Below(250) : 0;
        SlowPermille = isBad ? random.Below(80) : 0;
        LatencyMs = random.Between(0, 60);
        TimeoutMs = random.Between(1_000, 5_000);
        AuthorityCrashPermille = random.Chance(400) ? random.Below(30) : 0;
        InstanceCrashes = random.Chance(400) ? 1 + random.Below(3) : 0;
        Sleeps = random.Chance(200) ? 1 + random.Below(2) : 0;
        Commands = random.Chance(600) ? random.Below(8) : 0;
        Transfers = random.Chance(400) ? 1 + random.Below(3) : 0;
        SkewMs = random.Chance(500) ? random.Between(0, 45_000) : 0;
        CallsCostMore = random.Chance(200);
        MonotonicStops = random.Chance(500);
        Grow(random);
    }

    public int Depth { get; }

    public int Instances { get; }

    public long ActiveMs { get; }

    public int Calls { get; }

    public long StartUnixMs { get; }

    public LeaseTerms Terms { get; }

    public int DropPermille { get; }

    public int DuplicatePermille { get; }

    public int SlowPermille { get; }

    public long LatencyMs { get; }

    public long TimeoutMs { get; }

    public int AuthorityCrashPermille { get; }

    public int InstanceCrashes { get; }

    public int Sleeps { get; }

    public int Commands { get; }

    public int Transfers { get; }

    /// <summary>No instance's clock is further from the true time.</summary>
    public long SkewMs { get; }

    /// <summary>Some calls cost more than they held.</summary>
    public bool CallsCostMore { get; }

    /// <summary>The monotonic clock stands still in sleep.</summary>
    public bool MonotonicStops { get; }

    public List<(string Id, WalletSettings Settings)> Wallets { get; } = [];

    /// <summary>The wallets calls are made with.</summary>
    public List<string> Leaves { get; } = [];

    public WalletDirectory Directory { get; } = new(new MemoryDocumentStore());

    public int IndexOf(string walletId) => int.Parse(walletId.AsSpan(1));

    /// <summary>A chain from the root, and one to three wallets below it.</summary>
    private void Grow(SimRandom random)
    {
        var rule = random.Chance(600) ? new PeriodRule(PeriodKind.Daily, 1, "UTC") : PeriodRule.Lifetime;
        string? parent = null;
        for (var level = 1; level < Depth; level++)
        {
            parent = Add(random, rule, parent);
        }

        for (var leaves = 1 + random.Below(3); leaves > 0; leaves--)
        {
            Leaves.Add(Add(random, rule, parent));
        }
    }

    private string Add(SimRandom random, PeriodRule rule, string? parent)
    {
        var id = $"w{Wallets.Count}";
        var settings = new WalletSettings
        {
            LimitNanoUsd = random.Chance(50) ? null : random.Chance(300) ? random.Between(20_000, 200_000) : random.Between(300, 20_000),
            OverdraftBasisPoints = random.Chance(200) ? random.Below(3_000) : 0,
            Rule = random.Chance(850) ? rule : PeriodRule.Lifetime,
            IsShadow = random.Chance(50),
        };
        Wallets.Add((id, settings));
        Directory.Put("org", new StoredWallet(id, id, 0, parent), "");
        return id;
    }
}
