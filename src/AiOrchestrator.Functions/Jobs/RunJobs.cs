using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Functions.Wallets;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace AiOrchestrator.Functions.Jobs;

/// <summary>Lets everything that is due by the clock be done. The host runs it on one instance at a time; which jobs there are is up to Core.</summary>
public sealed class RunJobs(JobRunner runner, Preparation preparation, DurableClientHolder durable)
{
    /// <summary>Every minute. What was missed while no instance ran is done by the next run.</summary>
    [Function("RunJobs")]
    public async Task RunAsync([TimerTrigger("0 * * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        durable.Offer(client);
        if (await preparation.EnsureAsync(cancellation) is { } failure)
        {
            throw new InvalidOperationException(failure.Message);
        }

        await runner.RunDueAsync(cancellation);
    }
}
