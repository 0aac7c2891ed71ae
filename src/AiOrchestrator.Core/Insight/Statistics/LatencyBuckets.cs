namespace AiOrchestrator.Core.Insight.Statistics;

/// <summary>
/// The buckets durations are counted in: their bounds grow by a factor, so that a duration read back out of its bucket is off by
/// <see cref="ErrorPercent"/> percent at most, however long it is (DDSketch: Masson, Rim, Lee, PVLDB 12, 2019). Buckets are the same everywhere and for ever:
/// counts of hours, shards and instances add up to those of all of them.
/// </summary>
internal static class LatencyBuckets
{
    /// <summary>How far off a percentile is at most, percent.</summary>
    public const int ErrorPercent = 5;

    /// <summary>The longest duration that is told apart: three hours, longer than a call may run; microseconds.</summary>
    private const long LongestUs = 3L * 3600 * 1_000_000;

    /// <summary>The shortest: a tenth of a millisecond.</summary>
    private const long ShortestUs = 100;

    private const double Growth = (100.0 + ErrorPercent) / (100.0 - ErrorPercent);

    /// <summary>The upper bounds, inclusive, microseconds.</summary>
    private static readonly long[] Bounds = MakeBounds();

    /// <summary>How many buckets there are.</summary>
    public static int Count => Bounds.Length;

    /// <summary>The bucket of a duration.</summary>
    /// <param name="us">Microseconds.</param>
    public static int Of(long us)
    {
        var found = Array.BinarySearch(Bounds, us);
        return Math.Min(found < 0 ? ~found : found, Bounds.Length - 1);
    }

    /// <summary>The duration a bucket stands for, microseconds.</summary>
    /// <param name="bucket">Its number.</param>
    public static double Us(int bucket) => bucket == 0 ? Bounds[0] : 2.0 * Bounds[bucket] * Bounds[bucket - 1] / (Bounds[bucket] + Bounds[bucket - 1]);

    /// <summary>The duration that a part of those counted do not exceed, microseconds: the one at the rank ceil(part × count). Null for none.</summary>
    /// <param name="counts">By bucket.</param>
    /// <param name="part">Above 0, at most 1.</param>
    public static double? Percentile(IReadOnlyDictionary<int, long> counts, double part)
    {
        var rank = (long)Math.Ceiling(part * counts.Values.Sum());
        foreach (var (bucket, count) in counts.OrderBy(static c => c.Key))
        {
            rank -= count;
            if (rank <= 0)
            {
                return Us(bucket);
            }
        }

        return null;
    }

    private static long[] MakeBounds()
    {
        var bounds = new List<long> { ShortestUs };
        while (bounds[^1] < LongestUs)
        {
            // Rounded down, so that no bucket is wider than the factor.
            bounds.Add((long)(bounds[^1] * Growth));
        }

        return [.. bounds];
    }
}
