using AiOrchestrator.Ledger.Approvals;

namespace AiOrchestrator.Ledger.Requests;

/// <summary>What a budget request asks to raise.</summary>
public enum BudgetKind
{
    /// <summary>The allowance of this period.</summary>
    TopUp,

    /// <summary>The standing limit.</summary>
    Limit,
}

/// <summary>
/// A request to raise a wallet's budget. One wallet, one command: once it is committed the wallet is told, with the request's id, as often as it
/// takes; only the wallet can then refuse.
/// </summary>
public sealed record BudgetRequest : Proposal
{
    /// <summary>
    /// How long after it was committed the wallet is told again, milliseconds: 48 hours. Wallets remember ids for longer than that, and not for
    /// ever: told later still, one could raise its budget twice.
    /// </summary>
    public const long MaxRetryMs = 48 * 3_600_000L;

    /// <summary>The wallet.</summary>
    public required string WalletId { get; init; }

    /// <summary>What is to be raised.</summary>
    public required BudgetKind Kind { get; init; }

    /// <inheritdoc/>
    protected override bool HasPromises => false;
}
