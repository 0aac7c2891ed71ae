using AiOrchestrator.Ledger.Approvals;

namespace AiOrchestrator.Ledger.Transfers;

/// <summary>
/// A transfer of this period's allowance from one wallet to another. Carried out in two phases: every wallet concerned promises
/// (<see cref="ProposalState.Approved"/>), the decision is stored (<see cref="ProposalState.Committed"/>), every wallet is told. Until the
/// decision any wallet may refuse, and all promises are undone; after it none can.
/// </summary>
public sealed record Transfer : Proposal
{
    /// <summary>The wallet whose allowance shrinks.</summary>
    public required string From { get; init; }

    /// <summary>The wallet whose allowance grows.</summary>
    public required string To { get; init; }

    /// <summary>What each wallet concerned does; fixed when it was approved, empty before. The tree may change while it is under way.</summary>
    public IReadOnlyList<TransferLeg> Legs { get; init; } = [];

    /// <inheritdoc/>
    protected override bool HasPromises => true;
}
