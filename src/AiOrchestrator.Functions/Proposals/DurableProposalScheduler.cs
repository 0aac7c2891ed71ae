using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Functions.Wallets;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Functions.Proposals;

/// <summary>Watches over open proposals with an orchestration each.</summary>
internal sealed partial class DurableProposalScheduler(DurableClientHolder durable, ILogger<DurableProposalScheduler> logger) : IProposalScheduler
{
    public async ValueTask OpenedAsync(ProposalRef proposal, CancellationToken cancellation)
    {
        try
        {
            await durable.Client.ScheduleNewOrchestrationInstanceAsync(
                nameof(ProposalOrchestration),
                new ProposalWatch(proposal),
                new StartOrchestrationOptions(ProposalOrchestration.InstanceIdOf(proposal)),
                cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Safe: it is there already, or the pass over all that is open sees the proposal to its end without it.
            LogNotTold(failure, proposal.Kind, proposal.Id);
        }
    }

    public async ValueTask DecidedAsync(ProposalRef proposal, CancellationToken cancellation)
    {
        try
        {
            await durable.Client.RaiseEventAsync(ProposalOrchestration.InstanceIdOf(proposal), ProposalOrchestration.Decided, true, cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Safe: it has ended, or the pass over all that is open sees the proposal to its end without it.
            LogNotTold(failure, proposal.Kind, proposal.Id);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The orchestration of {Kind} {Id} could not be told; the proposal is driven by the clock")]
    private partial void LogNotTold(Exception failure, string kind, string id);
}
