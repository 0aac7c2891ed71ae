using System.Diagnostics;
using System.Globalization;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Bench.Money;

/// <summary>What a great many wallets cost: opening each durably, their memory, and starting again with all of them.</summary>
internal static class WalletsPart
{
    public static async Task RunAsync(Sizes sizes)
    {
        using var place = new Workplace();
        var settings = new WalletSettings { LimitNanoUsd = 100 * NanoUsd.PerUsd };
        var before = Memory();
        using (var set = place.Open())
        {
            var watch = new Watch();
            await Parallel.ForEachAsync(
                Enumerable.Range(0, sizes.Wallets),
                new ParallelOptions { MaxDegreeOfParallelism = 256 },
                async (i, token) => _ = await set.Wallets.OpenAsync(
                    string.Create(CultureInfo.InvariantCulture, $"wal_{i:d16}"), settings, CommandNote.None, token));
            Console.WriteLine($"{sizes.Wallets:n0} wallets: opened durably in {watch.Seconds:n1} s");
            Show("  in memory after opening", sizes, Memory() - before);
        }

        for (var run = 0; run < 2; run++)
        {
            var clean = Memory();
            var watch = new Watch();
            using var set = place.Open();
            var seconds = watch.Seconds;
            Console.WriteLine($"  start {(run == 0 ? "from the journal" : "again")}: {seconds:n2} s, {watch.ProcessorSeconds:n2} s of processor");
            Show("  in memory after it", sizes, Memory() - clean);
            var read = Stopwatch.GetTimestamp();
            await set.Wallets.TickAsync(CancellationToken.None);
            Console.WriteLine($"  a tick of the clock over all of them: {Stopwatch.GetElapsedTime(read).TotalMilliseconds:n0} ms");
        }
    }

    private static void Show(string what, Sizes sizes, long bytes) =>
        Console.WriteLine($"{what}: {bytes / 1e6:n0} MB, {(double)bytes / sizes.Wallets:n0} bytes a wallet; resident {Environment.WorkingSet / 1e6:n0} MB");

    private static long Memory() => GC.GetTotalMemory(forceFullCollection: true);
}
