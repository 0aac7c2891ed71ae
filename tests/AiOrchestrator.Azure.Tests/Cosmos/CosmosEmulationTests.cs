using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure.Tests.Cosmos;

// The emulation against the documented behaviour of the service, through the SDK.

public sealed class CosmosEmulationTests : IAsyncLifetime
{
    private static readonly PartitionKey P = new("p");

    private readonly EmulatedTime _time = new();
    private CosmosEmulation _emulation = null!;
    private CosmosClient _client = null!;
    private Container _container = null!;

    public async ValueTask InitializeAsync()
    {
        _emulation = await CosmosEmulation.StartAsync(_time);
        _client = _emulation.NewClient(static o => o.EnableContentResponseOnWrite = true);
        Database database = await _client.CreateDatabaseIfNotExistsAsync("db");
        _container = await database.CreateContainerIfNotExistsAsync(new ContainerProperties("items", "/pk") { DefaultTimeToLive = -1 });
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _emulation.DisposeAsync();
    }

    [Fact]
    public async Task An_item_is_created_once_read_replaced_by_its_tag_and_deleted()
    {
        var created = await _container.CreateItemAsync(Item("a", 1), P);
        Assert.Equal((HttpStatusCode.Created, 5.5), (created.StatusCode, created.RequestCharge));
        Assert.Equal(HttpStatusCode.Conflict, (await FailsAsync(() => _container.CreateItemAsync(Item("a", 2), P))).StatusCode);

        var read = await _container.ReadItemAsync<JsonNode>("a", P);
        Assert.Equal((created.ETag, 1), (read.ETag, (int)read.Resource["n"]!));
        Assert.Equal(read.ETag, (string)read.Resource["_etag"]!);

        var replaced = await _container.ReplaceItemAsync(Item("a", 2), "a", P, new ItemRequestOptions { IfMatchEtag = created.ETag });
        Assert.NotEqual(created.ETag, replaced.ETag);
        Assert.Equal(
            HttpStatusCode.PreconditionFailed,
            (await FailsAsync(() => _container.ReplaceItemAsync(Item("a", 3), "a", P, new ItemRequestOptions { IfMatchEtag = created.ETag }))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _container.UpsertItemAsync(Item("a", 4), P)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await _container.DeleteItemAsync<JsonNode>("a", P)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await FailsAsync(() => _container.ReadItemAsync<JsonNode>("a", P))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await FailsAsync(() => _container.ReplaceItemAsync(Item("a", 1), "a", P))).StatusCode);
    }

    [Fact]
    public async Task Numbers_are_doubles()
    {
        await _container.CreateItemAsync(Item("a", (1L << 53) + 1), P);

        using var read = await _container.ReadItemStreamAsync("a", P);
        Assert.Equal(9007199254740992d, JsonNode.Parse(read.Content)!["n"]!.GetValue<double>());
    }

    [Fact]
    public async Task Items_live_as_long_as_they_say_or_as_the_container_does()
    {
        await _container.CreateItemAsync(Item("for ever", 1), P);
        await _container.CreateItemAsync(new JsonObject { ["id"] = "a minute", ["pk"] = "p", ["ttl"] = 60 }, P);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(["for ever", "a minute"], await IdsAsync("SELECT * FROM c"));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["for ever"], await IdsAsync("SELECT * FROM c"));
        Assert.Equal(HttpStatusCode.Created, (await _container.CreateItemAsync(Item("a minute", 2), P)).StatusCode);
    }

    [Fact]
    public async Task A_patch_adds_up_under_a_condition()
    {
        await _container.CreateItemAsync(Item("a", 1), P);
        var options = new PatchItemRequestOptions { FilterPredicate = "from c where c.n < 3" };

        var patched = await _container.PatchItemAsync<JsonNode>("a", P, [PatchOperation.Increment("/n", 2), PatchOperation.Set("/s", "x")], options);
        Assert.Equal((3, "x"), ((int)patched.Resource["n"]!, (string)patched.Resource["s"]!));
        Assert.Equal(
            HttpStatusCode.PreconditionFailed,
            (await FailsAsync(() => _container.PatchItemAsync<JsonNode>("a", P, [PatchOperation.Increment("/n", 2)], options))).StatusCode);
    }

    [Fact]
    public async Task A_batch_is_done_whole_or_not_at_all()
    {
        using var done = await _container.CreateTransactionalBatch(P)
            .CreateItem(Item("a", 1)).UpsertItem(Item("b", 1)).PatchItem("a", [PatchOperation.Increment("/n", 1)]).ReadItem("a").ExecuteAsync();
        Assert.True(done.IsSuccessStatusCode);
        Assert.Equal([201, 201, 200, 200], done.Select(static r => (int)r.StatusCode));
        Assert.Equal(2, (int)done.GetOperationResultAtIndex<JsonNode>(3).Resource["n"]!);

        using var failed = await _container.CreateTransactionalBatch(P).DeleteItem("a").CreateItem(Item("b", 1)).CreateItem(Item("c", 1)).ExecuteAsync();
        Assert.Equal(HttpStatusCode.Conflict, failed.StatusCode);
        Assert.Equal([424, 409, 424], failed.Select(static r => (int)r.StatusCode));
        Assert.Equal(["a", "b"], await IdsAsync("SELECT * FROM c"));
    }

    [Theory]
    [InlineData("SELECT VALUE c.id FROM c WHERE c.n > 1 AND (c.s = 'y' OR NOT IS_DEFINED(c.s))", "\"c\"")]
    [InlineData("SELECT VALUE c.id FROM c WHERE c.n IN (1, 2) AND ARRAY_CONTAINS(c.tags, 'red')", "\"a\" \"b\"")]
    [InlineData("SELECT VALUE c.id FROM c ORDER BY c.s DESC, c.id ASC", "\"a\" \"b\" \"c\"")]
    [InlineData("SELECT TOP 2 VALUE c.id FROM c ORDER BY c.n DESC", "\"c\" \"b\"")]
    [InlineData("SELECT VALUE c.id FROM c ORDER BY c.id OFFSET 1 LIMIT 1", "\"b\"")]
    [InlineData("SELECT c.id, c['n'] AS number FROM c WHERE c.id = 'a'", "{\"id\":\"a\",\"number\":1}")]
    [InlineData("SELECT VALUE COUNT(1) FROM c WHERE c.s != 'z'", "2")]
    [InlineData("SELECT c.s, SUM(c.n) AS n FROM c WHERE IS_DEFINED(c.s) GROUP BY c.s", "{\"s\":\"y\",\"n\":1} {\"s\":\"x\",\"n\":2}")]
    [InlineData("SELECT MAX(c.n) AS most, {\"least\": MIN(c.n)} AS o FROM c", "{\"most\":3,\"o\":{\"least\":1}}")]
    [InlineData("SELECT VALUE c.id FROM c WHERE c.n BETWEEN 2 AND 3 AND c.id NOT IN ('b')", "\"c\"")]
    public async Task Queries_answer_as_documented(string sql, string expected)
    {
        await _container.CreateItemAsync(new JsonObject { ["id"] = "a", ["pk"] = "p", ["n"] = 1, ["s"] = "y", ["tags"] = new JsonArray("red", "blue") }, P);
        await _container.CreateItemAsync(new JsonObject { ["id"] = "b", ["pk"] = "p", ["n"] = 2, ["s"] = "x", ["tags"] = new JsonArray("red") }, P);
        await _container.CreateItemAsync(Item("c", 3), P);
        await _container.CreateItemAsync(new JsonObject { ["id"] = "a", ["pk"] = "q" }, new PartitionKey("q"));

        var found = await QueryAsync(new QueryDefinition(sql));

        Assert.Equal(expected, string.Join(' ', found.Select(static n => n.ToJsonString())));
    }

    [Fact]
    public async Task Queries_that_stream_may_also_be_planned()
    {
        await _container.CreateItemAsync(Item("a", 1), P);
        await _container.CreateItemAsync(Item("b", 2), P);

        var found = await QueryAsync(new QueryDefinition("SELECT TOP 1 VALUE c.id FROM c WHERE c.n > 0 ORDER BY c.id DESC"), direct: false);

        Assert.Equal(["b"], found.Select(static n => (string)n!));
        Assert.Contains("POST items/docs plan", _emulation.Requests);
        await Assert.ThrowsAnyAsync<Exception>(() => QueryAsync(new QueryDefinition("SELECT VALUE COUNT(1) FROM c"), direct: false));
    }

    [Fact]
    public async Task Pages_go_on_where_the_last_ended_whatever_is_written_meanwhile()
    {
        foreach (var id in new[] { "b", "é", "a", "Z", "c" })
        {
            await _container.CreateItemAsync(Item(id, 1), P);
        }

        var sql = new QueryDefinition("SELECT * FROM c WHERE c.n = @n ORDER BY c.id").WithParameter("@n", 1);
        var options = new QueryRequestOptions { PartitionKey = P, MaxItemCount = 2 };
        using var first = _container.GetItemQueryIterator<JsonNode>(sql, requestOptions: options);
        var page = await first.ReadNextAsync();
        Assert.Equal(["Z", "a"], page.Select(static n => (string)n["id"]!));
        await _container.DeleteItemAsync<JsonNode>("a", P);
        await _container.CreateItemAsync(Item("A", 1), P);

        using var rest = _container.GetItemQueryIterator<JsonNode>(sql, page.ContinuationToken, options);
        Assert.Equal(["b", "c"], (await rest.ReadNextAsync()).Select(static n => (string)n["id"]!));
        Assert.Equal(["é"], (await rest.ReadNextAsync()).Select(static n => (string)n["id"]!));
        Assert.False(rest.HasMoreResults);
    }

    [Fact]
    public async Task The_change_feed_shows_what_was_written_since()
    {
        await _container.CreateItemAsync(Item("before", 1), P);
        using var feed = _container.GetChangeFeedIterator<JsonNode>(ChangeFeedStartFrom.Now(), ChangeFeedMode.Incremental);
        var nothing = await feed.ReadNextAsync();
        Assert.Equal(HttpStatusCode.NotModified, nothing.StatusCode);

        await _container.CreateItemAsync(Item("a", 1), P);
        await _container.UpsertItemAsync(Item("a", 2), P);
        using var after = _container.GetChangeFeedIterator<JsonNode>(
            ChangeFeedStartFrom.ContinuationToken(nothing.ContinuationToken), ChangeFeedMode.Incremental);
        var changes = await after.ReadNextAsync();
        Assert.Equal([2], changes.Select(static n => (int)n["n"]!));
        Assert.Equal(HttpStatusCode.NotModified, (await after.ReadNextAsync()).StatusCode);
    }

    [Fact]
    public async Task Faults_reach_the_caller_or_are_tried_again()
    {
        _emulation.Faults.Throttle(times: 2);
        await _container.CreateItemAsync(Item("a", 1), P);
        Assert.Equal(2, _emulation.Faults.Met);

        _emulation.Faults.Cut(times: 1, done: true);
        await Assert.ThrowsAnyAsync<Exception>(() => _container.CreateItemAsync(Item("b", 1), P));
        Assert.Equal(["a", "b"], await IdsAsync("SELECT * FROM c"));
    }

    private static JsonObject Item(string id, long n) => new() { ["id"] = id, ["pk"] = "p", ["n"] = n };

    private static Task<CosmosException> FailsAsync(Func<Task> action) => Assert.ThrowsAsync<CosmosException>(action);

    private async Task<List<string>> IdsAsync(string sql) => [.. (await QueryAsync(new QueryDefinition(sql))).Select(static n => (string)n["id"]!)];

    private async Task<List<JsonNode>> QueryAsync(QueryDefinition sql, bool direct = true)
    {
        var found = new List<JsonNode>();
        using var pages = _container.GetItemQueryIterator<JsonNode>(sql, requestOptions: new QueryRequestOptions { PartitionKey = P, EnableOptimisticDirectExecution = direct });
        while (pages.HasMoreResults)
        {
            found.AddRange(await pages.ReadNextAsync());
        }

        return found;
    }
}
