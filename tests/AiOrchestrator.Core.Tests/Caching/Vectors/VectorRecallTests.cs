using System.Numerics.Tensors;
using AiOrchestrator.Core.Caching.Vectors;

namespace AiOrchestrator.Core.Tests.Caching.Vectors;

/// <summary>What is passed over because not all of a large partition is compared exactly.</summary>
public sealed class VectorRecallTests
{
    private static readonly VectorPartition Here = new("org_1", "all");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Half of them lie anywhere and half in clusters so dense that each is at 0.9 of its neighbours.</summary>
    [Theory]
    [InlineData(1, 512)]
    [InlineData(2, 512)]
    [InlineData(3, 384)]
    [InlineData(4, 64)]
    public async Task Of_20_000_what_is_nearer_than_092_is_always_found(int seed, int dimensions)
    {
        const int total = 20_000;
        var sets = new VectorSets(seed, dimensions);
        var centres = Enumerable.Range(0, 100).Select(_ => sets.Any()).ToArray();
        var vectors = Enumerable.Range(0, total).Select(i => i % 2 == 0 ? sets.Any() : sets.At(centres[sets.Next(centres.Length)], 0.95)).ToArray();
        await FindsAllAsync(sets, vectors);
    }

    /// <summary>Vectors with few numbers have few signs that say something, until they are turned.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(12)]
    [InlineData(80)]
    public async Task Nor_are_those_passed_over_that_are_nearly_all_zeros(int numbers)
    {
        var sets = new VectorSets(numbers, 512);
        var vectors = Enumerable.Range(0, 5_000).Select(_ => sets.Sparse(numbers)).ToArray();
        await FindsAllAsync(sets, vectors);
    }

    /// <summary>Where nothing is very near, chance may pass over the nearest; it seldom does.</summary>
    [Theory]
    [InlineData(0.8)]
    [InlineData(0.6)]
    [InlineData(0.5)]
    public async Task The_nearest_is_found_99_times_of_100_where_it_is_at_half(double cosine)
    {
        const int asked = 400;
        var sets = new VectorSets(7, 512);
        var vectors = Enumerable.Range(0, 20_000).Select(_ => sets.Any()).ToArray();
        using var index = await FilledAsync(vectors);
        var found = 0;
        for (var i = 0; i < asked; i++)
        {
            var of = sets.Next(vectors.Length);
            var hits = await index.SearchAsync(Here, sets.At(vectors[of], cosine), 1, -1, Cancel);
            found += hits[0].Id == $"v{of}" ? 1 : 0;
        }

        Assert.InRange(found, asked * 99 / 100, asked);
    }

    /// <summary>More that are about as near than are compared in eight bits: one of them is found, if not the best.</summary>
    [Fact]
    public async Task In_a_cluster_that_is_too_large_one_is_found_that_is_about_as_near()
    {
        var sets = new VectorSets(9, 512);
        var centre = sets.Any();
        var vectors = Enumerable.Range(0, 3 * PartitionVectors.MaxCandidates).Select(_ => sets.At(centre, 0.99)).ToArray();
        using var index = await FilledAsync(vectors);
        for (var i = 0; i < 50; i++)
        {
            var asked = sets.At(centre, 0.99);
            var best = vectors.Max(v => TensorPrimitives.Dot(v, asked));
            var hit = Assert.Single(await index.SearchAsync(Here, asked, 1, 0.92f, Cancel));
            Assert.InRange(hit.Similarity, best - 0.01f, best + 0.00001f);
            Assert.Equal(1, (await index.SearchAsync(Here, vectors[i], 1, 0.92f, Cancel))[0].Similarity, 0.00001f);
        }
    }

    private static async Task FindsAllAsync(VectorSets sets, float[][] vectors)
    {
        using var index = await FilledAsync(vectors);
        for (var i = 0; i < 300; i++)
        {
            var asked = sets.At(vectors[sets.Next(vectors.Length)], 0.92 + (0.08 * i / 299));
            var expected = vectors.Select((v, n) => (Id: $"v{n}", Similarity: TensorPrimitives.Dot(v, asked))).Where(static e => e.Similarity >= 0.92f)
                .OrderByDescending(static e => e.Similarity).Take(10).ToList();
            var found = await index.SearchAsync(Here, asked, 10, 0.92f, Cancel);

            // Those that rounding puts at the edge or in another order are as right.
            Assert.InRange(found.Count, expected.Count(static e => e.Similarity > 0.92001f), 10);
            foreach (var (hit, wanted) in found.Zip(expected))
            {
                Assert.Equal(wanted.Similarity, hit.Similarity, 0.00001f);
            }
        }
    }

    private static async Task<SimdVectorIndex> FilledAsync(float[][] vectors)
    {
        var index = new SimdVectorIndex(vectors.Length);
        for (var i = 0; i < vectors.Length; i++)
        {
            await index.PutAsync(Here, $"v{i}", vectors[i], Cancel);
        }

        return index;
    }
}
