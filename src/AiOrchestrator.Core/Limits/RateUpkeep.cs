using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Limits;

/// <summary>
/// Off the request path: gives back grants nobody takes from, twice a second, and where there are days' counters writes them every five.
/// </summary>
internal sealed class RateUpkeep(RatePools pools, TimeProvider time, ILogger<RateUpkeep> logger, DayCounters? days = null) : BackgroundService
{
    private const int TicksPerSave = 10;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await GuardAsync(async () =>
        {
            // A store that does not answer must not keep the process: what is not told counts as lost, and comes back.
            await pools.ReportAllAsync(null).WaitAsync(cancellationToken);
            await SaveAsync(cancellationToken);
        });
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(500), time);
        try
        {
            for (var ticks = 1; await tick.WaitForNextTickAsync(stoppingToken); ticks = ticks % TicksPerSave + 1)
            {
                await GuardAsync(pools.ReportDueAsync);
                if (ticks == TicksPerSave)
                {
                    await GuardAsync(() => SaveAsync(stoppingToken));
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The instance stops; what is left is told and written by StopAsync.
        }
    }

    private Task SaveAsync(CancellationToken cancellation) => days?.SaveAsync(cancellation) ?? Task.CompletedTask;

    private async Task GuardAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Limits go on in memory; the next tick tries again.
            logger.LogError(failure, "Keeping up rate limits failed");
        }
    }
}
