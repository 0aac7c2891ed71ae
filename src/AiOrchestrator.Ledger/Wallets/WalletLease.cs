namespace AiOrchestrator.Ledger.Wallets;

/// <summary>The wallet's side of one lease: an amount of one period set aside for one holder, until a time.</summary>
internal sealed class WalletLease(WalletBook book)
{
    /// <summary>The period it belongs to, for life.</summary>
    public WalletBook Book { get; } = book;

    public long AppliedSeq { get; set; }

    /// <summary>Cumulative: what the holder may spend over the life of the lease.</summary>
    public long GrantedNanoUsd { get; set; }

    /// <summary>Cumulative: what the holder said it has spent.</summary>
    public long ReportedNanoUsd { get; set; }

    /// <summary>What open holds claimed when the holder last reported.</summary>
    public long HeldNanoUsd { get; set; }

    /// <summary>Cumulative: calls a shadow limit would have refused, as reported.</summary>
    public long ShadowRefusedCalls { get; set; }

    /// <summary>After this wallet time the remainder goes to suspense.</summary>
    public long ReclaimAtUnixMs { get; set; }

    /// <summary>What the wallet must still answer for: never negative, for a holder may have spent above its grant.</summary>
    public long RemainderNanoUsd => Math.Max(0, GrantedNanoUsd - ReportedNanoUsd);
}

/// <summary>A lease that was given up or reclaimed, remembered so that a late message finds it.</summary>
internal sealed class EndedLease(WalletBook book)
{
    public WalletBook Book { get; } = book;

    public required long ReportedNanoUsd { get; set; }

    /// <summary>What of the reclaimed remainder is still unexplained; 0 for a lease that was given up.</summary>
    public required long SuspenseNanoUsd { get; set; }

    /// <summary>What was charged though nobody had explained it; a late report explains this first.</summary>
    public long UnattributedNanoUsd { get; set; }

    public required long ForgetAtUnixMs { get; init; }
}

/// <summary>A holder that waits for money of a period which is out in leases. What comes back is kept for the oldest.</summary>
/// <param name="LeaseId">Who waits.</param>
/// <param name="Book">The period whose money it waits for; that of others is free to others.</param>
/// <param name="NeedNanoUsd">What it lacks.</param>
/// <param name="UntilUnixMs">Forgotten then, unless it is repeated.</param>
internal readonly record struct Claim(UInt128 LeaseId, WalletBook Book, long NeedNanoUsd, long UntilUnixMs);
