using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Approvals;

namespace AiOrchestrator.Core.Wallets.Approvals;

/// <summary>Work that <see cref="ProposalRunner"/> resumes, whatever kind of proposal it is for.</summary>
internal interface IProposalWork
{
    /// <summary>What its proposals are called, as in <see cref="ProposalRef.Kind"/>.</summary>
    string Kind { get; }

    /// <summary>The proposals of an organisation that are noted as open.</summary>
    Task<IReadOnlyList<string>> OpenIdsAsync(string organisationId, CancellationToken cancellation);

    /// <summary>Does all that can be done now for a proposal. Safe to repeat, and to run twice at once.</summary>
    Task<ProposalStep> DriveAsync(string organisationId, string id, CancellationToken cancellation);
}

/// <summary>
/// Carries proposals of one kind out. The document says how far it got; every step is safe to repeat, because wallets know commands by
/// the proposal's id, and is followed by a write under the document's tag. So whoever is cut off anywhere, or overtaken by somebody else,
/// finds out from the document and goes on from there.
/// </summary>
/// <typeparam name="T">The kind.</typeparam>
internal abstract class ProposalWork<T>(ProposalStore<T> store, ProposalNotices notices, TimeProvider time) : IProposalWork
    where T : Proposal
{
    /// <summary>How long a note without a proposal is kept: its creator may be about to write it.</summary>
    private const long OrphanMs = 600_000;

    /// <inheritdoc/>
    public string Kind => store.Name;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> OpenIdsAsync(string organisationId, CancellationToken cancellation)
    {
        var ids = new List<string>();
        await foreach (var (open, _) in store.OpenAsync(organisationId, cancellation))
        {
            ids.Add(open.Id);
        }

        return ids;
    }

    /// <inheritdoc/>
    public async Task<ProposalStep> DriveAsync(string organisationId, string id, CancellationToken cancellation)
    {
        while (true)
        {
            var (proposal, etag) = await store.FindAsync(organisationId, id, cancellation);
            if (proposal is not { IsOpen: true })
            {
                await ForgetAsync(organisationId, id, proposal, cancellation);
                return new ProposalStep(ProposalProgress.Finished);
            }

            ProposalCommand? command;
            if (proposal.State is ProposalState.Requested or ProposalState.Approved && NowUnixMs >= proposal.ExpiresUnixMs)
            {
                command = new ProposalCommand.Expire();
            }
            else if (proposal is { State: ProposalState.Requested, EscalatedUnixMs: null } && NowUnixMs >= proposal.EscalatesUnixMs)
            {
                command = new ProposalCommand.Escalate();
            }
            else if (proposal.State == ProposalState.Requested)
            {
                return new ProposalStep(ProposalProgress.Waiting, proposal.NextDueUnixMs);
            }
            else if ((command = await WorkAsync(organisationId, proposal, cancellation)) is null)
            {
                return new ProposalStep(ProposalProgress.Contended);
            }

            var (next, outcome) = proposal.Apply(command, NowUnixMs);
            if (outcome is not (ProposalOutcome.Applied or ProposalOutcome.Expired))
            {
                throw new InvalidOperationException($"'{id}' is {proposal.State}, and {command.GetType().Name} came out as {outcome}");
            }

            // Somebody was faster: what the document says now counts, and what was asked of wallets is undone or used by it.
            if (await store.TryReplaceAsync(organisationId, next, etag!, cancellation) && command is ProposalCommand.Escalate)
            {
                notices.Escalated(new ProposalRef(Kind, organisationId, id), next);
            }
        }
    }

    /// <summary>The wallets a proposal names.</summary>
    public abstract IReadOnlyList<string> WalletsOf(T proposal);

    /// <summary>Settles, in the same write that makes a proposal approved, what must not change from then on.</summary>
    public virtual T Settle(T approved) => approved;

    /// <summary>There is none of this id.</summary>
    public abstract ApiFailure NotFound();

    /// <summary>It is decided.</summary>
    public abstract ApiFailure NotOpen(T proposal);

    /// <summary>The clock, milliseconds since 1970.</summary>
    protected long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Asks the wallets what the proposal's state calls for: it is approved, committed, or called off with promises to undo.</summary>
    /// <returns>The mark to leave; null when the money is out in leases.</returns>
    protected abstract Task<ProposalCommand?> WorkAsync(string organisationId, T proposal, CancellationToken cancellation);

    private async Task ForgetAsync(string organisationId, string id, T? proposal, CancellationToken cancellation)
    {
        if (proposal is null)
        {
            var note = await store.FindOpenAsync(organisationId, id, cancellation);
            if (note is not null && NowUnixMs - note.CreatedUnixMs < OrphanMs)
            {
                return;
            }
        }

        await store.ForgetOpenAsync(organisationId, id, cancellation);
    }
}
