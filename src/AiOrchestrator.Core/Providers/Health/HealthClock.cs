using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Providers.Health;

/// <summary>Lets the monitor take its turns while this process runs. In both heads: health is each instance's own.</summary>
internal sealed class HealthClock(HealthMonitor monitor, TimeProvider time, ILogger<HealthClock> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(Every, time);
        try
        {
            do
            {
                await TurnAsync(stoppingToken);
            }
            while (await tick.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The instance stops; what was not told yet is told by whoever starts next.
        }
    }

    private async Task TurnAsync(CancellationToken stopping)
    {
        try
        {
            await monitor.TurnAsync(stopping);
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            // Safe: the store does not answer; statuses go on in memory, and the next turn begins anew.
            log.LogError(failure, "Watching the providers' health failed");
        }
    }
}
