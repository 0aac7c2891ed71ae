namespace AiOrchestrator.Ledger.Approvals;

/// <summary>Where a proposal stands.</summary>
public enum ProposalState
{
    /// <summary>Waits for people to agree.</summary>
    Requested,

    /// <summary>Enough people agreed. Wallets may be asked, nothing has moved, and it can still be called off.</summary>
    Approved,

    /// <summary>The point of no return: it is being carried out.</summary>
    Committed,

    /// <summary>Carried out.</summary>
    Applied,

    /// <summary>Somebody who could have agreed refused.</summary>
    Rejected,

    /// <summary>Called off by who asked for it, or an administrator.</summary>
    Cancelled,

    /// <summary>Nobody decided, or it could not be carried out, in time.</summary>
    Expired,

    /// <summary>A wallet refused.</summary>
    Failed,
}

/// <summary>What may happen to a proposal: decisions of people, and marks that whoever carries it out leaves on the way.</summary>
public abstract record ProposalCommand
{
    private ProposalCommand()
    {
    }

    /// <summary>Somebody agrees.</summary>
    /// <param name="Actor">The principal.</param>
    /// <param name="Role">The actor's role, in the words of the policy.</param>
    /// <param name="IsInReach">Whether the wallets are ones the actor's role decides on; the host knows the tree.</param>
    /// <param name="Note">For the history, or null.</param>
    public sealed record Approve(string Actor, string Role, bool IsInReach, string? Note) : ProposalCommand;

    /// <summary>Somebody who could have agreed refuses, for all.</summary>
    /// <param name="Actor">The principal.</param>
    /// <param name="Role">The actor's role, in the words of the policy.</param>
    /// <param name="IsInReach">Whether the wallets are ones the actor's role decides on; the host knows the tree.</param>
    /// <param name="Note">For the history, or null.</param>
    public sealed record Reject(string Actor, string Role, bool IsInReach, string? Note) : ProposalCommand;

    /// <summary>Who asked, or an administrator, calls it off.</summary>
    /// <param name="Actor">The principal.</param>
    /// <param name="Administers">Whether the actor may call off what others asked for.</param>
    /// <param name="Note">For the history, or null.</param>
    public sealed record Cancel(string Actor, bool Administers, string? Note) : ProposalCommand;

    /// <summary>Its time is over.</summary>
    public sealed record Expire : ProposalCommand;

    /// <summary>Half of its time is over and nobody has decided.</summary>
    public sealed record Escalate : ProposalCommand;

    /// <summary>Every wallet that could refuse has promised: now it will be carried out.</summary>
    public sealed record MarkCommitted : ProposalCommand;

    /// <summary>Every wallet has carried it out.</summary>
    public sealed record MarkApplied : ProposalCommand;

    /// <summary>A wallet refused to promise.</summary>
    /// <param name="Reason">A stable word.</param>
    /// <param name="WalletId">The wallet that refused.</param>
    public sealed record MarkFailed(string Reason, string WalletId) : ProposalCommand;

    /// <summary>Every wallet has undone its promise.</summary>
    public sealed record MarkUndone : ProposalCommand;
}

/// <summary>What became of a <see cref="ProposalCommand"/>, in the order in which it is decided.</summary>
public enum ProposalOutcome
{
    /// <summary>It was done before, by the same actor where it is a decision: nothing changed.</summary>
    AlreadyDone,

    /// <summary>It is decided and cannot be decided otherwise. Retrying does not help.</summary>
    NotOpen,

    /// <summary>Its time is over, and it has expired now. Retrying does not help.</summary>
    Expired,

    /// <summary>Who asked for something does not decide on it. Somebody else must.</summary>
    OwnProposal,

    /// <summary>The actor's role does not decide on this amount or these wallets. Somebody else must.</summary>
    NotPermitted,

    /// <summary>What must come before it has not come, or its time is not over. Retry later.</summary>
    TooEarly,

    /// <summary>Done.</summary>
    Applied,
}
