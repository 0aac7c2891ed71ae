using AiOrchestrator.Ledger.Approvals;
using AiOrchestrator.Ledger.Requests;
using AiOrchestrator.Ledger.Transfers;
using static AiOrchestrator.Ledger.Approvals.ProposalCommand;
using static AiOrchestrator.Ledger.Approvals.ProposalOutcome;
using static AiOrchestrator.Ledger.Approvals.ProposalState;

namespace AiOrchestrator.Ledger.Tests.Approvals;

/// <summary>Every command in every state: the outcome, and the state after it.</summary>
public sealed class ProposalTests
{
    private const long Now = 1_800_000_000_000;
    private const long Expires = Now + Proposal.MaxOpenMs;
    private const long Half = Now + (Proposal.MaxOpenMs / 2);

    private static readonly Approve ByLead = new("lead", "team_lead", IsInReach: true, "fine");
    private static readonly Approve ByFinops = new("finops", "finops", IsInReach: true, null);
    private static readonly Reject RejectedByLead = new("lead", "team_lead", IsInReach: true, "no");
    private static readonly Cancel CancelledByAsker = new("asker", Administers: false, "changed my mind");
    private static readonly MarkFailed Refused = new("exhausted", "wal_1");

    public static TheoryData<string, ProposalState, ProposalCommand, long, ProposalOutcome, ProposalState> Escalations => new()
    {
        { "escalate too early", Requested, new Escalate(), Half - 1, TooEarly, Requested },
        { "escalate at half of the time", Requested, new Escalate(), Half, ProposalOutcome.Applied, Requested },
        { "escalate what has expired unseen", Requested, new Escalate(), Expires, ProposalOutcome.Expired, ProposalState.Expired },
        { "escalate what is approved", Approved, new Escalate(), Half, NotOpen, Approved },
        { "escalate what is decided", Rejected, new Escalate(), Half, NotOpen, Rejected },
    };

    public static TheoryData<string, ProposalState, ProposalCommand, long, ProposalOutcome, ProposalState> Rows => new()
    {
        // Approve, one row per outcome.
        { "the same again", Approved, ByLead, Now, AlreadyDone, Approved },
        { "the same again when it is applied", ProposalState.Applied, ByLead, Expires, AlreadyDone, ProposalState.Applied },
        { "another when it is approved", Approved, ByFinops, Now, NotOpen, Approved },
        { "the same when it failed", Failed, ByLead, Now, NotOpen, Failed },
        { "rejected", Rejected, ByLead, Now, NotOpen, Rejected },
        { "too late", Requested, ByLead, Expires, ProposalOutcome.Expired, ProposalState.Expired },
        { "at the last moment", Requested, ByLead, Expires - 1, ProposalOutcome.Applied, Approved },
        { "one's own", Requested, ByLead with { Actor = "asker" }, Now, OwnProposal, Requested },
        { "a role that may not", Requested, ByLead with { Role = "member" }, Now, NotPermitted, Requested },
        { "wallets out of reach", Requested, ByLead with { IsInReach = false }, Now, NotPermitted, Requested },
        { "good", Requested, ByLead, Now, ProposalOutcome.Applied, Approved },

        // Reject.
        { "reject again", Rejected, RejectedByLead, Now, AlreadyDone, Rejected },
        { "reject as well", Rejected, RejectedByLead with { Actor = "finops" }, Now, NotOpen, Rejected },
        { "reject when approved", Approved, RejectedByLead, Now, NotOpen, Approved },
        { "reject too late", Requested, RejectedByLead, Expires, ProposalOutcome.Expired, ProposalState.Expired },
        { "reject one's own", Requested, RejectedByLead with { Actor = "asker" }, Now, OwnProposal, Requested },
        { "reject without the role", Requested, RejectedByLead with { Role = "auditor" }, Now, NotPermitted, Requested },
        { "reject out of reach", Requested, RejectedByLead with { IsInReach = false }, Now, NotPermitted, Requested },
        { "reject", Requested, RejectedByLead, Now, ProposalOutcome.Applied, Rejected },

        // Cancel.
        { "cancel again", Cancelled, CancelledByAsker, Now, AlreadyDone, Cancelled },
        { "cancel when committed", Committed, CancelledByAsker, Now, NotOpen, Committed },
        { "cancel when applied", ProposalState.Applied, CancelledByAsker, Now, NotOpen, ProposalState.Applied },
        { "cancel too late", Requested, CancelledByAsker, Expires, ProposalOutcome.Expired, ProposalState.Expired },
        { "cancel somebody else's", Requested, CancelledByAsker with { Actor = "lead" }, Now, NotPermitted, Requested },
        { "cancel somebody else's as an administrator", Requested, new Cancel("admin", Administers: true, null), Now, ProposalOutcome.Applied, Cancelled },
        { "cancel", Requested, CancelledByAsker, Now, ProposalOutcome.Applied, Cancelled },
        { "cancel when approved", Approved, CancelledByAsker, Now, ProposalOutcome.Applied, Cancelled },

        // Expire.
        { "expire again", ProposalState.Expired, new Expire(), Expires, AlreadyDone, ProposalState.Expired },
        { "expire when committed", Committed, new Expire(), Expires, NotOpen, Committed },
        { "expire too early", Requested, new Expire(), Expires - 1, TooEarly, Requested },
        { "expire", Requested, new Expire(), Expires, ProposalOutcome.Applied, ProposalState.Expired },
        { "expire when approved", Approved, new Expire(), Expires, ProposalOutcome.Applied, ProposalState.Expired },

        // The marks of whoever carries it out.
        { "commit again", Committed, new MarkCommitted(), Expires, AlreadyDone, Committed },
        { "commit when applied", ProposalState.Applied, new MarkCommitted(), Expires, AlreadyDone, ProposalState.Applied },
        { "commit when cancelled", Cancelled, new MarkCommitted(), Now, NotOpen, Cancelled },
        { "commit too late", Approved, new MarkCommitted(), Expires, ProposalOutcome.Expired, ProposalState.Expired },
        { "commit too early", Requested, new MarkCommitted(), Now, TooEarly, Requested },
        { "commit", Approved, new MarkCommitted(), Expires - 1, ProposalOutcome.Applied, Committed },
        { "apply again", ProposalState.Applied, new MarkApplied(), Now, AlreadyDone, ProposalState.Applied },
        { "apply when failed", Failed, new MarkApplied(), Now, NotOpen, Failed },
        { "apply what has expired unseen", Approved, new MarkApplied(), Expires, ProposalOutcome.Expired, ProposalState.Expired },
        { "apply too early", Approved, new MarkApplied(), Now, TooEarly, Approved },
        { "apply, however late", Committed, new MarkApplied(), Expires + Expires, ProposalOutcome.Applied, ProposalState.Applied },
        { "fail again", Failed, Refused, Now, AlreadyDone, Failed },
        { "fail when cancelled", Cancelled, Refused, Now, NotOpen, Cancelled },
        { "fail too late", Approved, Refused, Expires, ProposalOutcome.Expired, ProposalState.Expired },
        { "fail too early", Requested, Refused, Now, TooEarly, Requested },
        { "fail", Approved, Refused, Now, ProposalOutcome.Applied, Failed },
    };

    [Theory]
    [MemberData(nameof(Escalations))]
    [MemberData(nameof(Rows))]
    public void Every_command_has_one_outcome_in_every_state(
        string what, ProposalState state, ProposalCommand command, long now, ProposalOutcome outcome, ProposalState after)
    {
        foreach (var proposal in new Proposal[] { NewTransfer(), NewRequest() })
        {
            var before = At(proposal, state);
            var (next, actual) = before.Apply(command, now);
            Assert.Equal((outcome, after), (actual, next.State));
            var changed = outcome is ProposalOutcome.Applied or ProposalOutcome.Expired;
            Assert.True(changed || ReferenceEquals(before, next), what);
            Assert.Equal(before.History.Count + (changed ? 1 : 0), next.History.Count);
            Assert.Equal(before.History, next.History.Take(before.History.Count));
            Assert.Equal(proposal.GetType(), next.GetType());
        }
    }

    [Fact]
    public void Only_a_wallet_that_never_promised_may_refuse_what_is_committed()
    {
        Assert.Equal(NotOpen, At(NewTransfer(), Committed).Apply(Refused, Now).Outcome);
        var (failed, outcome) = At(NewRequest(), Committed).Apply(Refused, Now);
        Assert.Equal((ProposalOutcome.Applied, Failed, new ProposalFailure("exhausted", "wal_1")), (outcome, failed.State, failed.Failure));
    }

    [Theory]
    [InlineData(Cancelled)]
    [InlineData(ProposalState.Expired)]
    [InlineData(Failed)]
    public void What_was_approved_and_called_off_stays_open_until_the_promises_are_undone(ProposalState state)
    {
        var transfer = At(NewTransfer(), state);
        Assert.True(transfer is { NeedsUndo: true, IsOpen: true });
        var (undone, outcome) = transfer.Apply(new MarkUndone(), Expires);
        Assert.Equal((ProposalOutcome.Applied, state, false, false), (outcome, undone.State, undone.NeedsUndo, undone.IsOpen));
        Assert.Equal(AlreadyDone, undone.Apply(new MarkUndone(), Expires).Outcome);
        Assert.True(At(NewRequest(), state) is { NeedsUndo: false, IsOpen: false });
    }

    [Theory]
    [InlineData(Requested, true)]
    [InlineData(Approved, true)]
    [InlineData(Committed, true)]
    [InlineData(ProposalState.Applied, false)]
    [InlineData(Rejected, false)]
    public void A_proposal_is_open_while_somebody_or_something_is_at_work_for_it(ProposalState state, bool isOpen)
    {
        var transfer = At(NewTransfer(), state);
        Assert.Equal((isOpen, false), (transfer.IsOpen, transfer.NeedsUndo));
        Assert.Equal(TooEarly, transfer.Apply(new MarkUndone(), Now).Outcome);
    }

    [Fact]
    public void What_nobody_approved_has_nothing_to_undo()
    {
        var (cancelled, _) = NewTransfer().Apply(CancelledByAsker, Now);
        Assert.True(cancelled is { NeedsUndo: false, IsOpen: false });
    }

    [Fact]
    public void As_many_different_people_agree_as_the_level_says()
    {
        var transfer = NewTransfer() with { Level = new ApprovalLevel(null, ["finops"], 3) };
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal(Requested, transfer.State);
            var (next, outcome) = transfer.Apply(ByFinops with { Actor = $"finops{i}" }, Now + i);
            var (again, repeated) = next.Apply(ByFinops with { Actor = $"finops{i}" }, Now + 100);
            Assert.Equal((ProposalOutcome.Applied, AlreadyDone), (outcome, repeated));
            transfer = again;
        }

        Assert.Equal((Approved, Now + 3), (transfer.State, transfer.ApprovedUnixMs));
        Assert.Equal(
            [new Approval("finops1", "finops", Now + 1), new Approval("finops2", "finops", Now + 2), new Approval("finops3", "finops", Now + 3)],
            transfer.Approvals);
    }

    [Fact]
    public void The_history_tells_who_did_what_and_why()
    {
        var transfer = NewTransfer();
        transfer = transfer.Apply(ByLead, Now + 1).Next;
        transfer = transfer.Apply(Refused, Now + 2).Next;
        transfer = transfer.Apply(new MarkUndone(), Now + 3).Next;
        Assert.Equal(
            [
                new HistoryLine(Now, "asker", "requested", "please"),
                new HistoryLine(Now + 1, "lead", "approved", "fine"),
                new HistoryLine(Now + 2, "system", "failed", "wal_1: exhausted"),
                new HistoryLine(Now + 3, "system", "undone", null),
            ],
            transfer.History);
        Assert.Equal(new ProposalFailure("exhausted", "wal_1"), transfer.Failure);
    }

    private static T At<T>(T proposal, ProposalState state)
        where T : Proposal
    {
        ProposalCommand[] way = state switch
        {
            Requested => [],
            Approved => [ByLead],
            Committed => [ByLead, new MarkCommitted()],
            ProposalState.Applied => [ByLead, new MarkCommitted(), new MarkApplied()],
            Rejected => [RejectedByLead],
            Cancelled => [ByLead, CancelledByAsker],
            ProposalState.Expired => [ByLead, new Expire()],
            _ => [ByLead, Refused],
        };
        foreach (var command in way)
        {
            var (next, outcome) = proposal.Apply(command, command is Expire ? Expires : Now);
            Assert.Equal(ProposalOutcome.Applied, outcome);
            proposal = next;
        }

        Assert.Equal(state, proposal.State);
        return proposal;
    }

    private static Transfer NewTransfer() => new()
    {
        Id = "tr_1",
        From = "wal_1",
        To = "wal_2",
        AmountNanoUsd = 5,
        RequestedBy = "asker",
        RequestedUnixMs = Now,
        ExpiresUnixMs = Expires,
        Level = new ApprovalLevel(null, ["team_lead", "finops"], 1),
        History = [new HistoryLine(Now, "asker", "requested", "please")],
    };

    private static BudgetRequest NewRequest() => new()
    {
        Id = "br_1",
        WalletId = "wal_1",
        Kind = BudgetKind.TopUp,
        AmountNanoUsd = 5,
        RequestedBy = "asker",
        RequestedUnixMs = Now,
        ExpiresUnixMs = Expires,
        Level = new ApprovalLevel(null, ["team_lead", "finops"], 1),
        History = [new HistoryLine(Now, "asker", "requested", "please")],
    };
}
