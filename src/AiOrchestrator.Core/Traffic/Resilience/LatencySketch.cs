namespace AiOrchestrator.Core.Traffic.Resilience;

/// <summary>
/// Percentiles of how long a route takes until its first byte, the older calls counting ever less: a histogram whose buckets grow by a quarter, all
/// halved whenever they come to <see cref="Most"/> or are five minutes old. A percentile is the upper end of its bucket: at most a quarter too high.
/// </summary>
/// <remarks>Safe for concurrent use: additions are single increments; what is lost while others halve is lost to figures alone.</remarks>
internal sealed class LatencySketch
{
    /// <summary>Calls after which all count half.</summary>
    public const int Most = 400;

    private const int Buckets = 64;
    private const double Growth = 1.25;
    private const double FirstUs = 500;
    private const long HalvedEveryMs = 5 * 60_000;

    private static readonly double LogGrowth = Math.Log(Growth);

    private readonly int[] _counts = new int[Buckets];
    private int _total;
    private int _halving;
    private long _halvedUnixMs;

    /// <summary>How many calls it stands for.</summary>
    public int Count => Volatile.Read(ref _total);

    /// <summary>Takes in a call.</summary>
    /// <param name="us">How long it took, microseconds.</param>
    /// <param name="unixMs">When, milliseconds since 1970.</param>
    public void Note(long us, long unixMs)
    {
        var bucket = us <= FirstUs ? 0 : Math.Min(Buckets - 1, 1 + (int)(Math.Log(us / FirstUs) / LogGrowth));
        Interlocked.Increment(ref _counts[bucket]);
        var total = Interlocked.Increment(ref _total);
        if (total >= Most || unixMs - Volatile.Read(ref _halvedUnixMs) >= HalvedEveryMs)
        {
            Halve(unixMs);
        }
    }

    /// <summary>The time a part of the calls stays within; microseconds, 0 where there are none. Does not allocate.</summary>
    /// <param name="part">0 to 1.</param>
    public long PercentileUs(double part)
    {
        var counts = _counts;
        long total = 0;
        foreach (ref readonly var count in counts.AsSpan())
        {
            total += Volatile.Read(in count);
        }

        if (total == 0)
        {
            return 0;
        }

        var rank = Math.Max(1, (long)Math.Ceiling(part * total));
        long below = 0;
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            below += Volatile.Read(ref counts[bucket]);
            if (below >= rank)
            {
                return (long)(FirstUs * Math.Pow(Growth, bucket));
            }
        }

        return (long)(FirstUs * Math.Pow(Growth, Buckets - 1));
    }

    private void Halve(long unixMs)
    {
        if (Interlocked.Exchange(ref _halving, 1) != 0)
        {
            return;
        }

        // The first call begins the time; nothing is old yet.
        if (Volatile.Read(ref _halvedUnixMs) != 0 || Volatile.Read(ref _total) >= Most)
        {
            var total = 0;
            for (var bucket = 0; bucket < Buckets; bucket++)
            {
                var half = Volatile.Read(ref _counts[bucket]) / 2;
                Volatile.Write(ref _counts[bucket], half);
                total += half;
            }

            Volatile.Write(ref _total, total);
        }

        Volatile.Write(ref _halvedUnixMs, unixMs);
        Volatile.Write(ref _halving, 0);
    }
}
