using AiOrchestrator.Azure.Caching;
using AiOrchestrator.Azure.Documents;
using AiOrchestrator.Azure.Tests.Cosmos;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Caching.Storage;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure.Tests.Caching;

public sealed class CosmosCacheStoreTests : CacheStoreConformance, IAsyncLifetime
{
    private readonly EmulatedTime _time = new();
    private CosmosEmulation _emulation = null!;
    private CosmosClient _client = null!;
    private CosmosCacheStore _store = null!;

    protected override ICacheStore Store => _store;

    protected override long NowUnixMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    public async ValueTask InitializeAsync()
    {
        _emulation = await CosmosEmulation.StartAsync(_time);
        _client = _emulation.NewClient();
        Database database = await _client.CreateDatabaseIfNotExistsAsync("aiorchestrator", cancellationToken: Cancel);
        var wanted = CosmosContainer.Cache;
        _store = new CosmosCacheStore(
            await database.CreateContainerIfNotExistsAsync(
                new ContainerProperties(wanted.Name, wanted.PartitionKeyPath) { DefaultTimeToLive = wanted.TtlSeconds ?? -1 }, cancellationToken: Cancel),
            _time);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _emulation.DisposeAsync();
    }

    [Fact]
    public async Task The_service_forgets_what_has_expired()
    {
        await _store.PutAsync(Entry("org_1", "a") with { ExpiresUnixMs = NowUnixMs + 1_500 }, Cancel);
        Assert.Equal(1, _emulation.CountItems("cache"));
        Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(0, _emulation.CountItems("cache"));
    }

    [Fact]
    public async Task What_has_expired_already_is_not_put()
    {
        await _store.PutAsync(Entry("org_1", "a") with { ExpiresUnixMs = NowUnixMs }, Cancel);
        Assert.Equal(0, _emulation.CountItems("cache"));
    }

    [Fact]
    public async Task What_is_too_large_for_the_service_is_not_put()
    {
        await _store.PutAsync(Entry("org_1", "a") with { Sealed = new byte[1_600_000] }, Cancel);
        Assert.Null(await _store.GetAsync("org_1", "a", Cancel));
        Assert.Equal(0, _emulation.CountItems("cache"));
    }

    [Fact]
    public async Task Looking_for_one_is_one_read_of_an_item()
    {
        await _store.PutAsync(Entry("org_1", "a"), Cancel);
        _emulation.Requests.Clear();
        _ = await _store.GetAsync("org_1", "a", Cancel);
        Assert.StartsWith("GET cache/docs/", Assert.Single(_emulation.Requests), StringComparison.Ordinal);
    }

    protected override void Advance(TimeSpan by) => _time.Advance(by);
}
