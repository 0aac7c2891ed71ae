using System.Diagnostics;
using System.Globalization;
using AiOrchestrator.Core.Caching.Vectors;

namespace AiOrchestrator.Bench.Caching;

/// <summary>
/// Searching one large partition in memory, on one thread: vectors in clusters, as questions are that many ask in their own words; most of what is asked is near one of
/// them, some is near none.
/// </summary>
internal sealed class VectorsPart : Part
{
    private const int Dimensions = 512;
    private const int PerCluster = 100;
    private const double InCluster = 0.9;
    private const float Near = 0.92f;

    private static readonly VectorPartition Here = new("org_1", "all");

    private readonly Random _random = new(8);

    /// <inheritdoc/>
    public override string Name => "vectors";

    /// <inheritdoc/>
    public override bool Run(Measure measure) => RunAsync(measure.IsQuick).GetAwaiter().GetResult();

    private async Task<bool> RunAsync(bool isQuick)
    {
        var count = isQuick ? 20_000 : 100_000;
        var centres = Enumerable.Range(0, count / PerCluster).Select(_ => OfLengthOne(Any())).ToArray();
        var vectors = Enumerable.Range(0, count).Select(i => At(centres[i % centres.Length], InCluster)).ToArray();

        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var index = new SimdVectorIndex(count);
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            await index.PutAsync(Here, string.Create(CultureInfo.InvariantCulture, $"{i:x64}"), vectors[i], CancellationToken.None);
        }

        var built = Stopwatch.GetElapsedTime(began);
        var bytes = (double)(GC.GetTotalMemory(forceFullCollection: true) - before) / count;
        Console.WriteLine("| vectors | dimensions | put, µs each | bytes each, as the heap grew | of them float32, int8, signs, step |");
        Console.WriteLine("|---:|---:|---:|---:|---:|");
        Write($"| {count:n0} | {Dimensions} | {built.TotalMicroseconds / count:n1} | {bytes:n0} | {(Dimensions * sizeof(float)) + Dimensions + (Dimensions / 8) + sizeof(float):n0} |");
        Console.WriteLine();

        Console.WriteLine("| search, one thread | p50 µs | p99 µs | p50 µs on its core | p99 µs on its core | bytes | right |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|");
        var searches = isQuick ? 500 : 4_000;
        return await RowAsync(index, searches, "one at 0.95, at least 0.92 asked", Near, 1.0, () => NearOne(vectors))
            & await RowAsync(index, searches, "none near, at least 0.92 asked", Near, 1.0, () => (OfLengthOne(Any()), null))
            & await RowAsync(index, searches, "one at 0.95, however far asked", -1, 1.0, () => NearOne(vectors))
            & await RowAsync(index, searches, "one at 0.6, however far asked", -1, 0.99, () => NearOne(vectors, 0.6));
    }

    private static void Write(FormattableString row) => Console.WriteLine(row.ToString(CultureInfo.InvariantCulture));

    /// <summary>Measures one kind of search and says whether as many as should found what is nearest.</summary>
    private static async Task<bool> RowAsync(SimdVectorIndex index, int searches, string what, float minSimilarity, double rightShare, Func<(float[] Asked, int? Nearest)> ask)
    {
        var (wall, core) = (new List<double>(searches), new List<double>(searches));
        var (right, bytes) = (0, 0L);
        for (var i = -searches / 10; i < searches; i++)
        {
            var (asked, nearest) = ask();
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var (began, ran) = (Stopwatch.GetTimestamp(), ThreadClock.Microseconds);
            var hits = await index.SearchAsync(Here, asked, 8, minSimilarity, CancellationToken.None);
            var (took, run) = (Stopwatch.GetElapsedTime(began), ThreadClock.Microseconds - ran);
            if (i >= 0)
            {
                wall.Add(took.TotalMicroseconds);
                core.Add(run);
                bytes += GC.GetAllocatedBytesForCurrentThread() - allocated;
                right += (hits.Count == 0 ? null : (int?)int.Parse(hits[0].Id, NumberStyles.HexNumber, CultureInfo.InvariantCulture)) == nearest ? 1 : 0;
            }
        }

        wall.Sort();
        core.Sort();
        var (middle, late) = (searches / 2, searches * 99 / 100);
        Write($"| {what} | {wall[middle]:n0} | {wall[late]:n0} | {core[middle]:n0} | {core[late]:n0} | {bytes / searches:n0} | {100.0 * right / searches:n2} % |");
        return right >= rightShare * searches;
    }

    private static float[] OfLengthOne(float[] vector)
    {
        var length = MathF.Sqrt(Vectors.Cosine(vector, vector));
        return Array.ConvertAll(vector, x => x / length);
    }

    private (float[] Asked, int? Nearest) NearOne(float[][] vectors, double cosine = 0.95)
    {
        var of = _random.Next(vectors.Length);
        return (At(vectors[of], cosine), of);
    }

    private float[] Any()
    {
        var vector = new float[Dimensions];
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = (float)(_random.NextDouble() + _random.NextDouble() + _random.NextDouble() - 1.5);
        }

        return vector;
    }

    /// <summary>In any direction, at this cosine of another.</summary>
    private float[] At(float[] of, double cosine)
    {
        var aside = Any();
        var along = Vectors.Cosine(of, aside);
        for (var i = 0; i < aside.Length; i++)
        {
            aside[i] -= along * of[i];
        }

        aside = OfLengthOne(aside);
        var sine = Math.Sqrt(1 - (cosine * cosine));
        for (var i = 0; i < aside.Length; i++)
        {
            aside[i] = (float)((cosine * of[i]) + (sine * aside[i]));
        }

        return aside;
    }
}
