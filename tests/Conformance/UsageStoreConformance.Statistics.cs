using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Insight.Experiments;
using AiOrchestrator.Core.Insight.Statistics;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Experiments;

namespace AiOrchestrator.Conformance;

/// <summary>How calls to models went.</summary>
public abstract partial class UsageStoreConformance
{
    [Fact]
    public async Task Calls_to_models_are_counted_by_the_hour_each_once()
    {
        var random = new Random(3);
        var calls = Enumerable.Range(1, 240).Select(i => Asked(random, i)).ToList();

        // In runs of all sizes, some of them twice, and the last again alone.
        foreach (var run in calls.Chunk(50).Concat(calls.Chunk(33).Take(4)).Append([calls[^1]]))
        {
            await StoreAsync(run);
        }

        var wanted = calls.Where(static c => c.Status != UsageStatus.Refused && c.OrganisationId == "org_1")
            .SelectMany(static c => ModelCounts.Of(c).Select(n => (Hour: c.CreatedUnixMs / ChargebackQuery.HourMs, c.Provider, c.Model, Name: n.Key)))
            .GroupBy(static n => n).Select(static g => $"{g.Key.Hour} {g.Key.Provider} {g.Key.Model} {g.Key.Name}: {g.Count()}").Order(StringComparer.Ordinal);
        Assert.Equal(wanted, await CountedAsync(new StatisticsQuery("org_1", 0, Hour + 1000)));
    }

    [Fact]
    public async Task Statistics_keep_to_their_hours_provider_and_model()
    {
        var other = Usage.Event(Usage.Id(Usage.Noon + ChargebackQuery.HourMs));
        (other.Model, other.Provider) = ("gpt-5", "azure");
        await StoreAsync(Usage.Event(Usage.Id(Usage.Noon)), other);
        string[] mine = [$"{Hour + 1} azure gpt-5 l:0: 1", $"{Hour + 1} azure gpt-5 m:0: 1", $"{Hour + 1} azure gpt-5 n: 1", $"{Hour + 1} azure gpt-5 ok: 1"];
        Assert.Equal(mine, await CountedAsync(new StatisticsQuery("org_1", Hour + 1, Hour + 2)));
        Assert.Equal(mine, await CountedAsync(new StatisticsQuery("org_1", Hour, Hour + 2) { Provider = "azure" }));
        Assert.Equal(mine, await CountedAsync(new StatisticsQuery("org_1", Hour, Hour + 2) { Model = "gpt-5" }));
        Assert.Equal(8, (await CountedAsync(new StatisticsQuery("org_1", Hour, Hour + 2))).Count);
        Assert.Empty(await CountedAsync(new StatisticsQuery("org_1", Hour + 2, Hour + 9)));
        Assert.Empty(await CountedAsync(new StatisticsQuery("org_2", Hour, Hour + 2)));
    }

    [Fact]
    public async Task Calls_of_an_experiment_are_counted_for_their_variant_exactly_and_once()
    {
        var random = new Random(4);
        var calls = Enumerable.Range(1, 120).Select(i => Tried(random, i)).ToList();
        foreach (var run in calls.Chunk(47).Concat(calls.Chunk(30).Take(2)))
        {
            await StoreAsync(run);
        }

        foreach (var variant in new[] { "control", "other" })
        {
            var query = new StatisticsQuery("org_1", 0, Hour + 1000) { Provider = VariantCounts.RowOf("exp_1"), Model = variant };
            var sums = new Dictionary<string, long>(StringComparer.Ordinal);
            await foreach (var hour in Store.StatisticsAsync(query, Cancel))
            {
                foreach (var (name, count) in hour.Counts)
                {
                    sums[name] = sums.GetValueOrDefault(name) + count;
                }
            }

            var mine = calls.Where(c => c.ExperimentId == "exp_1" && c.Variant == variant && c.Status != UsageStatus.Refused).ToList();
            var ok = mine.Where(static c => c.Status == UsageStatus.Ok).ToList();
            var figures = VariantCounts.Figures(sums);
            Assert.Equal((mine.Count, ok.Count), (figures.Calls, figures.Succeeded));
            Assert.Equal(ok.Aggregate(default(Moments), static (m, c) => m.With(c.EarlierCostNanoUsd + c.CostNanoUsd)), figures.CostNanoUsd);
            Assert.Equal(ok.Aggregate(default(Moments), static (m, c) => m.With(c.DurationUs)), figures.DurationUs);
            Assert.Equal(ok.Aggregate(default(Moments), static (m, c) => m.With(c.FirstByteUs)), figures.FirstByteUs);
            Assert.Equal(
                mine.GroupBy(static c => c.ExperimentCluster).OrderBy(static g => g.Key).Select(static g => (g.Key, g.Count(), Sum(g))),
                figures.Clusters.Select(static c => (c.Number, (int)c.Calls, c.CostNanoUsd)));
        }
    }

    private static Int128 Sum(IEnumerable<UsageEvent> calls) =>
        calls.Where(static c => c.Status == UsageStatus.Ok).Aggregate(Int128.Zero, static (sum, c) => sum + c.EarlierCostNanoUsd + c.CostNanoUsd);

    private static UsageEvent Tried(Random random, int n)
    {
        var call = Asked(random, n);
        call.ExperimentId = n % 5 == 0 ? null : n % 7 == 0 ? "exp_2" : "exp_1";
        call.Variant = call.ExperimentId is null ? null : n % 2 == 0 ? "control" : "other";
        call.ExperimentCluster = call.ExperimentId is null ? 0 : 1 + random.Next(ClusterFigures.Most);
        call.EarlierCostNanoUsd = n % 3 == 0 ? random.NextInt64(1_000_000_000_000) : 0;
        (call.CostNanoUsd, call.FirstByteUs) = (random.NextInt64(2_000_000_000_000), 1 + random.NextInt64(9_000_000_000));
        call.DurationUs = call.FirstByteUs + random.NextInt64(1_000_000_000);
        return call;
    }

    private static UsageEvent Asked(Random random, int n)
    {
        var call = Usage.Event(Usage.Id(Usage.Noon + random.NextInt64(30 * ChargebackQuery.HourMs), n), n % 40 == 0 ? "org_2" : "org_1");
        (call.Provider, call.Model, call.Status) = ($"p{random.Next(2)}", $"m{random.Next(2)}", (UsageStatus)random.Next(6));
        call.ErrorCode = call.Status is UsageStatus.Ok ? null : "upstream_failed";
        (call.FirstByteUs, call.DurationUs) = (random.NextInt64(100_000), random.NextInt64(100_000_000));
        return call;
    }

    private async Task<List<string>> CountedAsync(StatisticsQuery query)
    {
        var sums = new SortedDictionary<string, long>(StringComparer.Ordinal);
        await foreach (var hour in Store.StatisticsAsync(query, Cancel))
        {
            foreach (var (name, count) in hour.Counts)
            {
                var key = $"{hour.Hour} {hour.Provider} {hour.Model} {name}";
                sums[key] = sums.GetValueOrDefault(key) + count;
            }
        }

        return [.. sums.Select(static s => $"{s.Key}: {s.Value}").Order(StringComparer.Ordinal)];
    }
}
