using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Traffic.Experiments;

/// <summary>Experiments over usage events, from the calls to what becomes of them.</summary>
public sealed class WatchExperimentsTests
{
    private const string Root = "/control/v1/experiments";

    private const string Body =
        """{"name":"cheaper","applies_to":"gpt","variants":[{"name":"control","model":"gpt"},{"name":"small","model":"mini"}],"metric":"cost","min_samples":30,"auto_promote":true,"guard_rails":[{"metric":"error_rate","worse_by":{"absolute":0.1}}]}""";

    [Fact]
    public async Task Figures_are_those_of_counting_the_calls_one_by_one()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await StartAsync(host, Body);
        var random = new Random(3);
        var calls = Enumerable.Range(1, 400).Select(i => Call(host, i, id, i % 2 == 0 ? "control" : "small", random)).ToList();
        calls.Add(Call(host, 900, "exp_other", "control", random));
        calls.Add(Call(host, 901, null, null, random));
        calls.ForEach(host.Usage.Add);

        var results = (await Http.GetAsync(host.Admin, $"{Root}/{id}/results")).Json;

        foreach (var view in results.GetProperty("variants").EnumerateArray())
        {
            var mine = calls.Where(c => c.ExperimentId == id && c.Variant == view.Text("variant") && c.Status != UsageStatus.Refused).ToList();
            var ok = mine.Where(static c => c.Status == UsageStatus.Ok).ToList();
            var failed = mine.Count(static c => c.Status is UsageStatus.Error or UsageStatus.Timeout or UsageStatus.Cut);
            Assert.Equal((mine.Count, ok.Count, failed), (Whole(view, "calls"), Whole(view, "succeeded"), Whole(view, "failed")));
            Near(failed / (double)(failed + ok.Count), view.GetProperty("error_rate").GetDouble());
            Check(view.GetProperty("cost_usd"), ok.ConvertAll(static c => c.CostNanoUsd / 1e9));
            Check(view.GetProperty("latency_ms"), ok.ConvertAll(static c => c.DurationUs / 1e3));
            Check(view.GetProperty("first_byte_ms"), ok.ConvertAll(static c => c.FirstByteUs / 1e3));
        }

        // The figures of models have nothing of it.
        var models = (await Http.GetAsync(host.Admin, "/v1/models/statistics?window=24h")).Json.GetProperty("data").EnumerateArray().ToList();
        Assert.Equal("echo", Assert.Single(models).Text("provider"));
        Assert.Equal(calls.Count(static c => c.Status != UsageStatus.Refused), Whole(models[0], "requests"));
    }

    [Fact]
    public async Task A_winner_takes_all_calls_and_somebody_is_told_once()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await StartAsync(host, Body);
        Add(host, id, 29, 0);
        await WatchAsync(host);
        Assert.Equal("running", (await Http.GetAsync(host.Admin, $"{Root}/{id}")).Json.Text("state"));

        Add(host, id, 60, 0, from: 100);
        Assert.Equal(("winner", "small"), await ResultAsync(host, id));
        await WatchAsync(host);
        await WatchAsync(host);

        var ended = (await Http.GetAsync(host.Admin, $"{Root}/{id}")).Json;
        Assert.Equal(("concluded", "promoted", "small"), (ended.Text("state"), ended.Text("ending"), ended.Text("winner")));
        Assert.Contains("'small' is better beyond chance: cost in US dollars", ended.Text("note"), StringComparison.Ordinal);
        var alert = Assert.Single(await AlertsAsync(host));
        Assert.Equal(("experiment_concluded", "The experiment 'cheaper' is concluded: all its calls go to 'small'"), (alert.Text("kind"), alert.Text("subject")));
    }

    [Fact]
    public async Task Nothing_is_promoted_by_itself_where_nobody_asked_for_it_and_it_ends_in_time()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await StartAsync(host, Body.Replace("\"auto_promote\":true", "\"auto_promote\":false", StringComparison.Ordinal));
        Add(host, id, 60, 0);
        await WatchAsync(host);
        Assert.Equal("running", (await Http.GetAsync(host.Admin, $"{Root}/{id}")).Json.Text("state"));

        host.Time.Advance(TimeSpan.FromDays(30));
        await WatchAsync(host);
        var ended = (await Http.GetAsync(host.Admin, $"{Root}/{id}")).Json;
        Assert.Equal(("concluded", "max_duration", null), (ended.Text("state"), ended.Text("ending"), ended.GetProperty("winner").GetString()));
        Assert.Equal("The experiment 'cheaper' is over without a winner", Assert.Single(await AlertsAsync(host)).Text("subject"));

        // A person takes what the figures say.
        Assert.Equal("small", (await Http.PostAsync(host.Admin, $"{Root}/{id}/conclude", "{}")).Json.Text("winner"));
    }

    [Fact]
    public async Task A_broken_guard_rail_takes_it_back()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await StartAsync(host, Body);
        Add(host, id, 100, 30);
        await WatchAsync(host);
        await WatchAsync(host);

        var ended = (await Http.GetAsync(host.Admin, $"{Root}/{id}")).Json;
        Assert.Equal(("rolled_back", "guard_rail"), (ended.Text("state"), ended.Text("ending")));
        Assert.Equal("experiment_rolled_back", Assert.Single(await AlertsAsync(host)).Text("kind"));
    }

    [Fact]
    public async Task Who_died_between_the_end_and_the_word_of_it_is_made_up_for()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await StartAsync(host, Body);
        Add(host, id, 60, 0);
        var writes = 0;
        host.Documents.BeforeWrite = () => _ = ++writes > 1 ? throw new IOException("cut off") : writes;
        await WatchAsync(host);
        host.Documents.BeforeWrite = null;
        Assert.Equal("concluded", (await Http.GetAsync(host.Admin, $"{Root}/{id}")).Json.Text("state"));
        Assert.Empty(await AlertsAsync(host));

        await WatchAsync(host);
        Assert.Single(await AlertsAsync(host));
    }

    private static async Task<string> StartAsync(CoreHost host, string body)
    {
        var id = (await Http.PostAsync(host.Admin, Root, body)).Json.Text("id");
        _ = await Http.PostAsync(host.Admin, $"{Root}/{id}/start", "{}");
        return id;
    }

    /// <summary>Calls of both variants, the second at a third of the cost; some of its fail.</summary>
    private static void Add(CoreHost host, string id, int count, int failed, int from = 0)
    {
        for (var i = 0; i < 2 * count; i++)
        {
            var call = TestUsage.Event(from + i + 1, host.Installation.OrganisationId, host.Installation.KeyId, host.Time.UnixMs);
            (call.ExperimentId, call.Variant, call.ExperimentCluster) = (id, i % 2 == 0 ? "control" : "small", 1 + (i / 2 % ClusterFigures.Most));
            call.CostNanoUsd = (i % 2 == 0 ? 9_000_000 : 3_000_000) + (i % 7 * 100_000);
            call.Status = i % 2 == 1 && i < 2 * failed ? UsageStatus.Error : UsageStatus.Ok;
            host.Usage.Add(call);
        }
    }

    private static UsageEvent Call(CoreHost host, long number, string? experiment, string? variant, Random random)
    {
        var call = TestUsage.Event(number, host.Installation.OrganisationId, "key", host.Time.UnixMs + random.NextInt64(3_000_000));
        (call.ExperimentId, call.Variant, call.ExperimentCluster) = (experiment, variant, 1 + random.Next(ClusterFigures.Most));
        call.Status = (UsageStatus)random.Next(6);
        call.CostNanoUsd = random.NextInt64(5_000_000_000);
        call.FirstByteUs = 1 + random.NextInt64(900_000);
        call.DurationUs = random.NextInt64(10_000_000_000);
        return call;
    }

    private static void Check(JsonElement sample, List<double> numbers)
    {
        var mean = numbers.Average();
        Assert.Equal(numbers.Count, Whole(sample, "count"));
        Near(mean, sample.GetProperty("mean").GetDouble());
        Near(numbers.Sum(n => (n - mean) * (n - mean)) / (numbers.Count - 1), sample.GetProperty("variance").GetDouble());
    }

    private static long Whole(JsonElement element, string name) => element.GetProperty(name).GetInt64();

    private static void Near(double expected, double actual) => Assert.InRange(actual / expected, 1 - 1e-9, 1 + 1e-9);

    private static async Task<(string Finding, string? Better)> ResultAsync(CoreHost host, string id)
    {
        var results = (await Http.GetAsync(host.Admin, $"{Root}/{id}/results")).Json;
        return (results.Text("finding"), results.GetProperty("better").GetString());
    }

    private static async Task WatchAsync(CoreHost host)
    {
        var job = host.Services.GetServices<Job>().Single(static j => j.Name == "watch-experiments");
        await job.Run(job.PeriodAt(host.Time.UnixMs), TestContext.Current.CancellationToken);
    }

    private static async Task<List<JsonElement>> AlertsAsync(CoreHost host) =>
        [.. (await Http.GetAsync(host.Admin, "/control/v1/alerts")).Json.GetProperty("data").EnumerateArray()];
}
