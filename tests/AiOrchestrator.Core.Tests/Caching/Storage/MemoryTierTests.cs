using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Tests.Fakes;

namespace AiOrchestrator.Core.Tests.Caching.Storage;

public sealed class MemoryTierTests : IDisposable
{
    private readonly CacheParts _parts = new(new ManualTime());

    private long Now => _parts.Time.UnixMs;

    public void Dispose() => _parts.Dispose();

    [Fact]
    public void What_was_put_last_under_a_name_is_found()
    {
        var tier = new MemoryTier(1 << 20);
        tier.Put(Entry("a"));
        var next = Entry("a", body: "next");
        tier.Put(next);
        Assert.Same(next, tier.Find(new EntryName("org_1", "a"), Now));
        Assert.Null(tier.Find(new EntryName("org_1", "b"), Now));
        Assert.Null(tier.Find(new EntryName("org_", "1a"), Now));
        Assert.Equal(new MemoryTierCounters(1, MemoryTier.BytesOf(next), 1, 2, 0, 0), tier.Counters);
    }

    [Fact]
    public void It_never_has_more_bytes_than_it_may_and_counts_them_right()
    {
        var random = new Random(7);
        var tier = new MemoryTier(50_000);
        var live = new Dictionary<string, CacheEntry>(StringComparer.Ordinal);
        for (var i = 0; i < 5_000; i++)
        {
            var entry = Entry($"k{random.Next(300)}", new string('x', random.Next(4_000)), random.Next(1_000_000));
            tier.Put(entry);
            live[entry.Key] = entry;
            if (random.Next(5) == 0)
            {
                tier.Remove(new EntryName("org_1", $"k{random.Next(300)}"));
            }

            Assert.InRange(tier.Counters.Bytes, 0, 50_000);
        }

        var found = live.Values.Where(e => tier.Find(new EntryName("org_1", e.Key), Now) is { } kept && ReferenceEquals(kept, e)).ToList();
        Assert.Equal((found.Count, found.Sum(MemoryTier.BytesOf)), (tier.Counters.Entries, tier.Counters.Bytes));
        Assert.True(tier.Counters.Evictions > 0);
    }

    [Fact]
    public void What_saves_the_least_money_for_its_bytes_goes_first()
    {
        var each = MemoryTier.BytesOf(Entry("cheap"));
        var tier = new MemoryTier(each * 3);
        tier.Put(Entry("cheap", costNanoUsd: 100));
        tier.Put(Entry("dear1", costNanoUsd: 1_000_000));
        tier.Put(Entry("dear2", costNanoUsd: 1_000_000));
        tier.Put(Entry("dear3", costNanoUsd: 1_000_000));
        Assert.Equal([false, true, true, true], Has(tier, "cheap", "dear1", "dear2", "dear3"));

        // The same money for ten times the bytes is worth less than each of them.
        tier.Put(Entry("large", new string('x', (int)each * 2), 1_000_000));
        Assert.Equal([false, true, true, true], Has(tier, "large", "dear1", "dear2", "dear3"));
        Assert.Equal(2, tier.Counters.Evictions);
    }

    [Fact]
    public void What_is_asked_for_often_stays()
    {
        var tier = new MemoryTier(MemoryTier.BytesOf(Entry("often")) * 2);
        tier.Put(Entry("often"));
        for (var i = 0; i < 3; i++)
        {
            _ = tier.Find(new EntryName("org_1", "often"), Now);
        }

        tier.Put(Entry("other"));
        tier.Put(Entry("later"));
        Assert.NotNull(tier.Find(new EntryName("org_1", "often"), Now));
    }

    [Fact]
    public void What_nobody_asks_for_any_more_ages_however_much_it_cost()
    {
        var each = MemoryTier.BytesOf(Entry("dear"));
        var tier = new MemoryTier(each * 4);
        tier.Put(Entry("dear", costNanoUsd: 50_000));
        for (var i = 0; i < 400; i++)
        {
            tier.Put(Entry($"k{i:d4}", costNanoUsd: 1_000));
        }

        Assert.Null(tier.Find(new EntryName("org_1", "dear"), Now));
    }

    [Fact]
    public void What_is_larger_than_all_of_it_takes_nobodys_place()
    {
        var tier = new MemoryTier(5_000);
        tier.Put(Entry("a"));
        tier.Put(Entry("b", new string('x', 5_000)));
        Assert.Equal([true, false], Has(tier, "a", "b"));

        // And what it would have replaced is not true any more.
        tier.Put(Entry("a", new string('x', 5_000)));
        Assert.Equal([false], Has(tier, "a"));
        Assert.Equal(0, tier.Counters.Bytes);
    }

    [Fact]
    public void Without_bytes_there_is_nothing()
    {
        var tier = new MemoryTier(0);
        tier.Put(Entry("a"));
        Assert.Equal((0, 0), (tier.Counters.Entries, tier.Counters.Bytes));
    }

    [Fact]
    public void What_has_expired_is_not_found_and_takes_no_room()
    {
        var tier = new MemoryTier(1 << 20);
        tier.Put(Entry("a"));
        tier.Put(Entry("b"));
        Assert.NotNull(tier.Find(new EntryName("org_1", "a"), Now + 3_599_999));
        Assert.Null(tier.Find(new EntryName("org_1", "a"), Now + 3_600_000));
        Assert.Equal((1, 1), (tier.Counters.Entries, tier.Counters.Expired));
        tier.Sweep(Now + 3_600_000, static _ => false);
        Assert.Equal((0, 0, 2), (tier.Counters.Entries, tier.Counters.Bytes, tier.Counters.Expired));
    }

    [Fact]
    public void Sweeping_deletes_what_is_dead()
    {
        var tier = new MemoryTier(1 << 20);
        tier.Put(Entry("a"));
        tier.Put(Entry("b"));
        tier.Sweep(Now, static e => e.Key == "a");
        Assert.Equal([false, true], Has(tier, "a", "b"));
    }

    [Fact]
    public void Hits_are_told_once_also_those_of_what_had_to_go()
    {
        var tier = new MemoryTier(MemoryTier.BytesOf(Entry("aaa")) * 2);
        tier.Put(Entry("aaa", costNanoUsd: 10), isHit: true);
        tier.Put(Entry("bbb"));
        _ = tier.Find(new EntryName("org_1", "aaa"), Now);
        _ = tier.Find(new EntryName("org_1", "bbb"), Now);
        tier.Put(Entry("ccc"));
        Assert.Equal([new CacheHits("org_1", "aaa", 2), new CacheHits("org_1", "bbb", 1)], tier.TakeHits().OrderBy(static h => h.Key, StringComparer.Ordinal));
        Assert.Empty(tier.TakeHits());
    }

    [Fact]
    public void A_lookup_allocates_nothing()
    {
        var tier = new MemoryTier(1 << 20);
        tier.Put(Entry("a"));
        var (there, missing) = (new EntryName("org_1", "a"), new EntryName("org_1", "b"));
        for (var i = 0; i < 100; i++)
        {
            _ = (tier.Find(there, Now), tier.Find(missing, Now));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            _ = tier.Find(there, Now);
            _ = tier.Find(missing, Now);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task Many_may_use_it_at_once()
    {
        var tier = new MemoryTier(40_000);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 20_000; i++)
            {
                var key = $"k{random.Next(100)}";
                if (random.Next(4) == 0)
                {
                    tier.Put(Entry(key, new string('x', random.Next(1_000)), random.Next(100_000)));
                }
                else if (tier.Find(new EntryName("org_1", key), Now) is { } found)
                {
                    Assert.Equal(key, found.Key);
                }
            }
        })));
        Assert.InRange(tier.Counters.Bytes, 1, 40_000);
        tier.Sweep(long.MaxValue, static _ => false);
        Assert.Equal((0, 0), (tier.Counters.Entries, tier.Counters.Bytes));
    }

    private CacheEntry Entry(string key, string body = "{}", long costNanoUsd = 1_000_000) => _parts.Entry(key: key, body: body, costNanoUsd: costNanoUsd);

    /// <summary>Counts as no hit.</summary>
    private static IEnumerable<bool> Has(MemoryTier tier, params string[] keys)
    {
        var all = new HashSet<string>(StringComparer.Ordinal);
        tier.Sweep(0, e => !all.Add(e.Key));
        return keys.Select(all.Contains);
    }
}
