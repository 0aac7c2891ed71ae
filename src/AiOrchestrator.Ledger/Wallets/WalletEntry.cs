namespace AiOrchestrator.Ledger.Wallets;

/// <summary>Where an amount comes from and goes to. The balance of an account is what was credited less what was debited.</summary>
public enum Account
{
    /// <summary>No amount moves.</summary>
    None,

    /// <summary>Outside: whoever sets limits and tops up.</summary>
    Funding,

    /// <summary>What may be spent in the period; its balance is limit, overdraft, top-ups and transfers less spent and suspense.</summary>
    Allowance,

    /// <summary>Settled calls and adjustments.</summary>
    Spent,

    /// <summary>Started calls whose end nobody has reported, and what is claimed for calls and disputed.</summary>
    Suspense,

    /// <summary>On the way to or from other wallets.</summary>
    Transfers,
}

/// <summary>Why a line stands on the statement.</summary>
public enum EntryReason
{
    /// <summary>A period began with the limit and overdraft in force.</summary>
    PeriodOpened,

    /// <summary>The standing limit changed.</summary>
    LimitChanged,

    /// <summary>The overdraft changed.</summary>
    OverdraftChanged,

    /// <summary>The soft thresholds changed.</summary>
    ThresholdsChanged,

    /// <summary>The rule of periods changed.</summary>
    PeriodChanged,

    /// <summary>Shadow mode was turned on or off.</summary>
    ShadowChanged,

    /// <summary>The period's allowance was topped up.</summary>
    ToppedUp,

    /// <summary>What was spent was corrected.</summary>
    Adjusted,

    /// <summary>Reserved for a transfer to another wallet.</summary>
    TransferReserved,

    /// <summary>A credit from another wallet was promised.</summary>
    TransferPromised,

    /// <summary>A transfer to or from another wallet was carried out.</summary>
    Transferred,

    /// <summary>A prepared transfer was undone.</summary>
    TransferCancelled,

    /// <summary>Nothing more is granted.</summary>
    Frozen,

    /// <summary>Grants go on.</summary>
    Unfrozen,

    /// <summary>The wallet ended.</summary>
    Closed,

    /// <summary>A lease holder reported what calls cost.</summary>
    SpendReported,

    /// <summary>A lease was reclaimed with a remainder nobody explained.</summary>
    LeaseReclaimed,

    /// <summary>What was unexplained was charged after its time.</summary>
    Unattributed,

    /// <summary>What was in suspense was released: after its time, because a report explained it, or by a decision.</summary>
    SuspenseReleased,

    /// <summary>What was in suspense for a call was charged, by rule or by a person's decision.</summary>
    SuspenseCharged,

    /// <summary>A started call without an end was found.</summary>
    CallUnfinished,

    /// <summary>Spending passed a threshold, for the first time in the period.</summary>
    ThresholdCrossed,

    /// <summary>A shadow wallet's limit would have refused calls.</summary>
    ShadowRefused,

    /// <summary>What calls came to was corrected after their price was.</summary>
    Rerated,

    /// <summary>More is claimed for a call than it was charged.</summary>
    UsageDisputed,
}

/// <summary>One line of double entry: an amount out of one account into another.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Period">The id of the period it belongs to.</param>
/// <param name="Debit">Where the amount comes from.</param>
/// <param name="Credit">Where it goes.</param>
/// <param name="AmountNanoUsd">0 or more.</param>
/// <param name="Reference">What it is about: a transfer's id, a lease's; or null.</param>
/// <param name="Count">A threshold's percentage, a number of calls; or 0.</param>
public readonly record struct WalletEntry(
    EntryReason Reason, string Period, Account Debit, Account Credit, long AmountNanoUsd, string? Reference = null, int Count = 0)
{
    /// <summary>Of a threshold: what was spent in the period when it was crossed.</summary>
    public long SpentNanoUsd { get; init; }

    /// <summary>Of a correction that is booked to a later period than that of the calls: the id of the calls' period; else null.</summary>
    public string? Corrects { get; init; }

    internal static WalletEntry Note(EntryReason reason, string period, string? reference = null, int count = 0) =>
        new(reason, period, Account.None, Account.None, 0, reference, count);

    /// <summary>An amount that may be negative: then it flows the other way.</summary>
    internal static WalletEntry Move(EntryReason reason, string period, Account from, Account to, long amountNanoUsd, string? reference = null) =>
        amountNanoUsd >= 0
            ? new(reason, period, from, to, amountNanoUsd, reference)
            : new(reason, period, to, from, -amountNanoUsd, reference);
}
