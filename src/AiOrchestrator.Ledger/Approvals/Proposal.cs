namespace AiOrchestrator.Ledger.Approvals;

/// <summary>One person's agreement.</summary>
/// <param name="By">The principal.</param>
/// <param name="Role">The role it had then.</param>
/// <param name="AtUnixMs">When, milliseconds since 1970.</param>
public sealed record Approval(string By, string Role, long AtUnixMs);

/// <summary>One line of a proposal's history; lines are only ever added.</summary>
/// <param name="AtUnixMs">When, milliseconds since 1970.</param>
/// <param name="Actor">The principal, or <see cref="Proposal.SystemActor"/>.</param>
/// <param name="Action">What was done: <c>requested</c>, <c>approved</c>, <c>rejected</c>, <c>cancelled</c>, <c>escalated</c>, <c>expired</c>, <c>committed</c>, <c>applied</c>, <c>failed</c>, <c>undone</c>.</param>
/// <param name="Note">What the actor said, or why; or null.</param>
public sealed record HistoryLine(long AtUnixMs, string Actor, string Action, string? Note);

/// <summary>Why a proposal failed.</summary>
/// <param name="Reason">A stable word.</param>
/// <param name="WalletId">The wallet that refused.</param>
public sealed record ProposalFailure(string Reason, string WalletId);

/// <summary>
/// Something one person asks for, others agree to, and the product then carries out, exactly once or not at all. A value: a command gives the
/// next value and leaves this one as it is. The host stores it whole, so its members are its stored form.
/// </summary>
public abstract record Proposal
{
    /// <summary>The longest a proposal stays open, milliseconds: 48 hours.</summary>
    public const long MaxOpenMs = 48 * 3_600_000L;

    /// <summary>The actor of what nobody decided.</summary>
    public const string SystemActor = "system";

    /// <summary>Unique in the organisation.</summary>
    public required string Id { get; init; }

    /// <summary>What it is about, nano-dollars, more than 0.</summary>
    public required long AmountNanoUsd { get; init; }

    /// <summary>The principal who asked.</summary>
    public required string RequestedBy { get; init; }

    /// <summary>When, milliseconds since 1970.</summary>
    public required long RequestedUnixMs { get; init; }

    /// <summary>From here on nobody can decide on it and nothing is begun, milliseconds since 1970.</summary>
    public required long ExpiresUnixMs { get; init; }

    /// <summary>Who must agree; fixed when it was asked for.</summary>
    public required ApprovalLevel Level { get; init; }

    /// <summary>What happened, oldest first.</summary>
    public required IReadOnlyList<HistoryLine> History { get; init; }

    /// <summary>Where it stands.</summary>
    public ProposalState State { get; init; }

    /// <summary>Who agreed, in order.</summary>
    public IReadOnlyList<Approval> Approvals { get; init; } = [];

    /// <summary>When enough had agreed, milliseconds since 1970; or null.</summary>
    public long? ApprovedUnixMs { get; init; }

    /// <summary>When the point of no return was passed, milliseconds since 1970; or null.</summary>
    public long? CommittedUnixMs { get; init; }

    /// <summary>When it was told once more that it waits, milliseconds since 1970; or null.</summary>
    public long? EscalatedUnixMs { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public ProposalFailure? Failure { get; init; }

    /// <summary>Every promise that had been asked for is undone.</summary>
    public bool Undone { get; init; }

    /// <summary>Half of its time: who has not decided by then is told once more. Milliseconds since 1970.</summary>
    public long EscalatesUnixMs => RequestedUnixMs + ((ExpiresUnixMs - RequestedUnixMs) / 2);

    /// <summary>When time alone next means something to a proposal that waits for people: its escalation, then its end. Milliseconds since 1970.</summary>
    public long NextDueUnixMs => EscalatedUnixMs is null ? EscalatesUnixMs : ExpiresUnixMs;

    /// <summary>Whether people can still decide on it, or the product is still at work for it.</summary>
    public bool IsOpen => State is ProposalState.Requested or ProposalState.Approved or ProposalState.Committed || NeedsUndo;

    /// <summary>Whether it was called off when wallets may have promised already.</summary>
    public bool NeedsUndo => HasPromises && !Undone && ApprovedUnixMs is not null
        && State is ProposalState.Cancelled or ProposalState.Expired or ProposalState.Failed;

    /// <summary>Whether wallets promise before anything moves. Then none may refuse once it is committed.</summary>
    protected abstract bool HasPromises { get; }

    /// <summary>What a command makes of it.</summary>
    /// <param name="command">The command.</param>
    /// <param name="nowUnixMs">The host's clock, milliseconds since 1970.</param>
    /// <returns>The next value, of the same type (the same value where nothing changed), and the outcome.</returns>
    internal (Proposal Next, ProposalOutcome Outcome) Step(ProposalCommand command, long nowUnixMs)
    {
        var outcome = Check(command, nowUnixMs);
        return outcome switch
        {
            ProposalOutcome.Expired => (Finish(ProposalState.Expired, nowUnixMs, SystemActor, "expired", null), outcome),
            ProposalOutcome.Applied => (Mutate(command, nowUnixMs), outcome),
            _ => (this, outcome),
        };
    }

    private ProposalOutcome Check(ProposalCommand command, long nowUnixMs)
    {
        if (IsDone(command))
        {
            return ProposalOutcome.AlreadyDone;
        }

        if (!IsOpenFor(command))
        {
            return ProposalOutcome.NotOpen;
        }

        var undecided = State is ProposalState.Requested or ProposalState.Approved;
        if (undecided && nowUnixMs >= ExpiresUnixMs && command is not ProposalCommand.Expire)
        {
            return ProposalOutcome.Expired;
        }

        return command switch
        {
            ProposalCommand.Approve c when c.Actor == RequestedBy => ProposalOutcome.OwnProposal,
            ProposalCommand.Reject c when c.Actor == RequestedBy => ProposalOutcome.OwnProposal,
            ProposalCommand.Approve c when !MayDecide(c.Role, c.IsInReach) => ProposalOutcome.NotPermitted,
            ProposalCommand.Reject c when !MayDecide(c.Role, c.IsInReach) => ProposalOutcome.NotPermitted,
            ProposalCommand.Cancel c when c.Actor != RequestedBy && !c.Administers => ProposalOutcome.NotPermitted,
            ProposalCommand.Expire when nowUnixMs < ExpiresUnixMs => ProposalOutcome.TooEarly,
            ProposalCommand.Escalate when nowUnixMs < EscalatesUnixMs => ProposalOutcome.TooEarly,
            ProposalCommand.MarkCommitted or ProposalCommand.MarkFailed when State == ProposalState.Requested => ProposalOutcome.TooEarly,
            ProposalCommand.MarkApplied when State != ProposalState.Committed => ProposalOutcome.TooEarly,
            ProposalCommand.MarkUndone when !NeedsUndo => ProposalOutcome.TooEarly,
            _ => ProposalOutcome.Applied,
        };
    }

    /// <summary>A caller who lost the answer asks again, and gets the same one.</summary>
    private bool IsDone(ProposalCommand command) => command switch
    {
        ProposalCommand.Approve c => State is ProposalState.Requested or ProposalState.Approved or ProposalState.Committed or ProposalState.Applied
            && Approvals.Any(a => a.By == c.Actor),
        ProposalCommand.Reject c => State == ProposalState.Rejected && History[^1].Actor == c.Actor,
        ProposalCommand.Cancel => State == ProposalState.Cancelled,
        ProposalCommand.Expire => State == ProposalState.Expired,
        ProposalCommand.Escalate => EscalatedUnixMs is not null,
        ProposalCommand.MarkCommitted => State is ProposalState.Committed or ProposalState.Applied,
        ProposalCommand.MarkApplied => State == ProposalState.Applied,
        ProposalCommand.MarkFailed => State == ProposalState.Failed,
        _ => Undone,
    };

    private bool IsOpenFor(ProposalCommand command) => command switch
    {
        ProposalCommand.Approve or ProposalCommand.Reject or ProposalCommand.Escalate => State == ProposalState.Requested,
        ProposalCommand.MarkUndone => true,
        ProposalCommand.MarkApplied => State is ProposalState.Requested or ProposalState.Approved or ProposalState.Committed,

        // A single wallet that never promised may refuse when it is told.
        ProposalCommand.MarkFailed => State is ProposalState.Requested or ProposalState.Approved || (State == ProposalState.Committed && !HasPromises),
        _ => State is ProposalState.Requested or ProposalState.Approved,
    };

    private bool MayDecide(string role, bool isInReach) => isInReach && Level.Roles.Contains(role, StringComparer.Ordinal);

    private Proposal Mutate(ProposalCommand command, long now) => command switch
    {
        ProposalCommand.Approve c => Approved(c, now),
        ProposalCommand.Reject c => Finish(ProposalState.Rejected, now, c.Actor, "rejected", c.Note),
        ProposalCommand.Cancel c => Finish(ProposalState.Cancelled, now, c.Actor, "cancelled", c.Note),
        ProposalCommand.Expire => Finish(ProposalState.Expired, now, SystemActor, "expired", null),
        ProposalCommand.Escalate => Finish(State, now, SystemActor, "escalated", null) with { EscalatedUnixMs = now },
        ProposalCommand.MarkCommitted => Finish(ProposalState.Committed, now, SystemActor, "committed", null) with { CommittedUnixMs = now },
        ProposalCommand.MarkApplied => Finish(ProposalState.Applied, now, SystemActor, "applied", null),
        ProposalCommand.MarkFailed c => Finish(ProposalState.Failed, now, SystemActor, "failed", $"{c.WalletId}: {c.Reason}") with
        {
            Failure = new ProposalFailure(c.Reason, c.WalletId),
        },
        _ => Finish(State, now, SystemActor, "undone", null) with { Undone = true },
    };

    private Proposal Approved(ProposalCommand.Approve c, long now)
    {
        var approvals = (IReadOnlyList<Approval>)[.. Approvals, new Approval(c.Actor, c.Role, now)];
        var isEnough = approvals.Count >= Level.Approvals;
        return Finish(isEnough ? ProposalState.Approved : State, now, c.Actor, "approved", c.Note) with
        {
            Approvals = approvals,
            ApprovedUnixMs = isEnough ? now : null,
        };
    }

    private Proposal Finish(ProposalState state, long now, string actor, string action, string? note) =>
        this with { State = state, History = [.. History, new HistoryLine(now, actor, action, note)] };
}

/// <summary>Commands on proposals of a known type.</summary>
public static class Proposals
{
    /// <summary>What a command makes of a proposal.</summary>
    /// <typeparam name="T">The kind of proposal.</typeparam>
    /// <param name="proposal">As it stands.</param>
    /// <param name="command">The command.</param>
    /// <param name="nowUnixMs">The host's clock, milliseconds since 1970.</param>
    /// <returns>The next value (the same where nothing changed), and the outcome.</returns>
    public static (T Next, ProposalOutcome Outcome) Apply<T>(this T proposal, ProposalCommand command, long nowUnixMs)
        where T : Proposal
    {
        // A record's "with" keeps the type.
        var (next, outcome) = proposal.Step(command, nowUnixMs);
        return ((T)next, outcome);
    }
}
