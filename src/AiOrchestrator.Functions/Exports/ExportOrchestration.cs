using AiOrchestrator.Core.Insight.Exports;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Functions.Wallets;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace AiOrchestrator.Functions.Exports;

/// <summary>Writes the reports that are due, an activity each: one that fails is tried again without the others.</summary>
public static class ExportOrchestration
{
    /// <summary>Three tries, a minute and more apart; what is left is found by the next hour's.</summary>
    private static readonly TaskOptions Retries = new(new TaskRetryOptions(new RetryPolicy(3, TimeSpan.FromMinutes(1), 2.0)));

    /// <summary>One after the other: an export reads much, and calls come first.</summary>
    [Function(nameof(ExportOrchestration))]
    public static async Task RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        foreach (var task in await context.CallActivityAsync<IReadOnlyList<ExportTask>>(nameof(ExportActivities.ListExports), null, Retries))
        {
            await context.CallActivityAsync<bool>(nameof(ExportActivities.WriteExport), task, Retries);
        }
    }

    /// <summary>The job of Core's registry: each of its periods begins one orchestration, however often it is repeated.</summary>
    public static Job JobOf(DurableClientHolder durable, ScheduledExports exports) => new(ScheduledExports.JobName, ScheduledExports.Every, async (period, cancellation) =>
    {
        if (!exports.IsOn)
        {
            return;
        }

        var id = $"{ScheduledExports.JobName}-{period.Number}";
        if (await durable.Client.GetInstanceAsync(id, false, cancellation) is null)
        {
            await durable.Client.ScheduleNewOrchestrationInstanceAsync(
                nameof(ExportOrchestration), null, new StartOrchestrationOptions(id), cancellation);
        }
    });
}

/// <summary>What <see cref="ExportOrchestration"/> does.</summary>
public sealed class ExportActivities(ScheduledExports exports, Preparation preparation, DurableClientHolder durable)
{
    /// <summary>What is due.</summary>
    [Function(nameof(ListExports))]
    public Task<IReadOnlyList<ExportTask>> ListExports([ActivityTrigger] string? nothing, CancellationToken cancellation) => exports.DueAsync(cancellation);

    /// <summary>Writes one report.</summary>
    [Function(nameof(WriteExport))]
    public async Task<bool> WriteExport([ActivityTrigger] ExportTask task, [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        durable.Offer(client);

        // A report names wallets and teams: an instance that has not loaded them would write a wrong one, once and for all.
        if (await preparation.EnsureAsync(cancellation) is { } failure)
        {
            throw new InvalidOperationException(failure.Message);
        }

        await exports.WriteAsync(task, cancellation);
        return true;
    }
}
