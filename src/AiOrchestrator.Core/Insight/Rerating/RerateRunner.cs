using AiOrchestrator.Core.Platform.Jobs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>Rings when a re-rating was asked for, in the process that was asked.</summary>
internal sealed class ReratingBell
{
    private volatile TaskCompletionSource _rung = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the next ring.</summary>
    public Task Rung => _rung.Task;

    /// <summary>Rings.</summary>
    public void Ring() => Interlocked.Exchange(ref _rung, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}

/// <summary>
/// Carries re-ratings out in the background of a process: at its start, when one is asked for, and now and then for what others left. A job would hold up
/// the others of its round.
/// </summary>
internal sealed class RerateRunner(RerateWork work, ReratingBell bell, TimeProvider time, ILogger<RerateRunner> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    /// <summary>The job of a head without background services: a slice of it each minute, well below the minute.</summary>
    public static Job AsJob(RerateWork work, TimeProvider time) => new("reratings", TimeSpan.FromMinutes(1), async (_, cancellation) =>
    {
        var begun = time.GetTimestamp();
        await work.RunDueAsync(() => time.GetElapsedTime(begun) < TimeSpan.FromSeconds(30), cancellation);
    });

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            // Before it is looked: one that is asked for meanwhile is not missed.
            var rung = bell.Rung;
            await RunSafelyAsync(stoppingToken);
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Task.WhenAny(rung, Task.Delay(Every, time, waiting.Token));
            await waiting.CancelAsync();
        }
    }

    private async Task RunSafelyAsync(CancellationToken stopping)
    {
        try
        {
            _ = await work.RunDueAsync(() => !stopping.IsCancellationRequested, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The instance stops; whoever starts next goes on.
        }
        catch (Exception failure)
        {
            // Safe: the store does not answer; the next round asks again.
            log.LogError(failure, "Looking for open re-ratings failed");
        }
    }
}
