using System.Text.Json;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Conformance;

/// <summary>What every <see cref="IUsageStore"/> does.</summary>
public abstract class UsageStoreConformance
{
    protected abstract IUsageStore Store { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Begins_at_position_zero_and_stores_the_last_batchs_position()
    {
        Assert.Equal(0, await Store.PositionAsync(Cancel));
        await Store.StoreAsync([new UsageBatch(3, []), new UsageBatch(7, [])], Cancel);
        Assert.Equal(7, await Store.PositionAsync(Cancel));
    }

    [Fact]
    public async Task An_event_is_read_as_it_was_stored()
    {
        var usage = Usage.Event(Usage.Id(Usage.Noon));
        usage.RequestId = "my \"request\" \u00e9";
        usage.Status = UsageStatus.Cancelled;
        await StoreAsync(usage);
        var read = await Store.GetAsync("org_1", Usage.Id(Usage.Noon), Cancel);
        Assert.Equal(Json(usage), Json(read!));
        Assert.Null(await Store.GetAsync("org_1", Usage.Id(Usage.Noon, 1), Cancel));
    }

    [Fact]
    public async Task Storing_again_changes_nothing()
    {
        var usage = Usage.Event(Usage.Id(Usage.Noon));
        await StoreAsync(usage);
        usage.CostNanoUsd = 9;
        await StoreAsync(usage);
        Assert.Equal(500, Assert.Single(await Store.QueryAsync(new UsageQuery("org_1"), Cancel)).CostNanoUsd);
    }

    [Fact]
    public async Task An_organisation_never_sees_anothers()
    {
        await StoreAsync(Usage.Event(Usage.Id(Usage.Noon)), Usage.Event(Usage.Id(Usage.Noon, 1), "org_2"));
        Assert.Equal("org_1", Assert.Single(await Store.QueryAsync(new UsageQuery("org_1"), Cancel)).OrganisationId);
        Assert.Null(await Store.GetAsync("org_1", Usage.Id(Usage.Noon, 1), Cancel));
        Assert.Empty(await Store.QueryAsync(new UsageQuery("org_3"), Cancel));
    }

    [Fact]
    public async Task Newest_first_and_page_by_page()
    {
        await StoreAsync([.. Enumerable.Range(0, 25).Select(static i => Usage.Event(Usage.Id(Usage.Noon + (i * 7 % 25))))]);
        var seen = new List<long>();
        AiOrchestrator.Core.Platform.ExchangeId? before = null;
        while (true)
        {
            var page = await Store.QueryAsync(new UsageQuery("org_1") { Limit = 10, Before = before }, Cancel);
            seen.AddRange(page.Select(static e => e.CreatedUnixMs));
            if (page.Count < 10)
            {
                break;
            }

            Assert.True(AiOrchestrator.Core.Platform.ExchangeId.TryParse(page[^1].Id, out var last));
            before = last;
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(static i => Usage.Noon + 24 - i), seen);
    }

    [Fact]
    public async Task Each_filter_filters()
    {
        var other = Usage.Event(Usage.Id(Usage.Noon + 1000));
        other.KeyId = "key_2";
        other.Model = "gpt-5";
        other.Provider = "azure";
        other.Status = UsageStatus.Refused;
        other.RequestId = "r2";
        await StoreAsync(Usage.Event(Usage.Id(Usage.Noon)), other);
        UsageQuery[] queries =
        [
            new("org_1") { KeyId = "key_2" },
            new("org_1") { Model = "gpt-5" },
            new("org_1") { Provider = "azure" },
            new("org_1") { Status = UsageStatus.Refused },
            new("org_1") { RequestId = "r2" },
            new("org_1") { FromUnixMs = Usage.Noon + 1 },
            new("org_1") { FromUnixMs = Usage.Noon + 1000, UntilUnixMs = Usage.Noon + 1001, KeyId = "key_2", Model = "gpt-5" },
        ];
        foreach (var query in queries)
        {
            Assert.Equal(other.Id, Assert.Single(await Store.QueryAsync(query, Cancel)).Id);
        }

        Assert.Single(await Store.QueryAsync(new UsageQuery("org_1") { Status = UsageStatus.Ok }, Cancel));
        Assert.Single(await Store.QueryAsync(new UsageQuery("org_1") { UntilUnixMs = Usage.Noon + 1000 }, Cancel));
        Assert.Empty(await Store.QueryAsync(new UsageQuery("org_1") { KeyId = "key_2", Model = "gpt-4o" }, Cancel));
    }

    private ValueTask StoreAsync(params UsageEvent[] events) =>
        Store.StoreAsync([new UsageBatch(1, [.. events.Select(static e => (ReadOnlyMemory<byte>)Json(e))])], Cancel);

    private static byte[] Json(UsageEvent usage) => JsonSerializer.SerializeToUtf8Bytes(usage, UsageEventJson.Default.UsageEvent);
}
