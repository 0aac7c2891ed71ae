using AiOrchestrator.Core.Caching.Flushes;
using AiOrchestrator.Core.Platform.Jobs;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Caching.Storage;

/// <summary>
/// Deletes from the store what has expired or was flushed, and, where there is more than may be, what saves the least money for its bytes: cost × (hits + 1) ÷
/// bytes. One instance does it for all.
/// </summary>
internal sealed class PruneCache(ICacheStore store, FlushBook flushes, DropEntry drop, CacheSizes sizes, TimeProvider time, IOptions<CachingOptions> options)
{
    /// <summary>What is left where there was too much, in percent of the bound: the next entry must not be too much again.</summary>
    private const int LeftPercent = 90;

    /// <summary>The job: once an hour.</summary>
    public static Job AsJob(PruneCache prune) => new("prune-cache", TimeSpan.FromHours(1), (_, cancellation) => prune.RunAsync(cancellation));

    /// <summary>Prunes all of the store.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var left = new List<(double Worth, long Bytes)>();
        var counted = new CacheSizeCount();
        await foreach (var head in store.ListAsync(@namespace: null, cancellation))
        {
            if (IsDead(head))
            {
                await drop.RunAsync(new EntryName(head.Namespace, head.Key), head.Partition, cancellation);
            }
            else
            {
                left.Add((Worth(head), head.Bytes));
                counted.Add(head);
            }
        }

        if (left.Sum(static l => l.Bytes) > options.Value.StoreBytes)
        {
            await ShrinkAsync(left, counted, cancellation);
        }

        sizes.Set(counted);
    }

    /// <summary>Deletes what a flush named.</summary>
    /// <param name="organisationId">Whose.</param>
    /// <param name="scope">Which.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task RunAsync(string organisationId, FlushScope scope, CancellationToken cancellation)
    {
        await foreach (var head in store.ListAsync(scope.Namespace, cancellation))
        {
            if (EntryName.OrganisationOf(head.Namespace).SequenceEqual(organisationId) && IsDead(head))
            {
                await drop.RunAsync(new EntryName(head.Namespace, head.Key), head.Partition, cancellation);
            }
        }
    }

    private static double Worth(CacheHead head) => Math.Max(1.0, head.CostNanoUsd) * (head.Hits + 1.0) / Math.Max(1, head.Bytes);

    private bool IsDead(CacheHead head) => head.ExpiresUnixMs <= time.GetUtcNow().ToUnixTimeMilliseconds()
        || flushes.IsFlushed(new EntryName(head.Namespace, head.Key), head.Model, head.FlushNumber);

    /// <summary>Lists once more: the names of all entries would be more than an instance can hold, what each is worth is not.</summary>
    private async Task ShrinkAsync(List<(double Worth, long Bytes)> left, CacheSizeCount counted, CancellationToken cancellation)
    {
        left.Sort(static (a, b) => a.Worth.CompareTo(b.Worth));
        var tooMuch = left.Sum(static l => l.Bytes) - (options.Value.StoreBytes / 100 * LeftPercent);
        var dearest = 0;
        for (var bytes = left[0].Bytes; bytes < tooMuch; bytes += left[dearest].Bytes)
        {
            dearest++;
        }

        var worth = left[dearest].Worth;
        await foreach (var head in store.ListAsync(@namespace: null, cancellation))
        {
            if (tooMuch > 0 && Worth(head) <= worth)
            {
                await drop.RunAsync(new EntryName(head.Namespace, head.Key), head.Partition, cancellation);
                tooMuch -= head.Bytes;
                counted.Remove(head);
            }
        }
    }
}
