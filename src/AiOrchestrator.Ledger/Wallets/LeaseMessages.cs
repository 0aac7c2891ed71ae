using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Ledger.Wallets;

/// <summary>
/// The one kind of message a lease holder sends to its wallet. Every figure is cumulative or absolute, so a
/// duplicate, a late or a reordered message changes nothing. Amounts are 0 to <see cref="Money.NanoUsd.MaxAmount"/>; one outside is taken for
/// the nearest bound.
/// </summary>
/// <param name="LeaseId">96 random bits, new for every incarnation of a lease; never reused.</param>
/// <param name="Seq">Grows by one with every message of this lease; the wallet applies only a higher one.</param>
/// <param name="SentAtUnixMs">The holder's clock when it sent the message, milliseconds since 1970.</param>
/// <param name="SpentCumulativeNanoUsd">All that was settled through this lease since it was opened; never falls.</param>
/// <param name="HeldNanoUsd">What open holds claim of the lease now.</param>
/// <param name="KeepNanoUsd">
/// The holder's own remainder (its cap less its spend), lowered before it asks: the wallet takes back what is above it and nothing else.
/// </param>
/// <param name="TargetNanoUsd">The remainder the holder would like to have.</param>
/// <param name="NeedNanoUsd">What the oldest waiter needs beside what is held; 0 when nobody waits.</param>
/// <param name="Closing">The holder has no open hold and gives the lease up.</param>
public readonly record struct LeaseReport(
    UInt128 LeaseId,
    long Seq,
    long SentAtUnixMs,
    long SpentCumulativeNanoUsd,
    long HeldNanoUsd,
    long KeepNanoUsd,
    long TargetNanoUsd,
    long NeedNanoUsd,
    bool Closing)
{
    /// <summary>The number of the period a first message asks for; 0 for the current one. On a lease that is known it means nothing.</summary>
    public int PeriodNumber { get; init; }

    /// <summary>Calls admitted through this lease that the limit of a shadow wallet would have refused; cumulative.</summary>
    public long ShadowRefusedCalls { get; init; }
}

/// <summary>What became of a <see cref="LeaseReport"/>, in the order in which it is decided: the first that holds is the answer.</summary>
public enum LeaseOutcome
{
    /// <summary>The lease was given up or reclaimed; a late report was booked. Retry with a new lease.</summary>
    LeaseEnded,

    /// <summary>The wallet is closed. Retrying does not help.</summary>
    WalletClosed,

    /// <summary>No lease of this id is known and the message is not a lease's first. Retry with a new lease.</summary>
    LeaseUnknown,

    /// <summary>The message would open a lease but is older than <see cref="LeaseTerms.OpenWithinMs"/>. Retry with a new message.</summary>
    MessageTooOld,

    /// <summary>
    /// The period the lease is on, or would be, has ended: a report was booked, and nothing is granted. Retry with a new lease on the current one.
    /// </summary>
    PeriodEnded,

    /// <summary>The message would open a lease on a period too far ahead. Retry nearer to its start.</summary>
    PeriodNotOpen,

    /// <summary>Not a higher sequence number than the last applied one: nothing changed. Read the state instead.</summary>
    Duplicate,

    /// <summary>The wallet has as many leases as it can carry. Retry later.</summary>
    TooManyLeases,

    /// <summary>The wallet is frozen; the report was booked. Retry when it is not.</summary>
    WalletFrozen,

    /// <summary>Even with every lease returned the need does not fit. Retry after the limit or the period changes.</summary>
    Exhausted,

    /// <summary>The need fits the budget, but the money is out in leases and holds. Retry soon.</summary>
    Contended,

    /// <summary>The need (or nothing) was asked for, and is granted.</summary>
    Granted,
}

/// <summary>The wallet's answer to a <see cref="LeaseReport"/>.</summary>
/// <param name="Outcome">What happened.</param>
/// <param name="AppliedSeq">The last sequence number applied to this lease; <paramref name="GrantedNanoUsd"/> counts only when it is the holder's latest.</param>
/// <param name="GrantedNanoUsd">The cumulative amount the lease may spend, what it has spent already included.</param>
/// <param name="UnspentNanoUsd">Limit less spent and suspense: what a single call could at most get. <see cref="long.MaxValue"/> without a limit.</param>
/// <param name="ValidForMs">How long after its message was sent the holder may admit calls on the grant.</param>
/// <param name="RenewEveryMs">How often the holder should report.</param>
/// <param name="Pressure">Somebody waits for money that is out in leases: return what no hold needs.</param>
public readonly record struct LeaseReply(
    LeaseOutcome Outcome,
    long AppliedSeq,
    long GrantedNanoUsd,
    long UnspentNanoUsd,
    long ValidForMs,
    long RenewEveryMs,
    bool Pressure)
{
    /// <summary>The number of the period the lease belongs to; 0 without a lease.</summary>
    public int PeriodNumber { get; init; }

    /// <summary>That period, by the wallet's clock: after its end no call is admitted on the lease.</summary>
    public Period Period { get; init; }

    /// <summary>The wallet is a shadow and has granted a need its limit would have refused: until that is back, calls are admitted and counted.</summary>
    public bool OverShadowLimit { get; init; }
}

/// <summary>The bounds a wallet works within. All times in milliseconds.</summary>
/// <param name="CallMaxMs">The longest a call may run, drain included; a lease is reclaimed only this long after it stopped admitting.</param>
public sealed record LeaseTerms(long CallMaxMs)
{
    /// <summary>Slack for a holder's last report after its longest call has ended.</summary>
    public long GraceMs { get; init; } = 10_000;

    /// <summary>A lease is opened only by a message younger than this.</summary>
    public long OpenWithinMs { get; init; } = 60_000;

    /// <summary>How far ahead of its start a period may be opened by a holder that prepares for it.</summary>
    public long OpenAheadMs { get; init; } = 60_000;

    /// <summary>How long the id of a lease that was given up is remembered; longer than <see cref="OpenWithinMs"/>.</summary>
    public long RememberClosedMs { get; init; } = 120_000;

    /// <summary>How long the id of a reclaimed lease is remembered: its holder may have slept, and its report is never rejected.</summary>
    public long RememberReclaimedMs { get; init; } = 48 * 3_600_000;

    /// <summary>How long what a reclaimed lease left unexplained stays in suspense.</summary>
    public long SuspenseMs { get; init; } = 24 * 3_600_000;

    /// <summary>What becomes of it then: false charges it as unattributed, true releases it.</summary>
    public bool ReleaseUnattributed { get; init; }

    /// <summary>How long the ids of top-ups, adjustments and finished transfers are remembered: longer than anybody retries one.</summary>
    public long RememberCommandsMs { get; init; } = 72 * 3_600_000;

    /// <summary>How long a contended request keeps <see cref="LeaseReply.Pressure"/> raised.</summary>
    public long PressureMs { get; init; } = 5_000;

    /// <summary>How long what comes back is kept for a contended request: it asks again several times in that time, or nobody waits any more.</summary>
    public long ClaimMs { get; init; } = 2_000;

    /// <summary>Leases per wallet: 200 keep a wallet's state under 33 KB.</summary>
    public int MaxLeases { get; init; } = 200;

    /// <summary>
    /// Leases per wallet that ended and are still remembered, beside <see cref="MaxLeases"/>. Where there are as many, those that were explained are
    /// forgotten early, and where that is not enough no lease is opened until some are.
    /// </summary>
    public int MaxEndedLeases { get; init; } = 400;

    /// <summary>Holders report every 10 s, less often the more of them there are: a wallet hears five messages a second at most.</summary>
    public static long RenewEveryMs(int leases) => Math.Max(10_000, 200L * leases);

    /// <summary>A grant outlives two lost renewals.</summary>
    public static long ValidForMs(int leases) => 3 * RenewEveryMs(leases);
}
