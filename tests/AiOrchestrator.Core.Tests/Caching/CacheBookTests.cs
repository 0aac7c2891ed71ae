using System.Text;
using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Flushes;
using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Caching.Vectors;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Tests.Fakes;

namespace AiOrchestrator.Core.Tests.Caching;

public sealed class CacheBookTests : IAsyncLifetime
{
    private const string ContentKey = "0123456789abcdef0123456789abcdef";

    private readonly ManualTime _time = new();
    private readonly List<CacheParts> _all = [];
    private CacheParts _parts = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _parts = await StartAsync();

    public ValueTask DisposeAsync()
    {
        _all.ForEach(static p => p.Dispose());
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task What_was_put_is_in_memory_at_once_and_in_the_store_soon()
    {
        var entry = _parts.Entry();
        _parts.Book.Put(entry);
        Assert.Same(entry, _parts.Book.FindInMemory("org_1", "k"));
        Assert.Same(entry, await _parts.FindAsync());
        Assert.Empty(_parts.Store.Rows);
        await _parts.Worker.DrainAsync(Cancel);
        Assert.Single(_parts.Store.Rows);
    }

    [Fact]
    public async Task Another_instance_finds_it_in_the_store_and_has_it_in_memory_then()
    {
        await _parts.PutAsync(_parts.Entry());
        var other = await StartAsync(sharing: true);
        Assert.Null(other.Book.FindInMemory("org_1", "k"));
        Same(_parts.Entry(), await other.FindAsync());
        Same(_parts.Entry(), other.Book.FindInMemory("org_1", "k"));
        Assert.Equal(1, other.Book.Counters.StoreHits);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        await _parts.PutAsync(_parts.Entry());
        Assert.Null(await _parts.FindAsync("org_1", "l"));
        Assert.Null(await _parts.FindAsync("org_2", "k"));
        Assert.Null(await _parts.FindAsync("org_1/wal_1", "k"));
    }

    [Fact]
    public async Task What_has_expired_is_found_neither_in_memory_nor_in_the_store()
    {
        await _parts.PutAsync(_parts.Entry());
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Null(await _parts.FindAsync());
        Assert.Null(await (await StartAsync(sharing: true)).FindAsync());
    }

    [Fact]
    public async Task Nothing_is_kept_longer_than_30_days()
    {
        await _parts.PutAsync(_parts.Entry() with { ExpiresUnixMs = long.MaxValue });
        _time.Advance(TimeSpan.FromDays(30) - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await (await StartAsync(sharing: true)).FindAsync());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await _parts.FindAsync());
    }

    [Fact]
    public async Task What_is_too_large_is_not_kept()
    {
        await _parts.PutAsync(_parts.Entry(body: new string('x', (1 << 20) + 1)));
        Assert.Null(await _parts.FindAsync());
        Assert.Equal((1, 0), (_parts.Book.Counters.TooLarge, _parts.Store.Rows.Count));
    }

    [Fact]
    public async Task A_store_that_is_slow_has_nothing()
    {
        var parts = await StartAsync(options: new CachingOptions { StoreTimeoutMs = 1 });
        await parts.PutAsync(parts.Entry());
        parts.Memory.Remove(new EntryName("org_1", "k"));
        var never = new TaskCompletionSource();
        parts.Store.BeforeRead = _ => never.Task;
        Assert.Null(await parts.FindAsync());
        Assert.Equal((1, 0), (parts.Book.Counters.StoreSlow, parts.Book.Counters.StoreFailures));
    }

    [Fact]
    public async Task A_store_that_fails_has_nothing_and_stops_nobody()
    {
        _parts.Store.BeforeRead = _parts.Store.BeforeWrite = static _ => throw new IOException("the store does not answer");
        await _parts.PutAsync(_parts.Entry());
        Assert.NotNull(await _parts.FindAsync());
        _parts.Memory.Remove(new EntryName("org_1", "k"));
        Assert.Null(await _parts.FindAsync());
        Assert.Equal((1, 1), (_parts.Book.Counters.StoreFailures, _parts.Worker.Failed));
        await _parts.Worker.TurnAsync(Cancel);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_told_so()
    {
        _parts.Store.BeforeRead = static c => Task.Delay(Timeout.Infinite, c);
        using var gone = new CancellationTokenSource();
        var finding = _parts.Book.FindAsync("org_1", "k", gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => finding);
        Assert.Equal(0, _parts.Book.Counters.StoreSlow);
    }

    [Fact]
    public async Task What_is_removed_is_gone_everywhere_with_its_vector()
    {
        await _parts.PutAsync(_parts.Entry());
        _parts.Book.Forget(_parts.Entry());
        await _parts.Worker.DrainAsync(Cancel);
        Assert.Null(await _parts.FindAsync());
        Assert.Empty(_parts.Store.Rows);
        Assert.Equal([(new VectorPartition("org_1", "p1"), "k")], _parts.Vectors.All);
        _parts.Vectors.IsBroken = true;
        _parts.Book.Forget(_parts.Entry());
        await _parts.Worker.DrainAsync(Cancel);
    }

    [Fact]
    public async Task A_flush_holds_at_once_and_deletes_in_the_background()
    {
        await _parts.PutAsync(_parts.Entry());
        await _parts.PutAsync(_parts.Entry("org_2"));
        var other = await StartAsync(sharing: true);
        await _parts.Flush.RunAsync("org_1", FlushScope.All, CacheParts.Admin, Cancel);
        Assert.Null(await _parts.FindAsync());
        Assert.Equal(1, _parts.Memory.Counters.Entries);
        await _parts.Worker.DrainAsync(Cancel);
        Assert.Equal("org_2", Assert.Single(_parts.Store.Rows).Namespace);
        Assert.Equal([(new VectorPartition("org_1", "p1"), "k")], _parts.Vectors.All);
        Assert.NotNull(await _parts.FindAsync("org_2"));
        Assert.Null(await other.FindAsync());
    }

    [Fact]
    public async Task What_another_instance_flushed_is_not_given_even_from_memory()
    {
        await CacheParts.AddOrganisationAsync(_parts.Documents, "org_1");
        var other = await StartAsync(sharing: true);
        await other.PutAsync(other.Entry());
        await _parts.Flush.RunAsync("org_1", FlushScope.OfKey("org_1", "k"), CacheParts.Admin, Cancel);
        await other.Directory.LoadAsync(Cancel);
        Assert.Null(other.Book.FindInMemory("org_1", "k"));
        Assert.Equal(0, other.Memory.Counters.Entries);
        Assert.Null(await other.FindAsync());
    }

    [Fact]
    public async Task Hits_reach_the_store_in_one_go()
    {
        await _parts.PutAsync(_parts.Entry());
        var other = await StartAsync(sharing: true);
        for (var i = 0; i < 3; i++)
        {
            _ = await other.FindAsync();
            _ = await _parts.FindAsync();
        }

        await _parts.Worker.TurnAsync(Cancel);
        await other.Worker.TurnAsync(Cancel);
        await other.Worker.TurnAsync(Cancel);
        await foreach (var head in _parts.Store.ListAsync(null, Cancel))
        {
            Assert.Equal(6, head.Hits);
        }
    }

    [Fact]
    public async Task What_waits_is_put_before_the_process_stops()
    {
        await _parts.Worker.StartAsync(Cancel);
        for (var i = 0; i < 50; i++)
        {
            _parts.Book.Put(_parts.Entry(key: $"k{i}"));
        }

        _ = await _parts.FindAsync(key: "k0");
        await _parts.Worker.StopAsync(Cancel);
        Assert.Equal(50, _parts.Store.Rows.Count);
        await foreach (var head in _parts.Store.ListAsync(null, Cancel))
        {
            Assert.Equal(head.Key == "k0" ? 1 : 0, head.Hits);
        }

        _parts.Book.Put(_parts.Entry(key: "late"));
        Assert.Equal(1, _parts.Book.Counters.Dropped);
    }

    [Fact]
    public async Task What_does_not_fit_into_the_queue_is_left_out_and_counted_and_what_is_done_makes_room()
    {
        for (var round = 1; round <= 2; round++)
        {
            for (var i = 0; i < 40; i++)
            {
                _parts.Book.Put(_parts.Entry(key: $"k{i}", body: new string('x', 1_000_000)));
            }

            Assert.Equal((40 - 33) * round, _parts.Book.Counters.Dropped);
            await _parts.Worker.DrainAsync(Cancel);
        }
    }

    [Fact]
    public async Task With_a_content_key_nothing_can_be_read_in_the_store_and_without_it_nothing_is_given()
    {
        var secrets = new MemorySecretStore { Variables = { ["KEY"] = ContentKey } };
        var options = new CachingOptions { ContentKey = "env:KEY", StoreTimeoutMs = 10_000 };
        var parts = await StartAsync(options: options, secrets: secrets);
        Assert.Equal(Readiness.Ready, parts.Seals.Check().Readiness);
        await parts.PutAsync(parts.Entry(body: "a body nobody may read"));
        Assert.Equal(-1, Assert.Single(parts.Store.Rows).Sealed.Span.IndexOf("nobody may read"u8));
        Same(parts.Entry(body: "a body nobody may read"), await (await StartAsync(parts, options, secrets)).FindAsync());

        var without = await StartAsync(parts, new CachingOptions { StoreTimeoutMs = 10_000 });
        Assert.Null(await without.FindAsync());
        Assert.Equal((1, 0), (without.Book.Counters.WrongKey, without.Book.Counters.Corrupted));
        await without.Worker.DrainAsync(Cancel);
        Assert.Empty(parts.Store.Rows);
        Assert.Empty((await parts.Alerts.ListAsync("org_1", null, null, 10, Cancel)).Alerts);
    }

    [Fact]
    public async Task As_long_as_the_content_key_cannot_be_read_nothing_goes_into_the_store()
    {
        var secrets = new MemorySecretStore { Variables = { ["KEY"] = "too short" } };
        var parts = await StartAsync(options: new CachingOptions { ContentKey = "env:KEY", StoreTimeoutMs = 10_000 }, secrets: secrets);
        Assert.Equal(Readiness.Degraded, parts.Seals.Check().Readiness);
        Assert.Contains("env:KEY", parts.Seals.Check().Detail, StringComparison.Ordinal);
        await parts.PutAsync(parts.Entry());
        Assert.NotNull(await parts.FindAsync());
        Assert.Null(await parts.FindAsync(key: "other"));
        Assert.Empty(parts.Store.Rows);

        secrets.Broken = true;
        await parts.Worker.TurnAsync(Cancel);
        Assert.Null(parts.Seals.Current);
        (secrets.Broken, secrets.Variables["KEY"]) = (false, ContentKey);
        await parts.Worker.TurnAsync(Cancel);
        Assert.Equal((true, Readiness.Ready), (parts.Seals.Current!.Encrypts, parts.Seals.Check().Readiness));
        await parts.PutAsync(parts.Entry());
        Assert.Single(parts.Store.Rows);
    }

    [Fact]
    public async Task Whatever_byte_is_corrupted_it_is_a_miss_and_told_once_a_day_and_gone()
    {
        await _parts.PutAsync(_parts.Entry());
        var row = Assert.Single(_parts.Store.Rows);
        for (var at = 0; at < row.Sealed.Length; at++)
        {
            var bytes = row.Sealed.ToArray();
            bytes[at] ^= 0x40;
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await IsGoneAsync(_parts, row with { Sealed = bytes }, at + 1);
        }

        var alert = Assert.Single((await _parts.Alerts.ListAsync("org_1", null, AlertKinds.CacheCorrupted, 10, Cancel)).Alerts);
        Assert.Equal((AlertSeverity.Critical, "org_1"), (alert.Severity, alert.Data["namespace"]));
        Assert.DoesNotContain("seven", alert.Text, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromDays(1));
        await IsGoneAsync(_parts, row with { CostNanoUsd = 1, ExpiresUnixMs = _time.UnixMs + 1000 }, row.Sealed.Length + 1);
        Assert.Equal(2, (await _parts.Alerts.ListAsync("org_1", null, null, 10, Cancel)).Alerts.Count);
    }

    private static async Task IsGoneAsync(CacheParts parts, StoredCacheEntry row, int corrupted)
    {
        parts.Memory.Remove(new EntryName("org_1", "k"));
        parts.Store.Plant("org_1", "k", row);
        Assert.Null(await parts.FindAsync());
        Assert.Equal(corrupted, parts.Book.Counters.Corrupted);
        await parts.Worker.DrainAsync(Cancel);
        Assert.Empty(parts.Store.Rows);
        Assert.Equal((new VectorPartition("org_1", "p1"), "k"), parts.Vectors.All[^1]);
    }

    private static void Same(CacheEntry expected, CacheEntry? found)
    {
        Assert.NotNull(found);
        Assert.Equal(expected with { Body = default }, found with { Body = default });
        Assert.Equal(Encoding.UTF8.GetString(expected.Body.Span), Encoding.UTF8.GetString(found.Body.Span));
    }

    private Task<CacheParts> StartAsync(bool sharing) => StartAsync(sharing ? _parts : null);

    private async Task<CacheParts> StartAsync(CacheParts? sharing = null, CachingOptions? options = null, ISecretStore? secrets = null)
    {
        var parts = await CacheParts.StartAsync(_time, sharing?.Documents, sharing?.Store, options, secrets);
        _all.Add(parts);
        return parts;
    }
}
