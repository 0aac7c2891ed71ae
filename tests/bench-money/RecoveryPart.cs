using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Server.Storage;

namespace AiOrchestrator.Bench.Money;

/// <summary>How long it takes to open a journal of many calls, verified and replayed.</summary>
internal static class RecoveryPart
{
    private const int Callers = 256;
    private static readonly JournalOptions NoSnapshots = new() { SnapshotBytes = long.MaxValue };

    public static async Task RunAsync(Sizes sizes)
    {
        using var place = new Workplace();
        await WriteAsync(place, sizes.Calls);
        using (var database = SqliteDatabase.Open(place.File("journal.db"), readOnly: true))
        {
            var entries = database.QueryInt64("SELECT sum(length(entries)) FROM journal");
            var rows = database.QueryInt64("SELECT count(*) FROM journal");
            Console.WriteLine(
                $"recovery of {2L * sizes.Calls:n0} records in {rows:n0} rows, {place.Bytes("journal.db") / 1e6:n0} MB, {(double)entries / sizes.Calls:n0} bytes of entries a call:");
        }

        for (var run = 0; run < 2; run++)
        {
            Open(place, "all verified, all replayed", NoSnapshots);
        }

        Open(place, "all verified, all replayed, snapshot written", new JournalOptions());
        for (var run = 0; run < 2; run++)
        {
            Open(place, "all verified, replayed from the snapshot on", new JournalOptions());
        }

        Open(place, "verified and replayed from the snapshot on", new JournalOptions { Verify = JournalVerify.Recent });
    }

    private static void Open(Workplace place, string how, JournalOptions options)
    {
        var watch = new Watch();
        using var set = place.Open(options);
        Console.WriteLine($"  {how}: {watch.Seconds:n2} s, {watch.ProcessorSeconds:n2} s of processor");
    }

    private static async Task WriteAsync(Workplace place, int total)
    {
        using var set = place.Open(NoSnapshots);
        var calls = new Calls();
        foreach (var wallet in calls.Wallets)
        {
            _ = await set.Wallets.OpenAsync(wallet, 1_000_000_000_000_000_000, CancellationToken.None);
        }

        var left = total;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await StorePart.OneAsync(set, calls);
            }
        })));
    }
}
