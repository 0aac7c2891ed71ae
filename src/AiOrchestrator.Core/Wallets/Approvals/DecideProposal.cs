using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Approvals;

namespace AiOrchestrator.Core.Wallets.Approvals;

/// <summary>What somebody does about a proposal.</summary>
internal enum Decision
{
    /// <summary>Agrees.</summary>
    Approve,

    /// <summary>Refuses, for all.</summary>
    Reject,

    /// <summary>Calls it off.</summary>
    Cancel,
}

/// <summary>Finds and decides on proposals of one kind. What is approved is carried out at once, as far as that goes.</summary>
/// <typeparam name="T">The kind.</typeparam>
internal sealed class DecideProposal<T>(
    ProposalStore<T> store, ProposalWork<T> work, ProposalRunner runner, IProposalScheduler scheduler, WalletSight sight, TimeProvider time)
    where T : Proposal
{
    /// <summary>Everybody who is faster has decided something: only a handful of decisions are possible on one proposal.</summary>
    private const int MaxTries = 20;

    /// <summary>A proposal the caller may see.</summary>
    public async Task<Result<T>> FindAsync(Caller caller, string id, CancellationToken cancellation)
    {
        var (proposal, _) = await store.FindAsync(caller.OrganisationId, id, cancellation);
        return proposal is not null && Sees(caller, proposal) ? proposal : work.NotFound();
    }

    /// <summary>Proposals the caller may see, in order of id.</summary>
    public async Task<Page<T>> ListAsync(Caller caller, ProposalFilter filter, CancellationToken cancellation)
    {
        var found = await store.ListAsync(
            caller.OrganisationId,
            filter.AfterId,
            filter.Limit + 1,
            proposal => (filter.State is null || proposal.State == filter.State)
                && (filter.WalletId is null || work.WalletsOf(proposal).Contains(filter.WalletId, StringComparer.Ordinal))
                && Sees(caller, proposal),
            cancellation);
        return new Page<T>([.. found.Take(filter.Limit)], found.Count > filter.Limit ? found[filter.Limit - 1].Id : null);
    }

    /// <summary>Decides; the proposal as it stands afterwards.</summary>
    public async Task<Result<T>> ExecuteAsync(Caller caller, string id, Decision decision, MemberReader body, CancellationToken cancellation)
    {
        var note = body.Text("note", ProposalDraft.MaxNoteLength);
        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        for (var i = 0; i < MaxTries; i++)
        {
            var (proposal, etag) = await store.FindAsync(caller.OrganisationId, id, cancellation);
            if (proposal is null || !Sees(caller, proposal))
            {
                return work.NotFound();
            }

            var (next, outcome) = proposal.Apply(Command(caller, proposal, decision, note), time.GetUtcNow().ToUnixTimeMilliseconds());
            if (!ReferenceEquals(next, proposal))
            {
                if (next.State == ProposalState.Approved)
                {
                    next = work.Settle(next);
                    await store.NoteOpenAsync(caller.OrganisationId, id, cancellation);
                }

                if (!await store.TryReplaceAsync(caller.OrganisationId, next, etag!, cancellation))
                {
                    continue;
                }
            }

            if (Refusal(outcome, next) is { } refusal)
            {
                return refusal;
            }

            return next.State == ProposalState.Requested ? next : await CarryOutAsync(caller.OrganisationId, next, cancellation);
        }

        return new ConcurrentChange();
    }

    private async Task<T> CarryOutAsync(string organisationId, T decided, CancellationToken cancellation)
    {
        if (decided.IsOpen)
        {
            await runner.DriveNowAsync(work, organisationId, decided.Id);
            decided = (await store.FindAsync(organisationId, decided.Id, cancellation)).Value ?? decided;
        }

        await scheduler.DecidedAsync(new ProposalRef(work.Kind, organisationId, decided.Id), cancellation);
        return decided;
    }

    private bool Sees(Caller caller, T proposal) =>
        proposal.RequestedBy == caller.PrincipalId || work.WalletsOf(proposal).Any(id => sight.Covers(caller, id));

    private ProposalCommand Command(Caller caller, T proposal, Decision decision, string? note)
    {
        if (decision == Decision.Cancel)
        {
            return new ProposalCommand.Cancel(caller.PrincipalId, caller.Administers, note);
        }

        var role = Roles.Word(caller.Role);
        var isInReach = work.WalletsOf(proposal).All(id => sight.Covers(caller, id));
        return decision == Decision.Approve
            ? new ProposalCommand.Approve(caller.PrincipalId, role, isInReach, note)
            : new ProposalCommand.Reject(caller.PrincipalId, role, isInReach, note);
    }

    private ApiFailure? Refusal(ProposalOutcome outcome, T proposal) => outcome switch
    {
        ProposalOutcome.Applied or ProposalOutcome.AlreadyDone => null,
        ProposalOutcome.OwnProposal => new OwnRequest(),
        ProposalOutcome.NotPermitted => new ApprovalNotPermitted(proposal.Level.Roles),
        _ => work.NotOpen(proposal),
    };
}
