using System.Numerics.Tensors;
using AiOrchestrator.Core.Caching.Vectors;

namespace AiOrchestrator.Core.Tests.Caching.Vectors;

public sealed class SimdVectorIndexBoundsTests
{
    private static readonly VectorPartition[] Partitions = [new("org_1", "x"), new("org_1", "y"), new("org_2", "x")];

    private readonly VectorSets _sets = new(3, 64);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Over_the_bound_the_one_goes_that_was_put_longest_ago()
    {
        using var index = new SimdVectorIndex(maxVectors: 4);
        var vectors = Enumerable.Range(0, 8).Select(_ => _sets.Any()).ToArray();
        for (var i = 0; i < 4; i++)
        {
            await index.PutAsync(Partitions[i % 3], $"v{i}", vectors[i], Cancel);
        }

        // Put again, it is the newest; what is searched for does not become newer.
        await index.PutAsync(Partitions[0], "v0", vectors[0], Cancel);
        Assert.Equal(4, index.Count);
        Assert.True(await IsThereAsync(index, 1));
        await index.PutAsync(Partitions[4 % 3], "v4", vectors[4], Cancel);
        await index.PutAsync(Partitions[5 % 3], "v5", vectors[5], Cancel);

        Assert.Equal(4, index.Count);
        var isThere = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => IsThereAsync(index, i)));
        Assert.Equal([true, false, false, true, true, true], isThere);

        async Task<bool> IsThereAsync(SimdVectorIndex of, int i) =>
            (await of.SearchAsync(Partitions[i % 3], vectors[i], 1, 0.99f, Cancel)).Any(h => h.Id == $"v{i}");
    }

    [Fact]
    public async Task What_is_deleted_or_dropped_makes_room()
    {
        using var index = new SimdVectorIndex(maxVectors: 3);
        for (var i = 0; i < 3; i++)
        {
            await index.PutAsync(Partitions[i], "a", _sets.Any(), Cancel);
        }

        await index.DeleteAsync(Partitions[2], "a", Cancel);
        Assert.Equal(2, index.Count);
        await index.DropAsync("org_1", Cancel);
        Assert.Equal(0, index.Count);
        foreach (var id in (string[])["a", "b", "c"])
        {
            await index.PutAsync(Partitions[0], id, _sets.Any(), Cancel);
        }

        Assert.Equal(3, (await index.SearchAsync(Partitions[0], _sets.Any(), 10, -1, Cancel)).Count);
    }

    /// <summary>An emptied partition is as if it had never been: another number of dimensions may be put.</summary>
    [Fact]
    public async Task Of_a_partition_that_became_empty_nothing_is_left()
    {
        using var index = new SimdVectorIndex(maxVectors: 10);
        await index.PutAsync(Partitions[0], "a", _sets.Any(), Cancel);
        await index.DeleteAsync(Partitions[0], "a", Cancel);
        var longer = new VectorSets(1, 100).Any();
        await index.PutAsync(Partitions[0], "a", longer, Cancel);
        Assert.Single(await index.SearchAsync(Partitions[0], longer, 1, 0.99f, Cancel));
    }

    /// <summary>Rows move into the places of others, over the edges of pieces too; each keeps its own vector and name.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task After_many_puts_and_deletes_each_has_its_own_vector(int seed)
    {
        var sets = new VectorSets(seed, 64);
        using var index = new SimdVectorIndex(maxVectors: 100_000);
        var table = new Dictionary<string, float[]>(StringComparer.Ordinal);
        for (var step = 0; step < 12_000; step++)
        {
            var id = $"v{sets.Next(4_000)}";

            // Grows beyond two pieces, then shrinks below one.
            if (sets.Next(10) < (step < 7_000 ? 8 : 2))
            {
                table[id] = sets.Any();
                await index.PutAsync(Partitions[0], id, table[id], Cancel);
            }
            else
            {
                _ = table.Remove(id);
                await index.DeleteAsync(Partitions[0], id, Cancel);
            }

            if (step % 1_000 == 999)
            {
                await TellsAsync(index, table, sets);
            }
        }
    }

    [Fact]
    public async Task Searches_go_on_while_others_put_and_delete_beyond_the_bound()
    {
        const int bound = 3_000;
        using var index = new SimdVectorIndex(bound);
        var kept = _sets.Any();
        var others = Enumerable.Range(0, 6_000).Select(_ => _sets.Any()).ToArray();
        using var done = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 2).Select(w => Task.Run(
            async () =>
            {
                for (var i = w; i < others.Length; i += 2)
                {
                    await index.PutAsync(Partitions[0], $"v{i}", others[i], Cancel);
                    if (i % 500 < 2)
                    {
                        await index.PutAsync(Partitions[0], "kept", kept, Cancel);
                        await index.DeleteAsync(Partitions[0], $"v{i}", Cancel);
                    }
                }
            },
            Cancel)).ToArray();
        await index.PutAsync(Partitions[0], "kept", kept, Cancel);
        var searches = 0;
        while (!Array.TrueForAll(writers, static w => w.IsCompleted) || searches < 10)
        {
            Assert.Equal("kept", Assert.Single(await index.SearchAsync(Partitions[0], kept, 1, 0.99f, Cancel)).Id);
            searches++;
        }

        await Task.WhenAll(writers);
        Assert.InRange(index.Count, bound - 24, bound);
    }

    private static async Task TellsAsync(SimdVectorIndex index, Dictionary<string, float[]> table, VectorSets sets)
    {
        Assert.Equal(table.Count, index.Count);
        foreach (var (id, vector) in table.Where(_ => sets.Next(10) == 0))
        {
            var asked = sets.At(vector, 0.95);
            var hit = (await index.SearchAsync(Partitions[0], asked, 1, 0.9f, Cancel))[0];
            Assert.Equal(id, hit.Id);
            Assert.Equal(TensorPrimitives.Dot(vector, asked), hit.Similarity, 0.00001f);
        }

        for (var i = 0; i < 20; i++)
        {
            var hits = await index.SearchAsync(Partitions[0], sets.Any(), 100, -1, Cancel);
            Assert.Equal(Math.Min(100, table.Count), hits.Count);
            Assert.All(hits, h => Assert.True(table.ContainsKey(h.Id)));
        }
    }
}
