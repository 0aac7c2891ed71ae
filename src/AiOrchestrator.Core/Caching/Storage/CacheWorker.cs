using System.Globalization;
using AiOrchestrator.Core.Caching.Flushes;
using AiOrchestrator.Core.Platform.Alerts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Caching.Storage;

/// <summary>
/// Does what waits in the queue, in order, and every half minute what is due: dead entries out of memory, hits told to the store, the seal read where there is none
/// yet. When the process stops, it does first what waits.
/// </summary>
internal sealed partial class CacheWorker(
    CacheQueue queue,
    MemoryTier memory,
    ICacheStore store,
    EntrySeals seals,
    FlushBook flushes,
    DropEntry drop,
    PruneCache prune,
    AlertBook alerts,
    TimeProvider time,
    ILogger<CacheWorker> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(250);

    /// <summary>A work that takes longer is given up. Pruning has longer: it lists.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), PrunePatience = TimeSpan.FromMinutes(10);

    private long _failed;
    private volatile bool _isFailing;
    private volatile Task _working = Task.CompletedTask;

    /// <summary>How many works failed since the start.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        queue.Complete();
        try
        {
            if (ExecuteTask is not null)
            {
                // It may not have begun yet: first all is taken up, then done.
                await queue.Waiting.Completion.WaitAsync(cancellationToken);
                await _working.WaitAsync(cancellationToken);
            }

            await SafelyAsync("tell hits", TellHitsAsync, Patience, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Safe: the host waits no longer; what is not written down costs a call each.
        }

        await base.StopAsync(cancellationToken);
    }

    /// <summary>Does all that waits by now.</summary>
    internal async Task DrainAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested && queue.Waiting.TryRead(out var work))
        {
            await DoSafelyAsync(work, cancellation);
        }
    }

    /// <summary>What is due every half minute.</summary>
    internal async Task TurnAsync(CancellationToken cancellation)
    {
        memory.Sweep(time.GetUtcNow().ToUnixTimeMilliseconds(), flushes.IsFlushed);
        await SafelyAsync("tell hits", TellHitsAsync, Patience, cancellation);
        await SafelyAsync("read the seal", seals.LoadAsync, Patience, cancellation);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _working = WorkAsync(stoppingToken);
        return Task.WhenAll(_working, KeepUpAsync(stoppingToken));
    }

    private async Task WorkAsync(CancellationToken stopping)
    {
        try
        {
            while (await queue.Waiting.WaitToReadAsync(stopping))
            {
                await LingerAsync(stopping);
                await DrainAsync(stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The instance stops.
        }
    }

    /// <summary>What comes in the next moment is done together with what is there: packing one answer after another would be at the heels of every call.</summary>
    private async Task LingerAsync(CancellationToken stopping)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _ = await Task.WhenAny(queue.Closing, Task.Delay(Linger, time, over.Token));
        await over.CancelAsync();
    }

    private async Task KeepUpAsync(CancellationToken stopping)
    {
        using var tick = new PeriodicTimer(Every, time);
        try
        {
            while (await tick.WaitForNextTickAsync(stopping))
            {
                await TurnAsync(stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The instance stops.
        }
    }

    private Task DoSafelyAsync(CacheWork work, CancellationToken cancellation)
    {
        queue.Taken(work);
        return work switch
        {
            CacheWork.Store put => SafelyAsync("put an answer", c => StoreAsync(put.Entry, c), Patience, cancellation),
            CacheWork.Drop dropped => SafelyAsync("delete an answer", c => DropAsync(dropped, c), Patience, cancellation),
            CacheWork.Prune pruned => SafelyAsync("delete what was flushed", c => prune.RunAsync(pruned.OrganisationId, pruned.Scope, c), PrunePatience, cancellation),
            _ => throw new InvalidOperationException($"{work.GetType().Name} is no work"),
        };
    }

    private async Task SafelyAsync(string what, Func<CancellationToken, Task> work, TimeSpan patience, CancellationToken cancellation)
    {
        try
        {
            using var enough = new CancellationTokenSource(patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, cancellation);
            await work(either.Token).WaitAsync(either.Token);
            _isFailing = false;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Safe: an answer that is not kept costs a call; what is not deleted nobody is given, and the job deletes it.
            Interlocked.Increment(ref _failed);
            if (!_isFailing)
            {
                _isFailing = true;
                LogFailing(e, what);
            }
        }
    }

    private Task StoreAsync(CacheEntry entry, CancellationToken cancellation) =>
        seals.Current is { } seal ? store.PutAsync(seal.Seal(entry), cancellation) : Task.CompletedTask;

    private async Task DropAsync(CacheWork.Drop work, CancellationToken cancellation)
    {
        await drop.RunAsync(work.Name, work.Partition, cancellation);
        if (!work.IsCorrupted)
        {
            return;
        }

        var organisationId = EntryName.OrganisationOf(work.Name.Namespace).ToString();
        var now = time.GetUtcNow();
        var day = now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        LogCorrupted(organisationId);
        _ = await alerts.RaiseAsync(
            new Alert(
                $"{AlertKinds.CacheCorrupted}:{day}",
                organisationId,
                AlertKinds.CacheCorrupted,
                AlertSeverity.Critical,
                "A cached answer had been changed",
                $"An answer in the store of the cache was not as it had been put there ({work.Name.Namespace}). It was given to nobody, and is deleted. Either the disk is faulty or somebody "
                + "wrote into the store: find out who can. At most one of these is raised a day.",
                new Dictionary<string, string>(StringComparer.Ordinal) { ["namespace"] = work.Name.Namespace },
                now.ToUnixTimeMilliseconds()),
            cancellation);
    }

    private async Task TellHitsAsync(CancellationToken cancellation)
    {
        if (memory.TakeHits() is { Count: > 0 } hits)
        {
            await store.NoteHitsAsync(hits, cancellation);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The cache's store does not do what it should ({What}); told once until it does again")]
    private partial void LogFailing(Exception failure, string what);

    [LoggerMessage(2, LogLevel.Error, "An answer in the cache's store of {OrganisationId} was not as it had been put: it was given to nobody and is deleted")]
    private partial void LogCorrupted(string organisationId);
}
