using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Ledger.Wallets;

/// <summary>The figures of one period of a wallet. All amounts in nano-dollars.</summary>
internal sealed class WalletBook(int number, Period period)
{
    /// <summary>The most that is ever committed, limit or none: sums stay below the end of <see cref="long"/>.</summary>
    public const long MaxCommittedNanoUsd = 6 * Money.NanoUsd.MaxAmount;

    /// <summary>1 for the first, growing by one.</summary>
    public int Number { get; } = number;

    /// <summary>Its end moves when the rule of periods changes.</summary>
    public Period Period { get; set; } = period;

    /// <summary>The limit in force while the period was the latest.</summary>
    public long? LimitNanoUsd { get; set; }

    public long OverdraftNanoUsd { get; set; }

    public long ToppedUpNanoUsd { get; set; }

    public long TransferredInNanoUsd { get; set; }

    /// <summary>Reserved for transfers included.</summary>
    public long TransferredOutNanoUsd { get; set; }

    public long SpentNanoUsd { get; set; }

    public long LeasedNanoUsd { get; set; }

    public long SuspenseNanoUsd { get; set; }

    public long ShadowRefusedCalls { get; set; }

    /// <summary>One bit for each percentage that was crossed.</summary>
    public UInt128 Crossed { get; set; }

    /// <summary>What may be spent, without overdraft; null without a limit. Below 0 after more was transferred out than a lowered limit leaves.</summary>
    public long? AllowanceNanoUsd => LimitNanoUsd is { } limit ? limit + ToppedUpNanoUsd + TransferredInNanoUsd - TransferredOutNanoUsd : null;

    /// <summary>What may be committed: the allowance and the overdraft; null without a limit.</summary>
    public long? CeilingNanoUsd => AllowanceNanoUsd + OverdraftNanoUsd;

    public long CommittedNanoUsd => SpentNanoUsd + LeasedNanoUsd + SuspenseNanoUsd;

    public long FreeNanoUsd => Math.Max(0, (CeilingNanoUsd ?? MaxCommittedNanoUsd) - CommittedNanoUsd);

    /// <summary>What may be granted by a wallet that does not enforce its limit.</summary>
    public long RoomNanoUsd => Math.Max(0, MaxCommittedNanoUsd - CommittedNanoUsd);

    public long UnspentNanoUsd => CeilingNanoUsd is { } ceiling ? Math.Max(0, ceiling - SpentNanoUsd - SuspenseNanoUsd) : long.MaxValue;

    /// <summary>Exactly what is committed above the ceiling: it grows with it and falls with it.</summary>
    public long OverrunNanoUsd => CeilingNanoUsd is { } ceiling ? Math.Max(0, CommittedNanoUsd - ceiling) : 0;

    /// <summary>Takes the settings in force; only for the latest period, and the one before while both are open.</summary>
    public void Adopt(WalletSettings settings)
    {
        LimitNanoUsd = settings.LimitNanoUsd;
        OverdraftNanoUsd = settings.OverdraftNanoUsd;
    }

    /// <summary>Whether a percentage of the allowance is spent. Without a limit, and of an allowance of nothing, none ever is.</summary>
    public bool HasPassed(int percent) =>
        AllowanceNanoUsd is { } allowance and > 0 && (Int128)SpentNanoUsd * 100 >= (Int128)allowance * percent;

    public bool HasCrossed(int percent) => (Crossed >> percent & 1) != 0;

    public void Cross(int percent) => Crossed |= UInt128.One << percent;
}
