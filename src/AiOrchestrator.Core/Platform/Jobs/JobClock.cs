using Microsoft.Extensions.Hosting;

namespace AiOrchestrator.Core.Platform.Jobs;

/// <summary>Runs due jobs once a minute, in a head that has no timers of its own.</summary>
internal sealed class JobClock(JobRunner runner, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(Every, time);
        try
        {
            do
            {
                await runner.RunDueAsync(stoppingToken);
            }
            while (await tick.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The instance stops; what was cut off is begun anew by whoever starts next.
        }
    }
}
