using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Resilience;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Tests.Traffic.Chains;

/// <summary>RT-15: a change of prices ranks anew, and is told.</summary>
public sealed class WatchRankingsTests
{
    private const string Chain = """{"name":"fast","strategy":"cheapest","entries":[{"model":"small"},{"model":"other"}]}""";
    private const string Cheaper = """{"model":"other","prices":{"usd_per_million":{"input":"0.01","output":"0.01"}}}""";

    [Fact]
    public async Task Prices_that_change_the_order_of_the_cheapest_are_told_once_with_both_orders()
    {
        await using var scene = await RoutingScene.StartAsync();
        var id = await scene.PutAsync("chains", Chain);
        await RunAsync(scene.Host);
        Assert.Equal("a", (await scene.AskAsync("chain:fast")).Usage.Provider);
        Assert.Empty(await AlertsAsync(scene.Host));

        var price = await scene.PutAsync("prices", Cheaper);
        Assert.Equal("b", (await scene.AskAsync("chain:fast")).Usage.Provider);
        await RunAsync(scene.Host);
        await RunAsync(scene.Host);

        var told = Assert.Single(await AlertsAsync(scene.Host)).GetProperty("data");
        Assert.Equal((id, "a/small, b/other", "b/other, a/small"), (told.Text("chain_id"), told.Text("before"), told.Text("after")));

        // And back again: that is another change, and a person who orders the chain anew is none.
        scene.Host.Time.Advance(TimeSpan.FromMinutes(1));
        await scene.Host.Admin.SendAsync(HttpMethod.Delete, $"/control/v1/prices/{price}", null);
        await RunAsync(scene.Host);
        Assert.Equal("a/small, b/other", (await AlertsAsync(scene.Host))[0].GetProperty("data").Text("after"));
        var turned = await scene.Host.Admin.SendAsync(
            HttpMethod.Put, $"/control/v1/chains/{id}", """{"name":"fast","strategy":"cheapest","entries":[{"model":"other"},{"model":"small"}]}""");
        Assert.Equal(HttpStatusCode.OK, turned.Status);
        await RunAsync(scene.Host);
        Assert.Equal(2, (await AlertsAsync(scene.Host)).Count);
    }

    [Fact]
    public async Task What_changed_while_nobody_ran_is_told_by_whoever_runs_next_with_a_line_in_the_log()
    {
        await using var scene = await RoutingScene.StartAsync();
        var id = await scene.PutAsync("chains", Chain);
        await RunAsync(scene.Host);
        _ = await scene.PutAsync("prices", Cheaper);
        await using var again = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }, on: scene.Host);
        var log = new Lines();

        await Watch(again, log).RunAsync(TestContext.Current.CancellationToken);
        await Watch(again, log).RunAsync(TestContext.Current.CancellationToken);

        var line = Assert.Single(log.Written);
        Assert.Equal((id, "a/small, b/other", "b/other, a/small"), (line["ChainId"], line["Before"], line["After"]));
    }

    [Fact]
    public async Task A_chain_in_another_order_than_by_price_has_no_ranking()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("chains", Chain.Replace("cheapest", "priority", StringComparison.Ordinal));
        await RunAsync(scene.Host);
        _ = await scene.PutAsync("prices", Cheaper);
        await RunAsync(scene.Host);

        Assert.Empty(await AlertsAsync(scene.Host));
        Assert.Empty(await scene.Host.Documents.ListAsync("rankings", null, 10, TestContext.Current.CancellationToken));
    }

    private static WatchRankings Watch(CoreHost host, ILogger<WatchRankings> log) => new(
        host.Services.GetRequiredService<PartDirectory<StoredChain, ChainSet>>(),
        host.Services.GetRequiredService<ProviderDirectory>(),
        host.Services.GetRequiredService<PriceBooks>(),
        host.Services.GetRequiredService<RouteBook>(),
        host.Services.GetRequiredService<IDocumentStore>(),
        host.Services.GetRequiredService<AlertBook>(),
        host.Time,
        log);

    private static async Task RunAsync(CoreHost host)
    {
        var job = host.Services.GetServices<Job>().Single(static j => j.Name == "watch-rankings");
        await job.Run(job.PeriodAt(host.Time.UnixMs), TestContext.Current.CancellationToken);
    }

    private static async Task<List<JsonElement>> AlertsAsync(CoreHost host) =>
        [.. (await Http.GetAsync(host.Admin, "/control/v1/alerts?kind=ranking_changed")).Json.GetProperty("data").EnumerateArray()];

    /// <summary>Lines of a log, by the names of what stands in them.</summary>
    private sealed class Lines : ILogger<WatchRankings>
    {
        public List<IReadOnlyDictionary<string, object?>> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(((IEnumerable<KeyValuePair<string, object?>>)state!).ToDictionary(StringComparer.Ordinal));
    }
}
