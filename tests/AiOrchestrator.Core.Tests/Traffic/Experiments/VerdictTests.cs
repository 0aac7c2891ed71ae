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
        Assert.Equal(Finding.Winner, Of(experiment, dear, cheap with { Failed = 45, Succeeded = 455 }).Finding);
        Assert.Equal(Finding.Winner, Of(experiment, dear with { Failed = 100, Succeeded = 400 }, cheap).Finding);
        Assert.Equal(Finding.Winner, Of(experiment, dear, cheap with { Failed = 8, Succeeded = 12 }).Finding);
        var disliked = Scored(100, -1000) with { CostNanoUsd = cheap.CostNanoUsd };
        Assert.Equal(Finding.GuardRail, Of(experiment, Scored(100, 1000, -500) with { CostNanoUsd = dear.CostNanoUsd }, disliked).Finding);
    }

    [Fact]
    public void It_ends_when_it_has_run_as_long_as_it_may_unless_there_is_a_winner()
    {
        var stored = Trials.Running(createdUnixMs: 5);
        Assert.Equal(Finding.Collecting, Verdict.Of(stored, Trials.Figures(), (30 * DayMs) + 4).Finding);
        Assert.Equal(Finding.Expired, Verdict.Of(stored, Trials.Figures(), (30 * DayMs) + 5).Finding);
        Assert.Equal(
            Finding.Winner,
            Verdict.Of(stored, Trials.Figures(("control", Trials.Rate(400, 2000)), ("new", Trials.Rate(200, 2000))), 31 * DayMs).Finding);
    }

    private static Verdict Of(Experiment experiment, params VariantFigures[] figures) => Verdict.Of(
        Trials.Running(experiment), Trials.Figures([.. figures.Select((f, i) => (experiment.Variants[i].Name, f))]), nowUnixMs: 1);

    private static VariantFigures Scored(int count, params int[] scores) => Trials.Rate(0, count) with
    {
        FeedbackMilli = Sum([.. Enumerable.Range(0, count).Select(i => (long)scores[i % scores.Length])]),
    };

    private static Moments Sum(params long[] numbers) => numbers.Aggregate(default(Moments), static (sum, number) => sum.With(number));
}
