using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Functions.Wallets;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace AiOrchestrator.Functions.Proposals;

/// <summary>What an orchestration carries from one turn to the next.</summary>
/// <param name="Proposal">What it watches over.</param>
/// <param name="Tries">Turns in a row that ended without progress.</param>
public sealed record ProposalWatch(ProposalRef Proposal, int Tries = 0);

/// <summary>
/// Sees a transfer or budget request to its end: drives it, then waits for people's decision or for time to mean something, whichever comes
/// first. Each turn is a history of its own, so it may go on for as long as it takes.
/// </summary>
public static class ProposalOrchestration
{
    /// <summary>The external event that people have decided.</summary>
    public const string Decided = "decided";

    /// <summary>One per proposal.</summary>
    public static string InstanceIdOf(ProposalRef proposal) => $"proposal-{proposal.Kind}-{proposal.OrganisationId}-{proposal.Id}";

    /// <summary>One turn.</summary>
    [Function(nameof(ProposalOrchestration))]
    public static async Task RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, ProposalWatch watch)
    {
        ProposalStep? step = null;
        try
        {
            step = await context.CallActivityAsync<ProposalStep>(nameof(DriveProposal), watch.Proposal);
        }
        catch (TaskFailedException)
        {
            // Safe: driving can be repeated. The activity's own log says what failed.
        }

        if (ProposalPause.After(step, watch.Tries, context.CurrentUtcDateTime) is not { } pause)
        {
            return;
        }

        using var over = new CancellationTokenSource();
        var decided = context.WaitForExternalEvent<bool>(Decided, over.Token);
        var timer = context.CreateTimer(pause.UntilUtc, over.Token);
        await Task.WhenAny(decided, timer);
        TurnOver(context, over, watch with { Tries = pause.Tries });
    }

    /// <summary>Ends what was waited for and begins the next turn, all on the orchestrator's own thread: cancelling asynchronously would leave it.</summary>
    private static void TurnOver(TaskOrchestrationContext context, CancellationTokenSource over, ProposalWatch next)
    {
        over.Cancel();
        context.ContinueAsNew(next);
    }
}

/// <summary>Drives a proposal as far as it goes.</summary>
public sealed class DriveProposal(ProposalDriver driver, Preparation preparation, DurableClientHolder durable)
{
    /// <summary>The activity.</summary>
    [Function(nameof(DriveProposal))]
    public async Task<ProposalStep> RunAsync(
        [ActivityTrigger] ProposalRef proposal, [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        durable.Offer(client);
        if (await preparation.EnsureAsync(cancellation) is { } failure)
        {
            throw new InvalidOperationException(failure.Message);
        }

        return await driver.DriveAsync(proposal, cancellation);
    }
}
