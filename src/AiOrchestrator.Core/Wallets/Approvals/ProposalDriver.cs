namespace AiOrchestrator.Core.Wallets.Approvals;

/// <summary>How far a proposal was driven.</summary>
public enum ProposalProgress
{
    /// <summary>Nothing is left to do for it, ever.</summary>
    Finished,

    /// <summary>It waits for people.</summary>
    Waiting,

    /// <summary>The money is there, but out in leases, which are being called back: worth another try soon.</summary>
    Contended,
}

/// <summary>What driving a proposal came to.</summary>
/// <param name="Progress">How far it got.</param>
/// <param name="NextUnixMs">Of one that waits for people: when time alone next means something to it, milliseconds since 1970; else 0.</param>
public sealed record ProposalStep(ProposalProgress Progress, long NextUnixMs = 0);

/// <summary>Drives one proposal, for whoever schedules them.</summary>
public sealed class ProposalDriver
{
    private readonly Dictionary<string, IProposalWork> _works;

    internal ProposalDriver(IEnumerable<IProposalWork> works) => _works = works.ToDictionary(static w => w.Kind, StringComparer.Ordinal);

    /// <summary>Does all that can be done now. Safe to repeat, and to run twice at once.</summary>
    /// <exception cref="ArgumentException">There is no such kind.</exception>
    public Task<ProposalStep> DriveAsync(ProposalRef proposal, CancellationToken cancellation) =>
        _works.TryGetValue(proposal.Kind, out var work)
            ? work.DriveAsync(proposal.OrganisationId, proposal.Id, cancellation)
            : throw new ArgumentException($"there are no proposals called '{proposal.Kind}'", nameof(proposal));
}
