using AiOrchestrator.Core.Insight.Quotas;
using AiOrchestrator.Core.Insight.Reviews;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Insight;

/// <summary>
/// Copies the usage stream into the usage store, in runs: whatever has become durable since the last one. The store remembers the
/// position together with the events, so a run that is cut off is done again and changes nothing twice. What is in doubt is noted before the
/// position moves.
/// </summary>
internal sealed class UsageProjection(
    IUsageFeed feed,
    IUsageStore store,
    TakeDisputes disputes,
    WarnOfLastResort lastResort,
    IOptions<InsightOptions> options,
    TimeProvider time,
    ILogger<UsageProjection> log)
    : BackgroundService, IReadinessCheck
{
    private const int MostDoublings = 5;

    private const long Never = long.MinValue;

    /// <summary>Timestamp since which something waits to be stored or reading fails; <see cref="Never"/> when all is well.</summary>
    private long _behindSince = Never;

    /// <summary>Failed rounds since the last run that was stored.</summary>
    private volatile int _failures;

    /// <inheritdoc/>
    public ReadinessReport Check()
    {
        var since = Interlocked.Read(ref _behindSince);
        var behind = since == Never ? TimeSpan.Zero : time.GetElapsedTime(since);
        if (behind.TotalMilliseconds < options.Value.LagMs)
        {
            return new ReadinessReport("usage", Readiness.Ready, null);
        }

        var why = _failures > 0 ? "storing usage events fails (see the log)" : "storing usage events is slow";
        return new ReadinessReport(
            "usage", Readiness.Degraded, string.Create(null, $"{why}; /v1/usage is {behind.TotalSeconds:0} s behind. Calls are served and charged."));
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await StoreRunsAsync(stoppingToken);

                // A stream ends only when it is cancelled. One that ends by itself is read again, after the same wait as a failure.
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                // Safe: the host stops; what is not stored yet is read again at the next start.
                return;
            }
            catch (Exception e)
            {
                // Safe: the stream keeps every event until it is stored, readiness tells of the delay, and the next round starts from the
                // position the store really has.
                log.LogError(e, "usage events could not be stored; trying again");
                Interlocked.CompareExchange(ref _behindSince, time.GetTimestamp(), Never);
            }

            var delay = options.Value.RetryDelayMs * (1 << Math.Min(_failures++, MostDoublings));
            await Task.Delay(TimeSpan.FromMilliseconds(delay), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Stores run after run until the stream ends or something fails.</summary>
    private async Task StoreRunsAsync(CancellationToken stopping)
    {
        using var round = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var position = await store.PositionAsync(round.Token);
        await using var batches = feed.ReadAsync(position, round.Token).GetAsyncEnumerator(round.Token);
        var run = new List<UsageBatch>();
        var next = batches.MoveNextAsync().AsTask();
        try
        {
            if (_failures > 0)
            {
                // Readiness is not restored by a fresh start alone, but by a run that is stored, or by there being nothing to store.
                var nothing = Task.Delay(TimeSpan.FromMilliseconds(options.Value.RetryDelayMs), time, round.Token);
                if (await Task.WhenAny(next, nothing) == nothing)
                {
                    CaughtUp();
                }
            }

            while (await next)
            {
                Interlocked.CompareExchange(ref _behindSince, time.GetTimestamp(), Never);
                var events = 0;
                do
                {
                    run.Add(batches.Current);
                    events += batches.Current.Entries.Count;
                    next = batches.MoveNextAsync().AsTask();
                }
                while (events < options.Value.RunEvents && next.IsCompletedSuccessfully && await next);

                await disputes.ExecuteAsync(run.SelectMany(static b => b.Entries), round.Token);
                await lastResort.ExecuteAsync(run.SelectMany(static b => b.Entries), round.Token);
                await store.StoreAsync(run, round.Token);
                run.Clear();
                CaughtUp();
            }
        }
        finally
        {
            // An enumerator must not be disposed while it moves: stop it and wait. How it ends is nobody's business any more.
            await round.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void CaughtUp()
    {
        _failures = 0;
        Interlocked.Exchange(ref _behindSince, Never);
    }
}
