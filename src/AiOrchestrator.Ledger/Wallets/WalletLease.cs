namespace AiOrchestrator.Ledger.Wallets;

/// <summary>The wallet's side of one lease: an amount set aside for one holder, until a time.</summary>
internal sealed class WalletLease
{
    public long AppliedSeq { get; set; }

    /// <summary>Cumulative: what the holder may spend over the life of the lease.</summary>
    public long GrantedNanoUsd { get; set; }

    /// <summary>Cumulative: what the holder said it has spent.</summary>
    public long ReportedNanoUsd { get; set; }

    /// <summary>What open holds claimed when the holder last reported.</summary>
    public long HeldNanoUsd { get; set; }

    /// <summary>After this wallet time the remainder goes to suspense.</summary>
    public long ReclaimAtUnixMs { get; set; }

    /// <summary>What the wallet must still answer for: never negative, for a holder may have spent above its grant.</summary>
    public long RemainderNanoUsd => Math.Max(0, GrantedNanoUsd - ReportedNanoUsd);
}

/// <summary>A lease that was given up or reclaimed, remembered so that a late message finds it.</summary>
internal sealed class EndedLease
{
    public required long ReportedNanoUsd { get; set; }

    /// <summary>What of the reclaimed remainder is still unexplained; 0 for a lease that was given up.</summary>
    public required long SuspenseNanoUsd { get; set; }

    public required long ForgetAtUnixMs { get; init; }
}
