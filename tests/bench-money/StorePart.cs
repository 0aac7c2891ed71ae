using AiOrchestrator.Server.Storage;

namespace AiOrchestrator.Bench.Money;

/// <summary>
/// Durable calls per second: each caller appends a start, waits until it is on the disk, appends the settlement, and begins again.
/// </summary>
internal static class StorePart
{
    private static readonly int[] Callers = [1, 16, 256];

    public static async Task RunAsync(Sizes sizes)
    {
        Console.WriteLine("durable start + settle, callers that wait:");
        foreach (var callers in Callers)
        {
            using var place = new Workplace();
            using var set = place.Open();
            var calls = new Calls();
            _ = await CallAsync(set, calls, callers, sizes.Seconds / 5);
            var rows = set.Journal.Committed.DurableSeq;
            var watch = new Watch();
            var done = await CallAsync(set, calls, callers, sizes.Seconds);
            var (seconds, processor) = (watch.Seconds, watch.ProcessorSeconds);
            rows = set.Journal.Committed.DurableSeq - rows;
            Console.WriteLine(
                $"  {callers,4} callers: {done / seconds,10:n0} calls/s   {processor / done * 1e6,6:n2} us of processor a call   {(double)done / rows,7:n1} calls a commit");
        }
    }

    /// <summary>Calls until the time is over; how many.</summary>
    public static async Task<long> CallAsync(StorageSet set, Calls calls, int callers, double seconds)
    {
        var watch = new Watch();
        var stop = false;
        var done = 0L;
        var all = Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var mine = 0L;
            while (!Volatile.Read(ref stop))
            {
                await OneAsync(set, calls);
                mine++;
            }

            Interlocked.Add(ref done, mine);
        })).ToArray();
        await Task.Delay(TimeSpan.FromSeconds(Math.Max(0, seconds - watch.Seconds)));
        Volatile.Write(ref stop, true);
        await Task.WhenAll(all);
        return done;
    }

    /// <summary>One call.</summary>
    public static async ValueTask OneAsync(StorageSet set, Calls calls)
    {
        var start = calls.Start();
        if (!await set.Stream.AppendStartAsync(start))
        {
            throw new InvalidOperationException("The journal refused a start: " + set.Journal.Failure);
        }

        set.Stream.AppendSettlement(calls.Settlement(start));
    }
}
