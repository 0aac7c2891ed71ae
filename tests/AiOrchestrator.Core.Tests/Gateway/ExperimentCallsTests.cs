using System.Net;
using AiOrchestrator.Core.Insight.Experiments;
using AiOrchestrator.Core.Insight.Statistics;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers;
using AiOrchestrator.Core.Tests.Traffic.Decision;
using AiOrchestrator.Core.Tests.Traffic.Queueing;

namespace AiOrchestrator.Core.Tests.Gateway;

/// <summary>What an experiment counts of requests, by the usage events of the product: each request once, however many exchanges it took.</summary>
public sealed class ExperimentCallsTests
{
    [Fact]
    public async Task A_request_that_failed_over_is_one_call_with_its_whole_cost_and_its_last_outcome()
    {
        await using var scene = await RoutingScene.StartAsync();
        await StartAsync(scene, """{"name":"twice","entries":[{"model":"small"},{"model":"other"}]}""");
        scene.A.Answer = static path => path.EndsWith("/chat/completions", StringComparison.Ordinal) ? (200, "no JSON") : FakeProvider.Well(path);

        var (answer, _, usage) = await scene.AskAsync("thing");

        Assert.Equal((HttpStatusCode.OK, "b"), (answer.StatusCode, usage.Provider));
        var events = scene.Host.Stream.Events;
        Assert.True(events.Count > 1);
        var (figures, whole) = (FiguresOf(events), events.Sum(static e => e.CostNanoUsd));
        Assert.Equal((1, 1, 0), (figures.Calls, figures.Succeeded, figures.Failed));
        Assert.Equal(default(Moments).With(whole), figures.CostNanoUsd);
        Assert.Equal(whole - usage.CostNanoUsd, usage.EarlierCostNanoUsd);
        Assert.All(events, e => Assert.Equal(usage.ExperimentCluster, e.ExperimentCluster));
        Assert.InRange(usage.ExperimentCluster, 1, ClusterFigures.Most);
    }

    [Fact]
    public async Task A_request_that_nobody_could_answer_is_one_failure()
    {
        await using var scene = await RoutingScene.StartAsync();
        await StartAsync(scene, """{"name":"twice","entries":[{"model":"small"},{"model":"other"}]}""");
        scene.A.Answer = scene.B.Answer = static path => path.EndsWith("/chat/completions", StringComparison.Ordinal) ? (200, "no JSON") : FakeProvider.Well(path);

        _ = await scene.AskAsync("thing");

        Assert.True(scene.Host.Stream.Events.Count > 1);
        var figures = FiguresOf(scene.Host.Stream.Events);
        Assert.Equal((1, 0, 1, 0), (figures.Calls, figures.Succeeded, figures.Failed, figures.CostNanoUsd.Count));
    }

    [Fact]
    public async Task A_request_that_was_hedged_is_one_call_with_what_both_cost()
    {
        await using var scene = await RoutingScene.StartAsync();
        await StartAsync(scene, """{"name":"twice","entries":[{"model":"small"},{"model":"other"}],"hedge_after_ms":50}""");
        using var held = new SemaphoreSlim(0);
        scene.A.Answer = path =>
        {
            _ = held.Wait(TimeSpan.FromSeconds(20), CancellationToken.None);
            return FakeProvider.Well(path);
        };

        var (_, _, usage) = await scene.AskAsync("thing");
        _ = held.Release(10);

        var lost = Assert.Single(scene.Host.Stream.Events, e => e.Id != usage.Id);
        Assert.Equal((UsageStatus.Cancelled, UsageEvent.SupersededCode, "b"), (lost.Status, lost.ErrorCode, usage.Provider));
        var figures = FiguresOf(scene.Host.Stream.Events);
        Assert.Equal((1, 1, 0), (figures.Calls, figures.Succeeded, figures.Failed));
        Assert.Equal(default(Moments).With(lost.CostNanoUsd + usage.CostNanoUsd), figures.CostNanoUsd);
    }

    [Fact]
    public async Task A_client_that_leaves_the_line_has_made_no_call()
    {
        await using var scene = await QueueScene.StartAsync();
        await scene.LimitAsync("\"requests_per_minute\":1");
        var id = (await scene.Host.Admin.PostAsync(
            "/control/v1/experiments", """{"name":"x","applies_to":"m","variants":[{"name":"a","model":"m"},{"name":"b","model":"m"}],"metric":"cost"}""")).Json.Text("id");
        _ = await scene.Host.Admin.PostAsync($"/control/v1/experiments/{id}/start", "{}");
        await scene.CallAsync();
        using var leaves = new CancellationTokenSource();
        var waiting = scene.CallAsync(leaves: leaves.Token);
        await scene.WaitingAsync(1);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await QueueScene.UntilAsync(() => scene.Host.Stream.Events.Count == 2);

        var left = scene.Host.Stream.Events[1];
        Assert.Equal((UsageStatus.Cancelled, 0, "p", id), (left.Status, left.Attempts, left.Provider, left.ExperimentId));
        Assert.False(ModelCounts.Counts(left));
        var figures = FiguresOf(scene.Host.Stream.Events);
        Assert.Equal((1, 1), (figures.Calls, figures.Succeeded));
    }

    private static async Task StartAsync(RoutingScene scene, string chain)
    {
        _ = await scene.PutAsync("chains", chain);
        var id = await scene.PutAsync(
            "experiments", """{"name":"x","applies_to":"thing","variants":[{"name":"a","chain":"twice"},{"name":"b","chain":"twice"}],"metric":"cost"}""");
        var started = await scene.Host.Admin.PostAsync($"/control/v1/experiments/{id}/start", "{}");
        Assert.True(started.Status == HttpStatusCode.OK, started.Text);
    }

    /// <summary>Of the variant that all calls go to: they are one user's.</summary>
    private static VariantFigures FiguresOf(IEnumerable<UsageEvent> events)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var rows = events.Where(ModelCounts.Counts).SelectMany(ModelCounts.Rows).Where(static r => VariantCounts.IsRow(r.Provider)).ToList();
        Assert.Single(rows.DistinctBy(static r => r.Model));
        foreach (var (name, count) in rows.SelectMany(static r => r.Counts))
        {
            counts[name] = counts.GetValueOrDefault(name) + count;
        }

        return VariantCounts.Figures(counts);
    }
}
