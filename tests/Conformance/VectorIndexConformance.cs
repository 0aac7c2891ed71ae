using AiOrchestrator.Core.Caching.Vectors;

namespace AiOrchestrator.Conformance;

/// <summary>What every <see cref="IVectorIndex"/> does.</summary>
public abstract class VectorIndexConformance
{
    private const int Dimensions = 64;

    /// <summary>How far what is told may be from the cosine in double precision.</summary>
    private const double Rounding = 1e-5;

    private static readonly VectorPartition Here = new("org_1", "gpt-4o/ctx_1");

    private readonly Random _random = new(8);

    protected abstract IVectorIndex Index { get; }

    /// <summary>How long after a write a search may still not know of it; zero where it knows at once.</summary>
    protected virtual TimeSpan Delay => TimeSpan.Zero;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Closes the index and opens it again over what it has kept. Does nothing where nothing is kept.</summary>
    protected virtual Task<IVectorIndex> ReopenAsync() => Task.FromResult(Index);

    [Fact]
    public async Task Where_nothing_was_put_nothing_is_found()
    {
        Assert.Empty(await SearchAsync(Here, RandomVector()));
        await Index.DeleteAsync(Here, "nothing", Cancel);
        await Index.DropAsync("org_nobody", Cancel);
    }

    [Fact]
    public async Task What_was_put_is_found_with_its_exact_similarity()
    {
        var stored = RandomVector();
        await Index.PutAsync(Here, "a", stored, Cancel);
        foreach (var cosine in (double[])[1, 0.9999, 0.92, 0.5, 0, -0.5])
        {
            var asked = At(stored, cosine);
            await FindsAsync(Here, asked, "a");
            Assert.Equal(Cosine(stored, asked), Assert.Single(await SearchAsync(Here, asked)).Similarity, Rounding);
        }
    }

    [Fact]
    public async Task A_similarity_is_never_more_than_one()
    {
        for (var i = 0; i < 40; i++)
        {
            var vector = RandomVector();
            await Index.PutAsync(Here, "a", vector, Cancel);
            await EventuallyAsync(async () => Assert.InRange(Assert.Single(await SearchAsync(Here, vector)).Similarity, 0.99999f, 1f));
        }
    }

    [Fact]
    public async Task The_nearest_come_first_and_no_more_than_are_asked_for()
    {
        var asked = RandomVector();
        double[] cosines = [0.3, 0.95, 0.7, 0.99, 0.1, 0.85];
        for (var i = 0; i < cosines.Length; i++)
        {
            await Index.PutAsync(Here, $"v{i}", At(asked, cosines[i]), Cancel);
        }

        await FindsAsync(Here, asked, "v3", "v1", "v5", "v2", "v0", "v4");
        Assert.Equal(["v3", "v1", "v5"], (await Index.SearchAsync(Here, asked, 3, -1, Cancel)).Select(static h => h.Id));
        Assert.Equal("v3", Assert.Single(await Index.SearchAsync(Here, asked, 1, -1, Cancel)).Id);
    }

    [Fact]
    public async Task What_is_farther_than_asked_for_is_left_out()
    {
        var asked = RandomVector();
        await Index.PutAsync(Here, "near", At(asked, 0.93), Cancel);
        await Index.PutAsync(Here, "far", At(asked, 0.91), Cancel);
        await FindsAsync(Here, asked, "near", "far");
        Assert.Equal(["near"], (await Index.SearchAsync(Here, asked, 10, 0.92f, Cancel)).Select(static h => h.Id));
        Assert.Empty(await Index.SearchAsync(Here, asked, 10, 0.94f, Cancel));
    }

    [Fact]
    public async Task Putting_again_replaces()
    {
        var (first, second) = (RandomVector(), RandomVector());
        await Index.PutAsync(Here, "a", first, Cancel);
        await FindsAsync(Here, first, "a");
        await Index.PutAsync(Here, "a", second, Cancel);
        await EventuallyAsync(async () => Assert.Equal(1, Assert.Single(await SearchAsync(Here, second)).Similarity, Rounding));
        Assert.Equal(Cosine(first, second), Assert.Single(await SearchAsync(Here, first)).Similarity, Rounding);
    }

    [Fact]
    public async Task What_is_deleted_is_not_found_and_can_be_put_again()
    {
        var vector = RandomVector();
        await Index.PutAsync(Here, "a", vector, Cancel);
        await Index.PutAsync(Here, "b", At(vector, 0.5), Cancel);
        await FindsAsync(Here, vector, "a", "b");
        await Index.DeleteAsync(Here, "a", Cancel);
        await FindsAsync(Here, vector, "b");
        await Index.DeleteAsync(Here, "a", Cancel);
        await Index.DeleteAsync(Here, "b", Cancel);
        await FindsAsync(Here, vector);
        await Index.PutAsync(Here, "a", vector, Cancel);
        await FindsAsync(Here, vector, "a");
    }

    /// <summary>Names that would be the same were they only written one behind the other.</summary>
    [Fact]
    public async Task Partitions_never_mix()
    {
        VectorPartition[] partitions =
        [
            new("org_1", "x"), new("org_1", "y"), new("org_2", "x"), new("org_1/wal_1", "x"), new("org_1", "wal_1/x"), new("org_1/wal_1/x", ""),
            new("org_1", "X"), new("org_1", "x "), new("org_1' or 1 eq 1", "x"), new("org_1", "x' or partition ne '"),
        ];
        var vector = RandomVector();
        for (var i = 0; i < partitions.Length; i++)
        {
            await Index.PutAsync(partitions[i], "same", At(vector, 0.9 - (i * 0.05)), Cancel);
            await Index.PutAsync(partitions[i], $"own{i}", At(vector, -0.5), Cancel);
        }

        for (var i = 0; i < partitions.Length; i++)
        {
            await FindsAsync(partitions[i], vector, "same", $"own{i}");
            Assert.Equal(0.9 - (i * 0.05), (await SearchAsync(partitions[i], vector))[0].Similarity, Rounding);
        }

        await Index.DeleteAsync(partitions[0], "same", Cancel);
        await FindsAsync(partitions[0], vector, "own0");
        for (var i = 1; i < partitions.Length; i++)
        {
            await FindsAsync(partitions[i], vector, "same", $"own{i}");
        }
    }

    [Fact]
    public async Task Dropping_takes_all_of_a_namespace_and_of_no_other()
    {
        var vector = RandomVector();
        VectorPartition[] dropped = [new("org_1", "x"), new("org_1", "y"), new("org_1", "wal_1/x")];
        VectorPartition[] left = [new("org_12", "x"), new("org_1/wal_1", "x"), new("ORG_1", "x"), new("org_2", "org_1")];
        foreach (var partition in (VectorPartition[])[.. dropped, .. left])
        {
            await Index.PutAsync(partition, "a", vector, Cancel);
            await Index.PutAsync(partition, "b", At(vector, 0.5), Cancel);
            await FindsAsync(partition, vector, "a", "b");
        }

        await Index.DropAsync("org_1", Cancel);
        foreach (var partition in dropped)
        {
            await FindsAsync(partition, vector);
        }

        foreach (var partition in left)
        {
            await FindsAsync(partition, vector, "a", "b");
        }

        await Index.PutAsync(dropped[0], "c", vector, Cancel);
        await FindsAsync(dropped[0], vector, "c");
    }

    [Fact]
    public async Task Another_number_of_dimensions_is_refused_and_is_near_nothing()
    {
        var vector = RandomVector();
        await Index.PutAsync(Here, "a", vector, Cancel);
        await FindsAsync(Here, vector, "a");
        var longer = RandomVector(Dimensions * 2);
        await Assert.ThrowsAsync<ArgumentException>(() => Index.PutAsync(Here, "b", longer, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => Index.PutAsync(Here, "a", RandomVector(Dimensions - 1), Cancel));
        Assert.Empty(await SearchAsync(Here, longer));
        await FindsAsync(Here, vector, "a");

        var other = Here with { Name = "another" };
        await Index.PutAsync(other, "b", longer, Cancel);
        await FindsAsync(other, longer, "b");
    }

    [Fact]
    public async Task What_has_not_the_length_of_one_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Index.PutAsync(Here, "a", Array.Empty<float>(), Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => Index.PutAsync(Here, "a", new float[Dimensions], Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => Index.PutAsync(Here, "a", RandomVector().Select(static x => x * 2).ToArray(), Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => Index.PutAsync(Here, "a", RandomVector().Select(static (x, i) => i == 3 ? float.NaN : x).ToArray(), Cancel));
        Assert.Empty(await SearchAsync(Here, RandomVector()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a.b")]
    [InlineData("naïve")]
    [InlineData("a'")]
    public async Task What_is_no_id_is_refused(string id)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Index.PutAsync(Here, id, RandomVector(), Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => Index.DeleteAsync(Here, id, Cancel));
    }

    [Fact]
    public async Task Ids_are_told_as_they_were_given()
    {
        var vector = RandomVector();
        string[] ids = ["abc", "ABC", "aBc", "_", "-", "0", new string('f', 128)];
        for (var i = 0; i < ids.Length; i++)
        {
            await Index.PutAsync(Here, ids[i], At(vector, 0.95 - (i * 0.1)), Cancel);
        }

        await FindsAsync(Here, vector, ids);
        await Assert.ThrowsAsync<ArgumentException>(() => Index.PutAsync(Here, new string('f', 129), vector, Cancel));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(101)]
    public async Task A_limit_out_of_bounds_is_refused(int limit) =>
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Index.SearchAsync(Here, RandomVector(), limit, 0, Cancel));

    [Fact]
    public async Task All_that_many_put_at_once_is_found_while_they_put_more()
    {
        const int writers = 4;
        const int each = 40;
        var vectors = Enumerable.Range(0, writers * each).Select(_ => RandomVector()).ToArray();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(w => Task.Run(
            async () =>
            {
                for (var i = w * each; i < (w + 1) * each; i++)
                {
                    await Index.PutAsync(Here, $"v{i}", vectors[i], Cancel);
                    var (own, id) = (vectors[i], $"v{i}");
                    await EventuallyAsync(async () => Assert.Equal(id, Assert.Single(await Index.SearchAsync(Here, own, 1, 0.99f, Cancel)).Id));
                    if (i % 4 == 3)
                    {
                        await Index.DeleteAsync(Here, id, Cancel);
                        await EventuallyAsync(async () => Assert.Empty(await Index.SearchAsync(Here, own, 1, 0.99f, Cancel)));
                    }
                }
            },
            Cancel)));
        for (var i = 0; i < vectors.Length; i++)
        {
            var found = await Index.SearchAsync(Here, vectors[i], 1, 0.99f, Cancel);
            Assert.Equal(i % 4 == 3 ? [] : [$"v{i}"], found.Select(static h => h.Id));
        }
    }

    /// <summary>Whatever is done in whatever order, every search tells what a table of all vectors tells.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task It_tells_what_a_plain_table_tells(int seed)
    {
        var random = new Random(seed);
        var table = new Dictionary<(VectorPartition Partition, string Id), float[]>();
        VectorPartition[] partitions = [new("org_1", "x"), new("org_1", "y"), new("org_1/wal_1", "x"), new("org_2", "x")];
        var index = Index;
        for (var step = 0; step < 300; step++)
        {
            var partition = partitions[random.Next(partitions.Length)];
            var id = $"v{random.Next(24)}";
            switch (random.Next(100))
            {
                case < 55:
                    var vector = table.Count > 0 && random.Next(2) == 0 ? At(table.Values.ElementAt(random.Next(table.Count)), random.NextDouble(), random) : RandomVector(Dimensions, random);
                    await index.PutAsync(partition, id, vector, Cancel);
                    table[(partition, id)] = vector;
                    break;
                case < 80:
                    await index.DeleteAsync(partition, id, Cancel);
                    _ = table.Remove((partition, id));
                    break;
                case < 83:
                    await index.DropAsync(partition.Namespace, Cancel);
                    foreach (var key in table.Keys.Where(k => k.Partition.Namespace == partition.Namespace).ToList())
                    {
                        _ = table.Remove(key);
                    }

                    break;
                case < 86:
                    index = await ReopenAsync();
                    break;
                default:
                    await TellsAsync(index, table, partition, At(RandomVector(Dimensions, random), 0.5, random), random.Next(1, 30), (float)(random.NextDouble() - 0.5));
                    break;
            }
        }

        foreach (var partition in partitions)
        {
            await TellsAsync(index, table, partition, RandomVector(Dimensions, random), 100, -1);
        }
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var (dot, aa, bb) = (0.0, 0.0, 0.0);
        for (var i = 0; i < a.Length; i++)
        {
            (dot, aa, bb) = (dot + ((double)a[i] * b[i]), aa + ((double)a[i] * a[i]), bb + ((double)b[i] * b[i]));
        }

        return dot / Math.Sqrt(aa * bb);
    }

    private static float[] RandomVector(int dimensions, Random random)
    {
        var vector = new float[dimensions];
        for (var i = 0; i < dimensions; i++)
        {
            // Nearly normal, so that no direction is likelier.
            vector[i] = (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() + random.NextDouble() - 2);
        }

        return OfLengthOne(vector);
    }

    /// <summary>A vector at this cosine of another.</summary>
    private static float[] At(float[] of, double cosine, Random random)
    {
        var aside = RandomVector(of.Length, random);
        var along = Cosine(of, aside);
        aside = OfLengthOne([.. aside.Select((x, i) => (float)(x - (along * of[i])))]);
        var sine = Math.Sqrt(1 - (cosine * cosine));
        return OfLengthOne([.. of.Select((x, i) => (float)((cosine * x) + (sine * aside[i])))]);
    }

    private static float[] OfLengthOne(float[] vector)
    {
        var length = Math.Sqrt(vector.Sum(static x => (double)x * x));
        return [.. vector.Select(x => (float)(x / length))];
    }

    private Task TellsAsync(
        IVectorIndex index, Dictionary<(VectorPartition Partition, string Id), float[]> table, VectorPartition partition, float[] asked, int limit, float minSimilarity)
    {
        var expected = table.Where(e => e.Key.Partition == partition).Select(e => (e.Key.Id, Similarity: Cosine(e.Value, asked)))
            .Where(e => e.Similarity >= minSimilarity).OrderByDescending(static e => e.Similarity).Take(limit).ToList();
        return EventuallyAsync(async () =>
        {
            var found = await index.SearchAsync(partition, asked, limit, minSimilarity, Cancel);
            Assert.Equal(expected.Select(static e => e.Id), found.Select(static h => h.Id));
            Assert.All(found.Zip(expected), static p => Assert.Equal(p.Second.Similarity, p.First.Similarity, Rounding));
        });
    }

    private float[] RandomVector(int dimensions = Dimensions) => RandomVector(dimensions, _random);

    private float[] At(float[] of, double cosine) => At(of, cosine, _random);

    private ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorPartition partition, float[] asked) => Index.SearchAsync(partition, asked, 100, -1, Cancel);

    /// <summary>Fails unless these are found, in this order and no others.</summary>
    private Task FindsAsync(VectorPartition partition, float[] asked, params string[] ids) =>
        EventuallyAsync(async () => Assert.Equal(ids, (await SearchAsync(partition, asked)).Select(static h => h.Id)));

    /// <summary>Asks again until it holds, for as long as the index is allowed; once where it is allowed no time.</summary>
    private async Task EventuallyAsync(Func<Task> holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await holds();
                return;
            }
            catch (Xunit.Sdk.XunitException) when (TimeProvider.System.GetElapsedTime(began) < Delay)
            {
                // What it says may not be known yet: it is asked again, and the last failure is the test's.
                await Task.Delay(TimeSpan.FromMilliseconds(20), Cancel);
            }
        }
    }
}
