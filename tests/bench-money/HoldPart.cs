using System.Diagnostics;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Bench.Money;

/// <summary>
/// Hold + settle in memory on one thread, four wallets deep (key, team, department, organisation), every wallet with a limit; and that a hold
/// does not cost more the more wallets there are.
/// </summary>
internal static class HoldPart
{
    private const long HoldNanoUsd = 5_000;
    private const long CostNanoUsd = 1_000;

    public static async Task RunAsync(Sizes sizes)
    {
        Console.WriteLine("hold + settle, depth 4, one thread:");
        foreach (var leaves in (int[])[1, 1_000, sizes.Leaves])
        {
            await MeasureAsync(leaves, sizes.Seconds);
        }
    }

    private static async Task MeasureAsync(int leaves, double seconds)
    {
        using var place = new Workplace();
        using var set = place.Open();
        var documents = new TreeDocuments(leaves);
        var terms = new WalletSettings { LimitNanoUsd = NanoUsd.MaxAmount };
        await Parallel.ForEachAsync(
            documents.WalletIds,
            new ParallelOptions { MaxDegreeOfParallelism = 256 },
            async (id, token) => _ = await set.Wallets.OpenAsync(id, terms, CommandNote.None, token));
        using var wallets = new WalletDirectory(documents);
        await wallets.LoadAsync(CancellationToken.None);
        await using var book = new LeaseBook(set.Wallets, wallets, new IdSource(TimeProvider.System), TimeProvider.System, NullLogger<LeaseBook>.Instance);
        using var stop = new CancellationTokenSource();
        var renewing = Task.WhenAll(book.RenewLowAsync(stop.Token), RenewAsync(book, stop.Token));
        var leafIds = documents.LeafIds;
        Warm(book, leafIds);
        for (var round = 0; round < 2; round++)
        {
            var (pairs, took, allocated, queued) = await PairsAsync(book, leafIds, seconds);
            Console.WriteLine($"  {leaves,7:n0} keys: {pairs / took,12:n0} pairs/s   {took / pairs * 1e9,6:n0} ns   {(double)allocated / pairs,6:n2} bytes a pair   {queued} waited");
        }

        await stop.CancelAsync();
        await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Opens and sizes the leases: each key calls often enough in a row to be granted for more than one call.</summary>
    private static void Warm(LeaseBook book, string[] leafIds)
    {
        var from = Stopwatch.GetTimestamp();
        var queued = 0L;
        var calls = Math.Max(20, 2_000 / leafIds.Length);
        foreach (var leafId in leafIds)
        {
            for (var i = 0; i < calls; i++)
            {
                var asked = book.HoldAsync(book.PathOf(leafId), HoldNanoUsd, CancellationToken.None);
                queued += asked.IsCompletedSuccessfully ? 0 : 1;
                var hold = asked.AsTask().GetAwaiter().GetResult().Hold;
                LeaseBook.Settle(ref hold, CostNanoUsd);
            }
        }

        Console.WriteLine($"  {leafIds.Length,7:n0} keys: first {calls} calls of each: {queued:n0} waited, all in {Stopwatch.GetElapsedTime(from).TotalMilliseconds:n0} ms");
    }

    private static async Task<(long Pairs, double Seconds, long AllocatedBytes, long Queued)> PairsAsync(LeaseBook book, string[] leafIds, double seconds)
    {
        var pairs = 0L;
        var queued = 0L;
        var allocatedOnQueue = 0L;
        var thread = Environment.CurrentManagedThreadId;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var from = Stopwatch.GetTimestamp();
        var next = 0u;
        while (Stopwatch.GetElapsedTime(from).TotalSeconds < seconds)
        {
            for (var i = 0; i < 1_000; i++)
            {
                next = unchecked((next * 1664525u) + 1013904223u);
                var asked = book.HoldAsync(book.PathOf(leafIds[next % (uint)leafIds.Length]), HoldNanoUsd, CancellationToken.None);
                HoldResult held;
                if (asked.IsCompletedSuccessfully)
                {
                    held = asked.Result;
                }
                else
                {
                    var at = GC.GetAllocatedBytesForCurrentThread();
                    queued++;
                    held = asked.AsTask().GetAwaiter().GetResult();
                    allocatedOnQueue += GC.GetAllocatedBytesForCurrentThread() - at;
                }

                var hold = held.Hold;
                LeaseBook.Settle(ref hold, CostNanoUsd);
                pairs++;
            }
        }

        Debug.Assert(thread == Environment.CurrentManagedThreadId, "the loop stays on its thread");
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before - allocatedOnQueue;
        await Task.Yield();
        return (pairs, Stopwatch.GetElapsedTime(from).TotalSeconds, Math.Max(0, allocated), queued);
    }

    private static async Task RenewAsync(LeaseBook book, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            await book.RenewDueAsync(cancellation);
        }
    }
}
