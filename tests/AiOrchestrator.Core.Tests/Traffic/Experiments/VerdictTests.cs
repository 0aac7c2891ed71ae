using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Traffic.Experiments;

namespace AiOrchestrator.Core.Tests.Traffic.Experiments;

public sealed class VerdictTests
{
    private const long DayMs = 86_400_000;

    [Fact]
    public void A_variant_that_is_better_beyond_chance_and_by_enough_wins()
    {
        var verdict = Of(Trials.Experiment(), Trials.Rate(400, 2000), Trials.Rate(200, 2000));
        Assert.Equal((Finding.Winner, "new"), (verdict.Finding, verdict.Winner));
        Assert.Contains("error rate 'control' 0.2, 'new' 0.1 (p ", verdict.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void The_control_wins_where_all_others_are_worse()
    {
        var experiment = Trials.Experiment("exp_1", new Variant("control", 1, "m"), new Variant("a", 1, "m"), new Variant("b", 1, "m"));
        Assert.Equal("control", Of(experiment, Trials.Rate(200, 2000), Trials.Rate(400, 2000), Trials.Rate(500, 2000)).Winner);
        Assert.Null(Of(experiment, Trials.Rate(200, 2000), Trials.Rate(400, 2000), Trials.Rate(205, 2000)).Winner);
        Assert.Equal("b", Of(experiment, Trials.Rate(800, 2000), Trials.Rate(600, 2000), Trials.Rate(300, 2000)).Winner);
    }

    [Fact]
    public void What_is_small_or_may_be_chance_or_rests_on_few_is_no_win()
    {
        var experiment = Trials.Experiment();
        Assert.Equal(Finding.Open, Of(experiment, Trials.Rate(40_000, 200_000), Trials.Rate(38_000, 200_000)).Finding);
        Assert.Equal(Finding.Open, Of(experiment, Trials.Rate(40, 200), Trials.Rate(28, 200)).Finding);
        Assert.Equal(Finding.Collecting, Of(experiment, Trials.Rate(60, 99), Trials.Rate(0, 2000)).Finding);
        Assert.Equal(Finding.Collecting, Of(experiment).Finding);
    }

    [Fact]
    public void The_better_way_is_the_one_that_was_chosen()
    {
        var up = Trials.Experiment() with { Better = BetterWhen.Higher };
        Assert.Equal("control", Of(up, Trials.Rate(400, 2000), Trials.Rate(200, 2000)).Winner);
        var feedback = Trials.Experiment() with { Metric = ExperimentMetric.Feedback, Better = BetterWhen.Higher, MinimumEffect = new MinimumEffect(Absolute: 0.1) };
        var verdict = Of(feedback, Scored(200, 1000, -1000), Scored(200, 1000, 1000, 1000, 500));
        Assert.Equal("new", verdict.Winner);
        Assert.Equal(0.875, verdict.Comparisons[0].Comparison.Difference, 1e-12);
    }

    [Fact]
    public void Figures_are_in_the_unit_of_their_metric()
    {
        var of = new VariantFigures { Calls = 2, Succeeded = 2, CostNanoUsd = Sum(2_000_000, 4_000_000), DurationUs = Sum(1000, 3000) };
        Assert.Equal((0.003, 2e-6, 2), (Measures.Mean(ExperimentMetric.Cost, of), Math.Round(Measures.Variance(ExperimentMetric.Cost, of), 12), Measures.Count(ExperimentMetric.Cost, of)));
        Assert.Equal((2, 2), (Measures.Mean(ExperimentMetric.Latency, of), Measures.Variance(ExperimentMetric.Latency, of)));
        Assert.Equal(new MinimumEffect(Relative: 0.5).Of(-4), new MinimumEffect(Absolute: 2).Of(100));
    }

    [Fact]
    public void A_guard_rail_breaks_by_what_is_worse_beyond_chance_and_by_enough_whatever_else_is_better()
    {
        var experiment = Trials.Experiment() with
        {
            Metric = ExperimentMetric.Cost,
            MinimumEffect = new MinimumEffect(Relative: 0.05),
            GuardRails = [new GuardRail(ExperimentMetric.ErrorRate, new MinimumEffect(Absolute: 0.1)), new GuardRail(ExperimentMetric.Feedback, new MinimumEffect(Absolute: 0.2))],
        };
        var cheap = Trials.Rate(0, 500) with { CostNanoUsd = Sum([.. Enumerable.Range(0, 500).Select(static i => (long)i)]) };
        var dear = cheap with { CostNanoUsd = Sum([.. Enumerable.Range(0, 500).Select(static i => 10_000L + i)]) };
        Assert.Equal(Finding.Winner, Of(experiment, dear, cheap).Finding);
        var failing = Of(experiment, dear, cheap with { Failed = 100, Succeeded = 400 });
        Assert.Equal((Finding.GuardRail, null), (failing.Finding, failing.Winner));
        Assert.Equal("'new' is worse than the control beyond chance: error rate 0.2 beside 0.", failing.Note);

        // Below the guard rail it is not taken back; but who fails more wins nothing.
        Assert.Equal(Finding.Open, Of(experiment, dear, cheap with { Failed = 45, Succeeded = 455 }).Finding);
        Assert.Equal(Finding.Winner, Of(experiment, dear with { Failed = 100, Succeeded = 400 }, cheap).Finding);
        Assert.Equal(Finding.Open, Of(experiment, dear, cheap with { Calls = 20, Failed = 8, Succeeded = 12 }).Finding);
        var disliked = Scored(100, -1000) with { CostNanoUsd = cheap.CostNanoUsd };
        Assert.Equal(Finding.GuardRail, Of(experiment, Scored(100, 1000, -500) with { CostNanoUsd = dear.CostNanoUsd }, disliked).Finding);
    }

    [Theory]
    [InlineData(ExperimentMetric.Cost)]
    [InlineData(ExperimentMetric.Latency)]
    [InlineData(ExperimentMetric.Feedback)]
    public void Who_fails_more_wins_by_no_metric(ExperimentMetric metric)
    {
        var experiment = Trials.Experiment() with { Metric = metric, Better = Experiment.NaturalDirection(metric), MinimumEffect = new MinimumEffect(Relative: 0.05) };
        Assert.Equal("new", Of(experiment, Good(1000, 0), Good(500, 0)).Winner);
        Assert.Equal("new", Of(experiment, Good(1000, 100), Good(500, 5)).Winner);
        Assert.Equal((Finding.Open, null), Said(Of(experiment, Good(1000, 5), Good(500, 100))));

        // Who never answers has no figures at all.
        Assert.Equal((Finding.Collecting, null), Said(Of(experiment, Good(1000, 0), Trials.Rate(1000, 1000))));

        // What is slow is left by its clients: those that stay had the quick answers.
        Assert.Equal((Finding.Open, null), Said(Of(experiment, Good(1000, 5), Good(500, 0) with { Calls = 1300 })));

        // The control is held to the same.
        Assert.Equal("control", Of(experiment, Good(500, 0), Good(1000, 0)).Winner);
        Assert.Equal((Finding.Open, null), Said(Of(experiment, Good(500, 100), Good(1000, 5))));
    }

    [Fact]
    public void Nothing_is_decided_before_every_variant_has_its_samples()
    {
        var experiment = Trials.Experiment("exp_1", new Variant("control", 1, "m"), new Variant("a", 1, "m"), new Variant("b", 1, "m"));
        var verdict = Of(experiment, Trials.Rate(400, 2000), Trials.Rate(200, 2000), Trials.Rate(20, 99));
        Assert.Equal((Finding.Collecting, null), Said(verdict));
        Assert.All(verdict.Comparisons, static c => Assert.False(c.IsSignificant));
        Assert.Equal("a", Of(experiment, Trials.Rate(400, 2000), Trials.Rate(200, 2000), Trials.Rate(20, 100)).Winner);
    }

    [Fact]
    public void A_guard_rail_that_is_a_part_of_nothing_breaks_where_one_always_fails_and_the_other_never()
    {
        var experiment = Trials.Experiment() with
        {
            Metric = ExperimentMetric.Cost,
            GuardRails = [new GuardRail(ExperimentMetric.ErrorRate, new MinimumEffect(Relative: 0.5))],
        };
        Assert.Equal(Finding.GuardRail, Of(experiment, Good(1000, 0), Trials.Rate(300, 300)).Finding);
    }

    [Fact]
    public void Calls_of_one_user_are_no_many_users()
    {
        var experiment = Trials.Experiment();
        var (dear, cheap) = (Trials.Rate(400, 2000), Trials.Rate(200, 2000));
        Assert.Equal(Finding.Open, OfUsers(experiment, InClusters(dear, 1), InClusters(cheap, 1)).Finding);
        Assert.Equal(Finding.Winner, OfUsers(experiment, InClusters(dear, 40), InClusters(cheap, 40)).Finding);

        static Verdict OfUsers(Experiment experiment, params VariantFigures[] figures) =>
            Verdict.Of(Trials.Running(experiment), Trials.Figures(("control", figures[0]), ("new", figures[1])), nowUnixMs: 1);

        static VariantFigures InClusters(VariantFigures figures, int count) => figures with
        {
            Clusters = [.. Enumerable.Range(1, count).Select(n => new ClusterFigures(n)
            {
                Calls = figures.Calls / count, Failed = (figures.Failed / count) + (n % 2), Succeeded = (figures.Succeeded / count) - (n % 2),
            })],
        };
    }

    [Fact]
    public void It_ends_when_it_has_run_as_long_as_it_may_unless_there_is_a_winner()
    {
        var stored = Trials.Running(Trials.Experiment() with { Key = ExperimentKey.Request }, createdUnixMs: 5);
        Assert.Equal(Finding.Collecting, Verdict.Of(stored, Trials.Figures(), (30 * DayMs) + 4).Finding);
        Assert.Equal(Finding.Expired, Verdict.Of(stored, Trials.Figures(), (30 * DayMs) + 5).Finding);
        Assert.Equal(
            Finding.Winner,
            Verdict.Of(stored, Trials.Figures(("control", Trials.Rate(400, 2000)), ("new", Trials.Rate(200, 2000))), 31 * DayMs).Finding);
    }

    /// <summary>Of calls that are shared out one by one.</summary>
    private static Verdict Of(Experiment experiment, params VariantFigures[] figures) => Verdict.Of(
        Trials.Running(experiment with { Key = ExperimentKey.Request }), Trials.Figures([.. figures.Select((f, i) => (experiment.Variants[i].Name, f))]), nowUnixMs: 1);

    private static (Finding Finding, string? Winner) Said(Verdict verdict) => (verdict.Finding, verdict.Winner);

    /// <summary>A thousand answers that cost and take about so much, and are liked the better the less that is; and failures beside them.</summary>
    private static VariantFigures Good(int cost, int failed)
    {
        var figures = Sum([.. Enumerable.Range(0, 1000).Select(i => cost + (i % 7L))]);
        return Trials.Rate(failed, 1000 + failed) with
        {
            CostNanoUsd = figures,
            DurationUs = figures,
            FeedbackMilli = Sum([.. Enumerable.Range(0, 1000).Select(i => 1100 - cost - (i % 7L))]),
        };
    }

    private static VariantFigures Scored(int count, params int[] scores) => Trials.Rate(0, count) with
    {
        FeedbackMilli = Sum([.. Enumerable.Range(0, count).Select(i => (long)scores[i % scores.Length])]),
    };

    private static Moments Sum(params long[] numbers) => numbers.Aggregate(default(Moments), static (sum, number) => sum.With(number));
}
