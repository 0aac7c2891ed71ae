namespace AiOrchestrator.Ledger.Wallets;

/// <summary>What anybody may see of a wallet at one moment. All amounts in nano-dollars.</summary>
/// <param name="Id">The wallet.</param>
/// <param name="LimitNanoUsd">The most that may be spent in the period; null tracks only.</param>
/// <param name="SpentNanoUsd">Settled and reported.</param>
/// <param name="HeldNanoUsd">Claimed by open holds, as last reported by the holders.</param>
/// <param name="LeasedNanoUsd">Out in leases and not reported spent; what is held is part of it.</param>
/// <param name="SuspenseNanoUsd">Started calls whose end nobody has reported.</param>
/// <param name="OverrunNanoUsd">What is committed above the limit; while it stands nothing is granted.</param>
/// <param name="Period">The id of the period the figures belong to.</param>
/// <param name="Closed">A closed wallet grants nothing more.</param>
public sealed record WalletState(
    string Id,
    long? LimitNanoUsd,
    long SpentNanoUsd,
    long HeldNanoUsd,
    long LeasedNanoUsd,
    long SuspenseNanoUsd,
    long OverrunNanoUsd,
    string Period,
    bool Closed)
{
    /// <summary>What a new call could still get: limit less spent, suspense and held; never negative. <see cref="long.MaxValue"/> without a limit.</summary>
    public long AvailableNanoUsd => LimitNanoUsd is not { } limit
        ? long.MaxValue
        : Math.Max(0, limit - SpentNanoUsd - SuspenseNanoUsd - HeldNanoUsd);
}

/// <summary>What may be asked of a wallet beside lease reports. Each is one journal entry.</summary>
public abstract record WalletCommand
{
    private WalletCommand()
    {
    }

    /// <summary>Sets the limit; null removes it. A limit below what is committed is accepted and leaves an overrun.</summary>
    /// <param name="LimitNanoUsd">0 or more, or null.</param>
    public sealed record ChangeLimit(long? LimitNanoUsd) : WalletCommand;

    /// <summary>Ends the wallet for good.</summary>
    public sealed record Close : WalletCommand;

    /// <summary>Decides what became of a started call whose end was never reported.</summary>
    /// <param name="HoldNanoUsd">What the call had put in suspense.</param>
    /// <param name="ChargeNanoUsd">What is charged for it; 0 releases it.</param>
    public sealed record ResolveSuspense(long HoldNanoUsd, long ChargeNanoUsd) : WalletCommand;
}

/// <summary>What became of a <see cref="WalletCommand"/>, in the order in which it is decided.</summary>
public enum WalletCommandOutcome
{
    /// <summary>No such wallet.</summary>
    WalletUnknown,

    /// <summary>The wallet is closed. Retrying does not help.</summary>
    WalletClosed,

    /// <summary>An amount is negative or larger than what it is taken from. Retrying does not help.</summary>
    AmountOutOfRange,

    /// <summary>Open holds or suspense stand on the wallet. Retry when they are settled.</summary>
    CallsOutstanding,

    /// <summary>Done.</summary>
    Applied,
}
