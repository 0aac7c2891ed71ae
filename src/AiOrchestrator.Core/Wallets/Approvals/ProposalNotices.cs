using AiOrchestrator.Ledger.Approvals;
using AiOrchestrator.Ledger.Money;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Wallets.Approvals;

/// <summary>Tells the log what waits for people, in lines an alert can be set on.</summary>
internal sealed partial class ProposalNotices(ILogger<ProposalNotices> logger)
{
    /// <summary>Somebody asked for something.</summary>
    public void Requested(ProposalRef proposal, Proposal asked) =>
        LogRequested(proposal.Kind, proposal.Id, proposal.OrganisationId, NanoUsd.FormatUsd(asked.AmountNanoUsd), Roles(asked), asked.Level.Approvals);

    /// <summary>Half of the time is over and nobody has decided.</summary>
    public void Escalated(ProposalRef proposal, Proposal asked) =>
        LogEscalated(proposal.Kind, proposal.Id, proposal.OrganisationId, NanoUsd.FormatUsd(asked.AmountNanoUsd), Roles(asked));

    private static string Roles(Proposal asked) => string.Join(", ", asked.Level.Roles);

    [LoggerMessage(1, LogLevel.Information, "Proposal requested: {Kind} {ProposalId} of {OrganisationId} for {AmountUsd} USD waits for {Approvals} of {Roles}")]
    private partial void LogRequested(string kind, string proposalId, string organisationId, string amountUsd, string roles, int approvals);

    [LoggerMessage(2, LogLevel.Warning, "Proposal escalated: {Kind} {ProposalId} of {OrganisationId} for {AmountUsd} USD still waits for {Roles}")]
    private partial void LogEscalated(string kind, string proposalId, string organisationId, string amountUsd, string roles);
}
