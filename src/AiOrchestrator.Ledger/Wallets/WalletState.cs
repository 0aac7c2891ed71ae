using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Ledger.Wallets;

/// <summary>What anybody may see of a wallet at one moment, as of the current period. All amounts in nano-dollars.</summary>
/// <param name="Id">The wallet.</param>
/// <param name="Settings">What it enforces.</param>
/// <param name="Period">The period the figures belong to.</param>
/// <param name="PeriodNumber">1 for the first, growing by one.</param>
public sealed record WalletState(string Id, WalletSettings Settings, Period Period, int PeriodNumber)
{
    /// <summary>The standing limit: the most that may be spent in the period; null tracks only.</summary>
    public long? LimitNanoUsd => Settings.LimitNanoUsd;

    /// <summary>Added to the period's allowance.</summary>
    public long ToppedUpNanoUsd { get; init; }

    /// <summary>Came from other wallets in the period.</summary>
    public long TransferredInNanoUsd { get; init; }

    /// <summary>Went to other wallets in the period, what is reserved for it included.</summary>
    public long TransferredOutNanoUsd { get; init; }

    /// <summary>Settled and reported.</summary>
    public long SpentNanoUsd { get; init; }

    /// <summary>Claimed by open holds, as last reported by the holders.</summary>
    public long HeldNanoUsd { get; init; }

    /// <summary>Out in leases and not reported spent; what is held is part of it.</summary>
    public long LeasedNanoUsd { get; init; }

    /// <summary>Started calls whose end nobody has reported.</summary>
    public long SuspenseNanoUsd { get; init; }

    /// <summary>What is committed above limit and overdraft; while it stands nothing is granted.</summary>
    public long OverrunNanoUsd { get; init; }

    /// <summary>What of earlier periods is still out in leases.</summary>
    public long EarlierLeasedNanoUsd { get; init; }

    /// <summary>What of earlier periods is in suspense.</summary>
    public long EarlierSuspenseNanoUsd { get; init; }

    /// <summary>Calls of the period that were let through only because the wallet is a shadow.</summary>
    public long ShadowRefusedCalls { get; init; }

    /// <summary>Percentages crossed in the period, ascending; 100 is the whole allowance.</summary>
    public IReadOnlyList<int> CrossedPercents { get; init; } = [];

    /// <summary>Ids of transfers that are prepared and not decided.</summary>
    public IReadOnlyList<string> PendingTransfers { get; init; } = [];

    /// <summary>A closed wallet grants nothing more.</summary>
    public bool Closed { get; init; }

    /// <summary>A frozen wallet grants nothing until it is unfrozen.</summary>
    public bool Frozen { get; init; }

    /// <summary>What may be spent in the period without overdraft; null without a limit.</summary>
    public long? AllowanceNanoUsd { get; init; }

    /// <summary>When the figures begin anew; null for never.</summary>
    public long? ResetsUnixMs => Period.EndUnixMs == long.MaxValue ? null : Period.EndUnixMs;

    /// <summary>The overdraft in force.</summary>
    public long OverdraftNanoUsd => Settings.OverdraftNanoUsd;

    /// <summary>What a new call could still get: never negative. <see cref="long.MaxValue"/> without a limit.</summary>
    public long AvailableNanoUsd => AllowanceNanoUsd is not { } allowance
        ? long.MaxValue
        : Math.Max(0, allowance + OverdraftNanoUsd - SpentNanoUsd - SuspenseNanoUsd - HeldNanoUsd);
}

/// <summary>One lease as the wallet sees it: who sits on how much. All amounts in nano-dollars.</summary>
/// <param name="LeaseId">The lease.</param>
/// <param name="Period">The id of the period it belongs to.</param>
/// <param name="RemainderNanoUsd">Granted and not reported spent.</param>
/// <param name="HeldNanoUsd">Of it, claimed by open holds when the holder last reported.</param>
/// <param name="SpentNanoUsd">Reported spent over the lease's life.</param>
/// <param name="WaitsForNanoUsd">What its oldest waiting call needs and did not get; 0 when none waits.</param>
/// <param name="ReclaimAtUnixMs">When the remainder goes to suspense if the holder stays silent.</param>
public readonly record struct LeaseView(
    UInt128 LeaseId, string Period, long RemainderNanoUsd, long HeldNanoUsd, long SpentNanoUsd, long WaitsForNanoUsd, long ReclaimAtUnixMs);

/// <summary>A lease whose holder fell silent, and of which something is in suspense. All amounts in nano-dollars.</summary>
/// <param name="LeaseId">The lease.</param>
/// <param name="PeriodNumber">The number of the period it belongs to.</param>
/// <param name="ReportedNanoUsd">Cumulative: what was reported spent, late reports included.</param>
/// <param name="SuspenseNanoUsd">What is still unexplained; above 0.</param>
/// <param name="ReclaimedUnixMs">When the wallet took its remainder into suspense.</param>
public readonly record struct ReclaimedLease(
    UInt128 LeaseId, int PeriodNumber, long ReportedNanoUsd, long SuspenseNanoUsd, long ReclaimedUnixMs);
