using System.Text.Json;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Azure.Tests;

/// <summary>What a call costs in requests and bytes; docs/operations/azure.md works with these figures.</summary>
public sealed class CosmosUsageCostTests : IAsyncLifetime
{
    private UsageDatabase _database = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _database = await UsageDatabase.StartAsync();

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task A_call_on_three_wallets_is_four_requests()
    {
        var store = _database.NewStore();
        await store.StoreAsync([UsageRun.Batch(Enumerable.Range(0, 20).Select(static i => UsageRun.Call(i)))], Cancel);
        var requests = await RequestsAsync(() => store.StoreAsync([UsageRun.Batch(UsageRun.Call(99))], Cancel).AsTask());
        Assert.Equal(["POST statements/docs", "POST statements/docs", "POST statements/docs", "POST usage/docs batch"], requests);
    }

    [Fact]
    public async Task A_run_is_a_request_for_each_partition()
    {
        var store = _database.NewStore();
        await store.StoreAsync([UsageRun.Batch(Enumerable.Range(0, 20).Select(static i => UsageRun.Call(i)))], Cancel);
        var requests = await RequestsAsync(() => store.StoreAsync([UsageRun.Batch(Enumerable.Range(20, 40).Select(static i => UsageRun.Call(i)))], Cancel).AsTask());
        Assert.Equal(4, requests.Count(static r => r == "POST usage/docs batch"));
        Assert.Equal(3, requests.Count(static r => r == "POST statements/docs batch"));
        Assert.Equal(7, requests.Count);
    }

    [Fact]
    public async Task The_first_call_of_all_marks_its_day_and_months_and_makes_its_group_and_its_model()
    {
        var store = _database.NewStore();
        var requests = await RequestsAsync(() => store.StoreAsync([UsageRun.Batch(UsageRun.Call(0))], Cancel).AsTask());
        Assert.Equal(1 + 3 + 3 + 3, requests.Count);
    }

    [Fact]
    public async Task Evidence_is_a_request_for_the_start_and_one_for_the_end()
    {
        var evidence = _database.NewEvidence();
        var (first, second) = (Start(0), Start(1));
        await evidence.NoteAsync([first], [], Cancel);
        Assert.Equal(["POST open-calls/docs"], await RequestsAsync(() => evidence.NoteAsync([second], [], Cancel).AsTask()));
        Assert.Equal([$"DELETE open-calls/docs/{second.Id}"], await RequestsAsync(() => evidence.NoteAsync([], [second.Id], Cancel).AsTask()));
    }

    [Fact]
    public async Task Queries_ask_for_no_plan()
    {
        var store = _database.NewStore();
        await store.StoreAsync([UsageRun.Batch(Enumerable.Range(0, 50).Select(static i => UsageRun.Call(i)))], Cancel);
        await UsageRun.FiguresAsync(store);
        Assert.DoesNotContain(_database.Emulation.Requests, static r => r.EndsWith(" plan", StringComparison.Ordinal));
    }

    [Fact]
    public void An_event_is_less_than_two_kilobytes_and_each_of_its_entries_less_than_one()
    {
        var call = UsageRun.Call(0);
        var item = UsageCalls.Event(call, call.Usage!);
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(item, UsageItemJson.Default.EventItem).Length, 1_400, 1_800);
        Assert.All(UsageCalls.Entries(item), static e => Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(e, UsageItemJson.Default.CallItem).Length, 500, 800));
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(UsageCalls.Rollup(item), UsageItemJson.Default.RollupItem).Length, 200, 500);
    }

    private static ExchangeStart Start(int n) =>
        UsageRun.Call(n) is var call && AiOrchestrator.Core.Platform.ExchangeId.TryParse(call.Usage!.Id, out var id)
            ? new ExchangeStart(id, call.Wallets!, call.Usage.HoldNanoUsd)
            : throw new InvalidDataException();

    private async Task<List<string>> RequestsAsync(Func<Task> work)
    {
        _database.Emulation.Requests.Clear();
        await work();
        return [.. _database.Emulation.Requests.Order(StringComparer.Ordinal)];
    }
}
