using System.Text.Json.Nodes;
using AiOrchestrator.Azure.Tests.Cosmos;
using AiOrchestrator.Azure.Vectors;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Caching.Vectors;
using Azure;

namespace AiOrchestrator.Azure.Tests.Vectors;

public sealed class AzureSearchVectorIndexTests : VectorIndexConformance, IAsyncLifetime
{
    private static readonly VectorPartition Here = new("org_1", "model/ctx_1");

    private readonly TestCredential _credential = new();
    private readonly EmulatedTime _time = new();
    private SearchEmulation _service = null!;
    private AzureSearchVectorIndex _index = null!;

    protected override IVectorIndex Index => _index;

    /// <summary>What is written shows two searches later: this is for the slowest machine.</summary>
    protected override TimeSpan Delay => TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _service = await SearchEmulation.StartAsync();
        _service.Lag = 2;
        _index = NewIndex();
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task The_index_is_made_when_it_is_first_needed_and_again_when_it_was_deleted()
    {
        Assert.Empty(await SearchAsync(Axis(0)));
        Assert.Null(_service.Definition("ao-cache-v1-4"));
        await PutAsync("a", Axis(0));
        await PutAsync("b", Axis(1));
        Assert.Equal(["POST search.post.search", "POST search.index", "PUT index", "POST search.index", "POST search.index"], _service.Requests);
        Assert.NotNull(_service.Definition("ao-cache-v1-4"));

        _service.RemoveIndex("ao-cache-v1-4");
        Assert.Empty(await SearchAsync(Axis(0)));
        await PutAsync("a", Axis(0));
        _service.Settle();
        Assert.Equal(["a"], await SearchAsync(Axis(0)));
    }

    [Fact]
    public async Task Each_number_of_dimensions_has_an_index_and_a_delete_or_drop_is_for_all()
    {
        var other = Here with { Name = "another" };
        await PutAsync("a", Axis(0));
        await _index.PutAsync(other, "a", Axis(0, 3), Cancel);
        Assert.Single(_service.Documents("ao-cache-v1-4"));
        Assert.Single(_service.Documents("ao-cache-v1-3"));

        var second = NewIndex();
        await second.DeleteAsync(other, "a", Cancel);
        Assert.Empty(_service.Documents("ao-cache-v1-3"));
        Assert.Single(_service.Documents("ao-cache-v1-4"));
        await _index.PutAsync(other, "a", Axis(0, 3), Cancel);
        _service.Settle();
        await second.DropAsync("org_1", Cancel);
        Assert.Empty(_service.Documents("ao-cache-v1-3"));
        Assert.Empty(_service.Documents("ao-cache-v1-4"));
    }

    [Fact]
    public async Task Indexes_of_others_are_left_alone()
    {
        foreach (var name in (string[])["products", "ao-cache-v1-", "ao-cache-v1-x", "ao-cache-v2-4"])
        {
            _service.AddIndex(name, new JsonObject { ["name"] = name, ["fields"] = new JsonArray() });
        }

        await PutAsync("a", Axis(0));
        await _index.DeleteAsync(Here, "a", Cancel);
        await _index.DropAsync("org_1", Cancel);
        Assert.Empty(_service.Documents("ao-cache-v1-4"));
    }

    [Fact]
    public async Task What_another_instance_made_is_known_within_a_minute()
    {
        await _index.DeleteAsync(Here, "a", Cancel);
        await NewIndex().PutAsync(Here, "a", Axis(0), Cancel);
        await _index.DeleteAsync(Here, "a", Cancel);
        Assert.Single(_service.Documents("ao-cache-v1-4"));
        _time.Advance(TimeSpan.FromMinutes(1));
        await _index.DeleteAsync(Here, "a", Cancel);
        await _index.DeleteAsync(Here, "a", Cancel);
        Assert.Empty(_service.Documents("ao-cache-v1-4"));
        Assert.Equal(2, _service.Requests.Count(static r => r == "GET indexes"));
    }

    [Fact]
    public async Task A_drop_takes_thousands_and_what_does_not_show_yet()
    {
        const int count = 2003;
        await Parallel.ForEachAsync(Enumerable.Range(0, count), Cancel, async (i, cancel) => await _index.PutAsync(Here, $"v{i}", Axis(i % 4), cancel));
        await _index.PutAsync(new VectorPartition("o'rg or 1 eq 1", "x"), "a", Axis(0), Cancel);
        _service.Settle();
        _service.Lag = 100;
        await PutAsync("late", Axis(0));
        Assert.Equal(count + 2, _service.Documents("ao-cache-v1-4").Count);

        await NewIndex().DropAsync("o'rg or 1 eq 1", Cancel);
        Assert.Equal(count + 1, _service.Documents("ao-cache-v1-4").Count);
        await _index.DropAsync("org_1", Cancel);
        Assert.Empty(_service.Documents("ao-cache-v1-4"));
    }

    [Fact]
    public async Task What_is_put_is_remembered_as_new_for_half_a_minute_only()
    {
        await PutAsync("a", Axis(0));
        _time.Advance(TimeSpan.FromSeconds(30));
        await _index.PutAsync(Here with { Namespace = "org_2" }, "b", Axis(0), Cancel);
        await _index.DropAsync("org_1", Cancel);
        Assert.Equal(2, _service.Documents("ao-cache-v1-4").Count);
    }

    [Fact]
    public async Task What_lies_in_another_partition_is_not_told_even_by_a_service_that_errs()
    {
        await PutAsync("a", Axis(0));
        await _index.PutAsync(Here with { Namespace = "org_2" }, "b", Axis(0), Cancel);
        _service.Settle();
        _service.IgnoresFilters = true;
        Assert.Equal(["a"], await SearchAsync(Axis(0)));
    }

    [Fact]
    public async Task A_search_asks_for_what_it_needs_and_filters_before_it_compares()
    {
        await PutAsync("a", Axis(0));
        _ = await _index.SearchAsync(Here, Axis(0), 7, 0.9f, Cancel);
        var search = Assert.Single(_service.Searches);
        Assert.Equal(7, (int)search["top"]!);
        Assert.Equal(7, (int)search["vectorQueries"]![0]!["k"]!);
        Assert.Equal("preFilter", (string?)search["vectorFilterMode"]);
        Assert.Equal("partition,entry,vector", (string?)search["select"]);
        Assert.Matches("^partition eq '[0-9a-f]{64}'$", (string?)search["filter"]);
    }

    [Fact]
    public void Names_that_read_alike_when_they_are_joined_are_different_partitions()
    {
        VectorPartition[] partitions = [new("a", "bc"), new("ab", "c"), new("abc", ""), new("", "abc"), new("1:a", "b"), new("a1:", "b"), new("a", "1:b")];
        Assert.Equal(partitions.Length, partitions.Select(VectorItem.PartitionOf).Distinct().Count());
        Assert.Equal(partitions.Length, partitions.Select(static p => VectorItem.KeyOf(p, "x")).Distinct().Count());
    }

    [Fact]
    public async Task A_token_for_search_services_is_asked_for()
    {
        await PutAsync("a", Axis(0));
        Assert.All(_credential.Scopes, static scope => Assert.Equal(SearchEmulation.Scope, scope));
        Assert.NotEmpty(_credential.Scopes);
    }

    [Fact]
    public async Task A_busy_service_is_asked_again()
    {
        _service.Throttle = 2;
        await PutAsync("a", Axis(0));
        _service.Settle();
        _service.Throttle = 2;
        Assert.Equal(["a"], await SearchAsync(Axis(0)));
    }

    [Theory]
    [InlineData(403)]
    [InlineData(503)]
    public async Task A_failure_is_none_of_finding_nothing(int status)
    {
        await PutAsync("a", Axis(0));
        _service.Status = status;
        Assert.Equal(status, (await Assert.ThrowsAsync<RequestFailedException>(() => SearchAsync(Axis(0)))).Status);
        Assert.Equal(status, (await Assert.ThrowsAsync<RequestFailedException>(() => PutAsync("b", Axis(0)))).Status);
        Assert.Equal(status, (await Assert.ThrowsAsync<RequestFailedException>(() => _index.DeleteAsync(Here, "a", Cancel))).Status);
        Assert.Equal(status, (await Assert.ThrowsAsync<RequestFailedException>(() => _index.DropAsync("org_1", Cancel))).Status);
    }

    [Fact]
    public async Task A_document_that_is_not_written_is_a_failure_though_the_request_succeeds()
    {
        await PutAsync("a", Axis(0));
        _service.DocumentStatus = 503;
        await Assert.ThrowsAsync<AggregateException>(() => PutAsync("b", Axis(0)));
        await Assert.ThrowsAsync<AggregateException>(() => _index.DeleteAsync(Here, "a", Cancel));
    }

    /// <summary>A process is not started again before the last one's writes show.</summary>
    protected override Task<IVectorIndex> ReopenAsync()
    {
        _service.Settle();
        _index = NewIndex();
        return Task.FromResult<IVectorIndex>(_index);
    }

    private AzureSearchVectorIndex NewIndex() => new(_service.NewClient(_credential), _time);

    private static float[] Axis(int axis, int dimensions = 4) => [.. Enumerable.Range(0, dimensions).Select(i => i == axis ? 1f : 0f)];

    private Task PutAsync(string id, float[] vector) => _index.PutAsync(Here, id, vector, Cancel);

    private async Task<IEnumerable<string>> SearchAsync(float[] asked) => (await _index.SearchAsync(Here, asked, 10, 0.9f, Cancel)).Select(static h => h.Id);
}
