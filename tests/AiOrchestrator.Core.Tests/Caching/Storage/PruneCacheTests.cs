using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Flushes;
using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Metering.Caching;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Core.Tests.Caching.Storage;

public sealed class PruneCacheTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private CacheParts _parts = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _parts = await CacheParts.StartAsync(_time, options: new CachingOptions { StoreBytes = 10_000, StoreTimeoutMs = 10_000 });

    public ValueTask DisposeAsync()
    {
        _parts.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task What_has_expired_and_what_was_flushed_is_deleted_with_its_vector()
    {
        await _parts.PutAsync(_parts.Entry(key: "lives") with { ExpiresUnixMs = _time.UnixMs + 7_200_000 });
        await _parts.PutAsync(_parts.Entry(key: "expires"));
        await _parts.PutAsync(_parts.Entry(key: "flushed", costNanoUsd: 5) with { ExpiresUnixMs = _time.UnixMs + 7_200_000 });
        await _parts.Flushes.FlushAsync("org_1", FlushScope.OfKey("org_1", "flushed"), CacheParts.Admin, Cancel);
        _time.Advance(TimeSpan.FromHours(1));
        await _parts.Prune.RunAsync(Cancel);
        Assert.Equal(["lives"], _parts.Store.Rows.Select(static r => r.Key));
        Assert.Equal(["expires", "flushed"], _parts.Vectors.All.Select(static v => v.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Of_too_much_that_goes_which_saves_the_least_for_its_bytes()
    {
        for (var i = 0; i < 20; i++)
        {
            Plant($"k{i:d2}", bytes: 600, costNanoUsd: 1_000 + i);
        }

        Plant("large", bytes: 3_000, costNanoUsd: 4_000);
        await _parts.Store.NoteHitsAsync([new CacheHits("org_1", "k00", 1)], Cancel);
        await _parts.Prune.RunAsync(Cancel);

        // 15,000 bytes are there and 9,000 may stay: the large one is worth least, then those that cost least and were not given again.
        Assert.Equal(["k00", .. Enumerable.Range(6, 14).Select(static i => $"k{i:d2}")], _parts.Store.Rows.Select(static r => r.Key).Order(StringComparer.Ordinal));
        await _parts.Prune.RunAsync(Cancel);
        Assert.Equal(15, _parts.Store.Rows.Count);
    }

    [Fact]
    public async Task Of_what_is_worth_the_same_no_more_goes_than_must()
    {
        for (var i = 0; i < 20; i++)
        {
            Plant($"k{i:d2}", bytes: 600, costNanoUsd: 1_000);
        }

        await _parts.Prune.RunAsync(Cancel);
        Assert.Equal(15, _parts.Store.Rows.Count);
    }

    [Fact]
    public async Task Sizes_are_told_by_namespace_of_one_organisation()
    {
        Plant("a", bytes: 100, costNanoUsd: 1);
        Plant("b", bytes: 200, costNanoUsd: 1);
        Plant("c", bytes: 300, costNanoUsd: 1, "org_1/wal_1");
        Plant("d", bytes: 400, costNanoUsd: 1, "org_10");
        Assert.Equal([new CacheSize("org_1", 2, 300), new CacheSize("org_1/wal_1", 1, 300)], await _parts.Sizes.OfAsync("org_1", Cancel));

        // Ten minutes they are good, unless all was listed anyway.
        Plant("e", bytes: 100, costNanoUsd: 1);
        Assert.Equal(2, (await _parts.Sizes.OfAsync("org_1", Cancel))[0].Entries);
        await _parts.Prune.RunAsync(Cancel);
        Assert.Equal(3, (await _parts.Sizes.OfAsync("org_1", Cancel))[0].Entries);
        Plant("f", bytes: 100, costNanoUsd: 1);
        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(4, (await _parts.Sizes.OfAsync("org_1", Cancel))[0].Entries);
    }

    [Fact]
    public async Task Of_several_instances_one_prunes_in_an_hour()
    {
        using var other = await CacheParts.StartAsync(_time, _parts.Documents, _parts.Store);
        await _parts.PutAsync(_parts.Entry());
        _time.Advance(TimeSpan.FromHours(2));
        var runs = 0;
        JobRunner Runner(CacheParts parts) => new(
            [PruneCache.AsJob(parts.Prune) with { Run = (_, c) => { Interlocked.Increment(ref runs); return parts.Prune.RunAsync(c); } }],
            _parts.Documents,
            _time,
            NullLogger<JobRunner>.Instance);
        await Task.WhenAll(Runner(_parts).RunDueAsync(Cancel), Runner(other).RunDueAsync(Cancel));
        Assert.Equal((1, 0), (runs, _parts.Store.Rows.Count));
        Assert.Equal(("prune-cache", TimeSpan.FromHours(1)), (PruneCache.AsJob(_parts.Prune).Name, PruneCache.AsJob(_parts.Prune).Every));
    }

    private void Plant(string key, int bytes, long costNanoUsd, string @namespace = "org_1") => _parts.Store.Plant(
        @namespace, key, new StoredCacheEntry(@namespace, key, "m", _time.UnixMs + 3_600_000, costNanoUsd, 0, "p1", new byte[bytes]));
}
