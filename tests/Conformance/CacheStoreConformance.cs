using AiOrchestrator.Core.Caching.Storage;

namespace AiOrchestrator.Conformance;

/// <summary>What every <see cref="ICacheStore"/> does.</summary>
public abstract class CacheStoreConformance
{
    private const string Key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    protected abstract ICacheStore Store { get; }

    /// <summary>Now, by the clock the store has.</summary>
    protected abstract long NowUnixMs { get; }

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Moves the store's clock.</summary>
    protected abstract void Advance(TimeSpan by);

    [Fact]
    public async Task What_was_put_is_found_as_it_was_put()
    {
        var entry = Entry("org_1/wal_1", Key) with { CostNanoUsd = 9_007_199_254_740_993, FlushNumber = 7, Partition = "a b/ü" };
        await Store.PutAsync(entry, Cancel);
        Same(entry, await Store.GetAsync("org_1/wal_1", Key, Cancel));
    }

    [Fact]
    public async Task What_was_never_put_is_null() => Assert.Null(await Store.GetAsync("org_1", Key, Cancel));

    [Fact]
    public async Task Any_bytes_come_back()
    {
        var bytes = Enumerable.Range(0, 4096).Select(static i => (byte)(i * 31 % 256)).ToArray();
        await Store.PutAsync(Entry("org_1", Key) with { Sealed = bytes }, Cancel);
        Assert.Equal(bytes, (await Store.GetAsync("org_1", Key, Cancel))!.Sealed.ToArray());
    }

    [Fact]
    public async Task An_entry_of_a_megabyte_is_kept()
    {
        var bytes = new byte[1 << 20];
        new Random(1).NextBytes(bytes);
        await Store.PutAsync(Entry("org_1", Key) with { Sealed = bytes }, Cancel);
        Assert.Equal(bytes, (await Store.GetAsync("org_1", Key, Cancel))!.Sealed.ToArray());
    }

    [Fact]
    public async Task Namespaces_are_independent_however_they_and_the_keys_are_cut()
    {
        await Store.PutAsync(Entry("a", "bc"), Cancel);
        await Store.PutAsync(Entry("ab", "c") with { Model = "other" }, Cancel);
        Assert.Equal("m", (await Store.GetAsync("a", "bc", Cancel))!.Model);
        Assert.Equal("other", (await Store.GetAsync("ab", "c", Cancel))!.Model);
        Assert.Null(await Store.GetAsync("a", "c", Cancel));
        Assert.Null(await Store.GetAsync("A", "bc", Cancel));
        Assert.Null(await Store.GetAsync("a", "BC", Cancel));
        Assert.Null(await Store.GetAsync("", "abc", Cancel));
    }

    [Fact]
    public async Task Putting_again_replaces_and_forgets_the_hits()
    {
        await Store.PutAsync(Entry("org_1", Key), Cancel);
        await Store.NoteHitsAsync([new CacheHits("org_1", Key, 5)], Cancel);
        var next = Entry("org_1", Key) with { Model = "next", CostNanoUsd = 2, FlushNumber = 3, Sealed = new byte[] { 9 } };
        await Store.PutAsync(next, Cancel);
        Same(next, await Store.GetAsync("org_1", Key, Cancel));
        Assert.Equal(0, Assert.Single(await ListAsync("org_1")).Hits);
    }

    [Fact]
    public async Task What_was_deleted_is_gone_and_may_come_again()
    {
        await Store.PutAsync(Entry("org_1", Key), Cancel);
        await Store.PutAsync(Entry("org_2", Key), Cancel);
        await Store.DeleteAsync("org_1", Key, Cancel);
        await Store.DeleteAsync("org_1", Key, Cancel);
        Assert.Null(await Store.GetAsync("org_1", Key, Cancel));
        Assert.NotNull(await Store.GetAsync("org_2", Key, Cancel));
        await Store.PutAsync(Entry("org_1", Key), Cancel);
        Assert.NotNull(await Store.GetAsync("org_1", Key, Cancel));
    }

    [Fact]
    public async Task What_has_expired_is_not_found()
    {
        await Store.PutAsync(Entry("org_1", Key) with { ExpiresUnixMs = NowUnixMs + 10_000 }, Cancel);
        Advance(TimeSpan.FromSeconds(9));
        Assert.NotNull(await Store.GetAsync("org_1", Key, Cancel));
        Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await Store.GetAsync("org_1", Key, Cancel));
    }

    [Fact]
    public async Task Hits_do_not_lengthen_a_life()
    {
        await Store.PutAsync(Entry("org_1", Key) with { ExpiresUnixMs = NowUnixMs + 10_000 }, Cancel);
        Advance(TimeSpan.FromSeconds(9));
        await Store.NoteHitsAsync([new CacheHits("org_1", Key, 1)], Cancel);
        Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await Store.GetAsync("org_1", Key, Cancel));
    }

    [Fact]
    public async Task Hits_add_up_and_those_of_nothing_are_nothing()
    {
        await Store.PutAsync(Entry("org_1", "a"), Cancel);
        await Store.PutAsync(Entry("org_1", "b"), Cancel);
        await Store.NoteHitsAsync([new CacheHits("org_1", "a", 2), new CacheHits("org_1", "gone", 1), new CacheHits("org_1", "b", 1)], Cancel);
        await Store.NoteHitsAsync([new CacheHits("org_1", "a", 3)], Cancel);
        Assert.Equal([("a", 5L), ("b", 1L)], (await ListAsync("org_1")).Select(static h => (h.Key, h.Hits)).Order());
        Same(Entry("org_1", "a"), await Store.GetAsync("org_1", "a", Cancel));
    }

    [Fact]
    public async Task Lists_a_namespace_or_all()
    {
        var first = Entry("org_1", "a") with { CostNanoUsd = 9_007_199_254_740_993, FlushNumber = 4, Partition = "p", Sealed = new byte[7] };
        await Store.PutAsync(first, Cancel);
        await Store.PutAsync(Entry("org_1/wal_1", "a"), Cancel);
        await Store.PutAsync(Entry("org_2", "b"), Cancel);
        Assert.Equal(new CacheHead("org_1", "a", "m", first.ExpiresUnixMs, 9_007_199_254_740_993, 4, "p", 0, 7), Assert.Single(await ListAsync("org_1")));
        Assert.Equal([("org_1", "a"), ("org_1/wal_1", "a"), ("org_2", "b")], (await ListAsync(null)).Select(static h => (h.Namespace, h.Key)).Order());
        Assert.Empty(await ListAsync("org_3"));
    }

    [Fact]
    public async Task A_long_list_comes_whole_even_if_it_is_deleted_meanwhile()
    {
        for (var i = 0; i < 1205; i++)
        {
            await Store.PutAsync(Entry(i % 2 == 0 ? "org_1" : "org_2", $"k{i}"), Cancel);
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var head in Store.ListAsync(null, Cancel))
        {
            Assert.True(seen.Add(head.Key));
            await Store.DeleteAsync(head.Namespace, head.Key, Cancel);
        }

        Assert.Equal(1205, seen.Count);
        Assert.Empty(await ListAsync(null));
    }

    [Fact]
    public async Task Many_may_use_it_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async worker =>
        {
            for (var i = 0; i < 20; i++)
            {
                var key = $"k{i % 5}";
                await Store.PutAsync(Entry($"org_{worker}", key), Cancel);
                Same(Entry($"org_{worker}", key), await Store.GetAsync($"org_{worker}", key, Cancel));
                await Store.NoteHitsAsync([new CacheHits($"org_{worker}", key, 1)], Cancel);
            }
        }));
        Assert.Equal(40, (await ListAsync(null)).Count);
    }

    protected StoredCacheEntry Entry(string @namespace, string key) =>
        new(@namespace, key, "m", NowUnixMs + 86_400_000, 1_000, 0, null, new byte[] { 1, 2, 3 });

    private static void Same(StoredCacheEntry expected, StoredCacheEntry? found)
    {
        Assert.NotNull(found);
        Assert.Equal(expected with { Sealed = default }, found with { Sealed = default });
        Assert.Equal(expected.Sealed.ToArray(), found.Sealed.ToArray());
    }

    private async Task<List<CacheHead>> ListAsync(string? @namespace)
    {
        var heads = new List<CacheHead>();
        await foreach (var head in Store.ListAsync(@namespace, Cancel))
        {
            heads.Add(head);
        }

        return heads;
    }
}
