namespace AiOrchestrator.Core.Wallets.Approvals;

/// <summary>A proposal, wherever it is spoken of outside of its own store.</summary>
/// <param name="Kind"><c>transfers</c> or <c>budget-requests</c>.</param>
/// <param name="OrganisationId">Whose it is.</param>
/// <param name="Id">Unique in the organisation and kind.</param>
public sealed record ProposalRef(string Kind, string OrganisationId, string Id);

/// <summary>
/// Who watches over open proposals, so that each of them ends: in process on the Server, an orchestration each on Azure. It only hastens:
/// what it misses is found by whoever next looks at all that is open, and telling it twice changes nothing. So it deals with its own failures.
/// </summary>
public interface IProposalScheduler
{
    /// <summary>A proposal waits for people from now on.</summary>
    ValueTask OpenedAsync(ProposalRef proposal, CancellationToken cancellation);

    /// <summary>People have decided, and it has been driven as far as it went.</summary>
    ValueTask DecidedAsync(ProposalRef proposal, CancellationToken cancellation);
}
