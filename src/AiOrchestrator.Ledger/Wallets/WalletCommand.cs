using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Ledger.Wallets;

/// <summary>What may be asked of a wallet beside lease reports. Each that is applied is one journal entry and one line of the statement.</summary>
public abstract record WalletCommand
{
    private WalletCommand()
    {
    }

    /// <summary>Begins a period. Keyed by the period's id: one that the wallet has begun before changes nothing.</summary>
    /// <param name="Period">Begins no earlier than the latest one ends.</param>
    public sealed record BeginPeriod(Period Period) : WalletCommand;

    /// <summary>Sets the limit from the current period on; null removes it. A limit below what is committed is accepted and leaves an overrun.</summary>
    /// <param name="LimitNanoUsd">0 or more, or null.</param>
    public sealed record ChangeLimit(long? LimitNanoUsd) : WalletCommand;

    /// <summary>Raises the standing limit.</summary>
    /// <param name="Id">Whoever repeats it with the same id changes nothing.</param>
    /// <param name="AmountNanoUsd">More than 0.</param>
    public sealed record RaiseLimit(string Id, long AmountNanoUsd) : WalletCommand;

    /// <summary>Sets how far above the limit calls are still admitted.</summary>
    /// <param name="BasisPoints">Of the limit; 0 to <see cref="WalletSettings.MaxOverdraftBasisPoints"/>.</param>
    public sealed record ChangeOverdraft(int BasisPoints) : WalletCommand;

    /// <summary>Sets the soft thresholds. Those the current period has passed already are crossed at once.</summary>
    /// <param name="Percents">As <see cref="WalletSettings.ThresholdPercents"/>.</param>
    public sealed record ChangeThresholds(IReadOnlyList<int> Percents) : WalletCommand
    {
        /// <inheritdoc/>
        public bool Equals(ChangeThresholds? other) => other is not null && Percents.SequenceEqual(other.Percents);

        /// <inheritdoc/>
        public override int GetHashCode() => Percents.Count;
    }

    /// <summary>Sets when periods begin. The latest period keeps its figures and ends when the new rule says.</summary>
    /// <param name="Rule">The rule from then on.</param>
    /// <param name="LatestEndsUnixMs">The first boundary of the new rule after now; 0 where the host is to find it (<see cref="Wallet.PeriodChange"/>).</param>
    public sealed record ChangePeriod(PeriodRule Rule, long LatestEndsUnixMs = 0) : WalletCommand;

    /// <summary>Turns shadow mode on or off.</summary>
    /// <param name="IsShadow">On.</param>
    public sealed record ChangeShadow(bool IsShadow) : WalletCommand;

    /// <summary>Adds to the current period's allowance.</summary>
    /// <param name="Id">Whoever repeats it with the same id changes nothing.</param>
    /// <param name="AmountNanoUsd">More than 0.</param>
    public sealed record TopUp(string Id, long AmountNanoUsd) : WalletCommand;

    /// <summary>Corrects what was spent, in the current period: a charge above 0, a refund below. A charge is never refused for want of money.</summary>
    /// <param name="Id">Whoever repeats it with the same id changes nothing.</param>
    /// <param name="AmountNanoUsd">Not 0; a refund is at most what was spent.</param>
    public sealed record Adjust(string Id, long AmountNanoUsd) : WalletCommand;

    /// <summary>First half of a transfer: below 0 reserves the amount of the current period's allowance, above 0 promises a credit, not usable yet.</summary>
    /// <param name="TransferId">The transfer.</param>
    /// <param name="AmountNanoUsd">Not 0.</param>
    public sealed record PrepareTransfer(string TransferId, long AmountNanoUsd) : WalletCommand;

    /// <summary>Second half of a transfer, in the period it was prepared in; never refused after it was prepared.</summary>
    /// <param name="TransferId">The transfer.</param>
    public sealed record CommitTransfer(string TransferId) : WalletCommand;

    /// <summary>Undoes a prepared transfer, or makes sure that one which was never prepared stays so.</summary>
    /// <param name="TransferId">The transfer.</param>
    public sealed record CancelTransfer(string TransferId) : WalletCommand;

    /// <summary>Grants nothing more until <see cref="Unfreeze"/>.</summary>
    public sealed record Freeze : WalletCommand;

    /// <summary>Ends <see cref="Freeze"/>.</summary>
    public sealed record Unfreeze : WalletCommand;

    /// <summary>Ends the wallet for good.</summary>
    public sealed record Close : WalletCommand;

    /// <summary>Decides what became of a started call whose end was never reported.</summary>
    /// <param name="Period">The number of the period the call belongs to.</param>
    /// <param name="HoldNanoUsd">What the call had put in suspense; at most what is there.</param>
    /// <param name="ChargeNanoUsd">What is charged for it; 0 releases it.</param>
    public sealed record ResolveSuspense(int Period, long HoldNanoUsd, long ChargeNanoUsd) : WalletCommand;

    /// <summary>
    /// Corrects what the calls of a period came to, after their price was corrected: a charge above 0, a refund below. Never refused for want of
    /// money. It is booked to the period of the calls; where that is not known any more, or has not so much to give back, to the current one.
    /// </summary>
    /// <param name="Id">The re-rating. Whoever repeats it with the same id and period changes nothing.</param>
    /// <param name="Period">The number of the period the calls belong to; 0 where it is not known.</param>
    /// <param name="AmountNanoUsd">Not 0.</param>
    public sealed record Rerate(string Id, int Period, long AmountNanoUsd) : WalletCommand
    {
        /// <summary>The id of the period, as far as the caller knows it: stands on the line when the wallet does not know the period any more.</summary>
        public string? PeriodId { get; init; }

        /// <summary>Where the amount goes; null where the wallet is to find it (<see cref="Wallet.Split"/>).</summary>
        public RerateSplit? Split { get; init; }
    }

    /// <summary>Puts what is claimed for a call beyond what it was charged in suspense, until <see cref="SettleDispute"/>. Never refused for want of money.</summary>
    /// <param name="Id">The call. Whoever repeats it with the same id changes nothing.</param>
    /// <param name="Period">The number of the period the call belongs to.</param>
    /// <param name="AmountNanoUsd">More than 0.</param>
    public sealed record Suspend(string Id, int Period, long AmountNanoUsd) : WalletCommand;

    /// <summary>Decides what was suspended for a call. What is not in suspense under its id, or not any more, changes nothing.</summary>
    /// <param name="Id">As it was suspended.</param>
    /// <param name="Period">As it was suspended.</param>
    /// <param name="SuspendedNanoUsd">As it was suspended.</param>
    /// <param name="ChargeNanoUsd">What of it is charged; the rest is released. At most what was suspended.</param>
    public sealed record SettleDispute(string Id, int Period, long SuspendedNanoUsd, long ChargeNanoUsd) : WalletCommand;
}

/// <summary>
/// Where the amount of a <see cref="WalletCommand.Rerate"/> goes: own and later amounts less the credit are the amount. A host makes it durable with
/// the command, for what was spent when it was found is not known to whoever replays.
/// </summary>
/// <param name="OwnNanoUsd">To what was spent in the calls' own period.</param>
/// <param name="LaterPeriod">The number of the period that was current.</param>
/// <param name="LaterNanoUsd">To what was spent in the current period: a correction of an earlier one.</param>
/// <param name="CreditNanoUsd">0 or more: a refund of more than was spent in either adds to the current period's allowance.</param>
public readonly record struct RerateSplit(long OwnNanoUsd, int LaterPeriod, long LaterNanoUsd, long CreditNanoUsd);

/// <summary>What became of a <see cref="WalletCommand"/>, in the order in which it is decided.</summary>
public enum WalletCommandOutcome
{
    /// <summary>No such wallet. Retrying does not help.</summary>
    WalletUnknown,

    /// <summary>It was applied before, or the wallet stands so already: nothing changed.</summary>
    AlreadyApplied,

    /// <summary>The transfer was committed or cancelled before. Retrying does not help.</summary>
    TransferFinished,

    /// <summary>No transfer of this id was prepared. Retrying does not help.</summary>
    TransferUnknown,

    /// <summary>
    /// An amount, percentage or period is outside its bounds, such as they are: a refund has at most what was spent. Retrying does not help.
    /// </summary>
    AmountOutOfRange,

    /// <summary>The wallet is closed. Retrying does not help.</summary>
    WalletClosed,

    /// <summary>The wallet is frozen. Retry when it is not.</summary>
    WalletFrozen,

    /// <summary>Open holds or suspense stand on the wallet. Retry when they are settled.</summary>
    CallsOutstanding,

    /// <summary>A transfer is prepared and not decided. Retry when it is.</summary>
    TransferPending,

    /// <summary>The amount is not there, even with every lease returned. Retry after the limit or the period changes.</summary>
    Exhausted,

    /// <summary>The amount is there, but out in leases; they are being called back. Retry soon.</summary>
    Contended,

    /// <summary>Done.</summary>
    Applied,
}
