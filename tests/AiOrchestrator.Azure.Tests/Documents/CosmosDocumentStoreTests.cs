using System.Text;
using AiOrchestrator.Azure.Documents;
using AiOrchestrator.Azure.Tests.Cosmos;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Platform;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure.Tests.Documents;

public sealed class CosmosDocumentStoreTests : DocumentStoreConformance, IAsyncLifetime
{
    private static readonly byte[] One = "{\"n\":1}"u8.ToArray();

    private readonly EmulatedTime _time = new();
    private CosmosEmulation _emulation = null!;
    private CosmosClient _client = null!;
    private CosmosClient _other = null!;
    private CosmosDocumentStore _store = null!;

    protected override IDocumentStore Store => _store;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _emulation = await CosmosEmulation.StartAsync(_time);
        _client = _emulation.NewClient();
        _other = _emulation.NewClient();
        _store = await OpenAsync(_client);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _other.Dispose();
        await _emulation.DisposeAsync();
    }

    [Fact]
    public async Task Text_comes_back_byte_for_byte()
    {
        var json = "{ \"big\" : 9007199254740993 , \"nanos\": 1.10, \"e\":\"\\u00e9\u00e9 \\\" \\\\ /\",\n\t\"x\":\"\uD83D\uDE00\" }"u8.ToArray();

        _ = await _store.CreateAsync("p", "a", json, Cancel);

        Assert.Equal(json, (await _store.GetAsync("p", "a", Cancel))!.Json.ToArray());
        Assert.Equal(json, (await _store.ListAsync("p", null, 1, Cancel))[0].Json.ToArray());
    }

    [Fact]
    public async Task Any_id_is_kept_and_in_its_place()
    {
        string[] ids = [" ", "!", "#", "%2f", "-", ".", "..", "/", "a/b", "0", ":", "?", "A", "[", "\\", "^", "_", "`", "a", "a b", "a!", "a~", "ab", "key_1", "key_A", "key_a", "~", "é", "\u4e2d", "\uFF5E", "\uD83D\uDE00"];
        foreach (var id in ids)
        {
            Assert.Equal(DocumentOutcome.Done, (await _store.CreateAsync("odd:/?#\\ é\"", id, One, Cancel)).Outcome);
        }

        var listed = await _store.ListAsync("odd:/?#\\ é\"", null, 1000, Cancel);
        Assert.Equal(ids.OrderBy(Encoding.UTF8.GetBytes, Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b))), listed.Select(static d => d.Id));
        foreach (var id in ids)
        {
            Assert.Equal(id, (await _store.GetAsync("odd:/?#\\ é\"", id, Cancel))!.Id);
        }

        await Assert.ThrowsAsync<ArgumentException>(() => _store.GetAsync("p", new string('é', 171), Cancel));
    }

    [Fact]
    public async Task A_long_list_comes_in_pages_of_the_service()
    {
        for (var n = 0; n < 25; n++)
        {
            _ = await _store.CreateAsync("p", $"id{n:d3}", One, Cancel);
        }

        _emulation.LargestPage = 10;
        var first = await _store.ListAsync("p", null, 15, Cancel);
        var rest = await _store.ListAsync("p", first[^1].Id, 1000, Cancel);

        Assert.Equal(Enumerable.Range(0, 25).Select(static n => $"id{n:d3}"), first.Concat(rest).Select(static d => d.Id));
        Assert.Equal(15, first.Count);
        Assert.DoesNotContain(_emulation.Requests, static r => r.EndsWith("plan", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_tombstone_is_no_document_and_goes_after_two_days()
    {
        var first = await _store.CreateAsync("p", "a", One, Cancel);
        _ = await _store.DeleteAsync("p", "a", first.ETag, Cancel);

        Assert.Empty(await _store.ListAsync("p", null, 10, Cancel));
        Assert.Equal(DocumentOutcome.NotFound, (await _store.ReplaceAsync("p", "a", One, null, Cancel)).Outcome);
        Assert.Equal(DocumentOutcome.NotFound, (await _store.ReplaceAsync("p", "a", One, first.ETag, Cancel)).Outcome);
        Assert.Equal(DocumentOutcome.NotFound, await _store.DeleteAsync("p", "a", first.ETag, Cancel));
        Assert.Equal(DocumentOutcome.NotFound, await _store.DeleteAsync("p", "a", null, Cancel));
        Assert.Equal(1, _emulation.CountItems("documents"));

        _time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(0, _emulation.CountItems("documents"));
        Assert.Equal(DocumentOutcome.Done, (await _store.CreateAsync("p", "a", One, Cancel)).Outcome);
        _time.Advance(TimeSpan.FromDays(100));
        Assert.NotNull(await _store.GetAsync("p", "a", Cancel));
    }

    [Fact]
    public async Task Of_two_that_create_over_a_tombstone_at_once_one_succeeds()
    {
        _ = await _store.CreateAsync("p", "a", One, Cancel);
        _ = await _store.DeleteAsync("p", "a", null, Cancel);

        var writes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _store.CreateAsync("p", "a", One, Cancel)));

        Assert.Equal(1, writes.Count(static w => w.Outcome == DocumentOutcome.Done));
        Assert.Equal(7, writes.Count(static w => w.Outcome == DocumentOutcome.AlreadyExists));
    }

    [Fact]
    public async Task Two_instances_see_each_others_changes()
    {
        var other = await OpenAsync(_other);
        var mark = (await other.ChangesAsync(null, Cancel)).Mark;

        var written = await _store.CreateAsync("p", "a", One, Cancel);
        var changes = await other.ChangesAsync(mark, Cancel);
        Assert.Equal(["p"], changes.Partitions);
        Assert.Equal(written.ETag, (await other.GetAsync("p", "a", Cancel))!.ETag);

        Assert.Equal(DocumentOutcome.Done, await other.DeleteAsync("p", "a", written.ETag, Cancel));
        Assert.Null(await _store.GetAsync("p", "a", Cancel));
        Assert.Equal(["p"], (await _store.ChangesAsync(changes.Mark, Cancel)).Partitions);
    }

    [Fact]
    public async Task What_is_throttled_is_tried_again_and_then_fails()
    {
        _emulation.Faults.Throttle(times: 3);
        Assert.Equal(DocumentOutcome.Done, (await _store.CreateAsync("p", "a", One, Cancel)).Outcome);
        Assert.Equal(3, _emulation.Faults.Met);

        _emulation.Faults.Throttle(times: 100);
        await Assert.ThrowsAsync<CosmosException>(() => _store.GetAsync("p", "a", Cancel));
        Assert.Equal(3 + 6, _emulation.Faults.Met);
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_an_exception_and_never_nothing()
    {
        _ = await _store.CreateAsync("p", "a", One, Cancel);
        var mark = (await _store.ChangesAsync(null, Cancel)).Mark;
        _emulation.Faults.Cut(times: 1000);

        await Assert.ThrowsAnyAsync<Exception>(() => _store.GetAsync("p", "a", Cancel));
        await Assert.ThrowsAnyAsync<Exception>(() => _store.ListAsync("p", null, 10, Cancel));
        await Assert.ThrowsAnyAsync<Exception>(() => _store.ReplaceAsync("p", "a", One, "tag", Cancel));
        await Assert.ThrowsAnyAsync<Exception>(() => _store.ChangesAsync(mark, Cancel));
        _emulation.Faults.Clear();
        _emulation.Faults.Fail(times: 1000, status: 404, subStatus: 1003);
        await Assert.ThrowsAsync<CosmosException>(() => _store.GetAsync("p", "a", Cancel));
        await Assert.ThrowsAsync<CosmosException>(() => _store.ReplaceAsync("p", "a", One, null, Cancel));
        await Assert.ThrowsAsync<CosmosException>(() => _store.ListAsync("p", null, 10, Cancel));
    }

    private static async Task<CosmosDocumentStore> OpenAsync(CosmosClient client) =>
        new(await CosmosEmulation.DocumentsAsync(client, "documents", ttlSeconds: null, Cancel));
}
