using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Traffic.Experiments;

namespace AiOrchestrator.Core.Tests.Traffic.Experiments;

/// <summary>
/// What the stated level and power come to where somebody looks again and again and each call is shared out by itself: simulated from seeds, through the very
/// verdict that decides. Of users that stay with their variants see <see cref="ClusterLooksTests"/>.
/// </summary>
public sealed class RepeatedLooksTests
{
    private const int Runs = 1000;
    private const int Looks = 40;
    private const int CallsOfLook = 50;

    [Fact]
    public void Of_a_thousand_comparisons_of_the_same_with_the_same_no_more_find_something_than_is_said()
    {
        var experiment = Trials.Experiment() with { Key = ExperimentKey.Request };
        var (found, foundOnce) = (0, 0);
        for (var seed = 0; seed < Runs; seed++)
        {
            var random = new Random(seed);
            var (control, other) = (VariantFigures.None, VariantFigures.None);
            var (seen, seenOnce) = (false, false);
            for (var look = 0; look < Looks; look++)
            {
                (control, other) = (More(control, random, 0.2), More(other, random, 0.2));
                var comparison = Verdict.Of(Trials.Running(experiment), Trials.Figures(("control", control), ("new", other)), 1).Comparisons[0];
                seen |= comparison.IsSignificant;
                seenOnce |= comparison.Comparison.PValue <= experiment.Alpha;
            }

            found += seen ? 1 : 0;
            foundOnce += seenOnce ? 1 : 0;
        }

        Assert.True(found <= Bound(experiment.Alpha), $"{found} of {Runs}");
        Assert.True(found > 0, "a test that never finds anything proves nothing");

        // Whoever takes a test that holds for one look, and looks forty times, is wrong far more often: this is what is made up for.
        Assert.True(foundOnce > 4 * Bound(experiment.Alpha) / 2, $"{foundOnce} of {Runs}");
    }

    [Fact]
    public void That_holds_for_means_of_skewed_figures_and_several_variants_as_well()
    {
        var experiment = Trials.Experiment("exp_1", new Variant("control", 1, "a"), new Variant("b", 1, "b"), new Variant("c", 1, "c")) with
        {
            Key = ExperimentKey.Request,
            Metric = ExperimentMetric.Cost,
            MinimumEffect = new MinimumEffect(Relative: 0.1),
        };
        var found = 0;
        for (var seed = 0; seed < Runs; seed++)
        {
            var random = new Random(seed);
            var of = new Moments[3];
            var seen = false;
            for (var look = 0; look < Looks && !seen; look++)
            {
                for (var i = 0; i < CallsOfLook * of.Length; i++)
                {
                    // Exponential, a tenth of a cent in the mean.
                    of[i % of.Length] = of[i % of.Length].With((long)(-1_000_000 * Math.Log(1 - random.NextDouble())));
                }

                var figures = Trials.Figures(("control", Costing(of[0])), ("b", Costing(of[1])), ("c", Costing(of[2])));
                seen = Verdict.Of(Trials.Running(experiment), figures, 1).Comparisons.Any(static c => c.IsSignificant);
            }

            found += seen ? 1 : 0;
        }

        Assert.True(found <= Bound(experiment.Alpha), $"{found} of {Runs}");
    }

    [Fact]
    public void A_difference_that_matters_is_found_by_the_samples_that_are_said_to_be_needed_as_often_as_is_said()
    {
        var experiment = Trials.Experiment() with { Key = ExperimentKey.Request };
        var needed = Verdict.Of(
            Trials.Running(experiment), Trials.Figures(("control", Trials.Rate(200_000, 1_000_000)), ("new", Trials.Rate(150_000, 1_000_000))), 1).Comparisons[0].SamplesNeeded!.Value;
        Assert.InRange(needed, 1000, 3000);
        var (found, wrong) = (0, 0);
        for (var seed = 0; seed < Runs; seed++)
        {
            var random = new Random(seed);
            var (control, other) = (VariantFigures.None, VariantFigures.None);
            string? winner = null;
            while (winner is null && control.Calls < needed)
            {
                (control, other) = (More(control, random, 0.2), More(other, random, 0.15));
                var comparison = Verdict.Of(Trials.Running(experiment), Trials.Figures(("control", control), ("new", other)), 1).Comparisons[0];
                winner = comparison.IsSignificant ? comparison.IsBetter ? "new" : "control" : null;
            }

            found += winner == "new" ? 1 : 0;
            wrong += winner == "control" ? 1 : 0;
        }

        Assert.True(found >= experiment.Power * Runs, $"{found} of {Runs}");
        Assert.True(wrong <= 2, $"{wrong}");
    }

    /// <summary>What the level comes to in so many runs, and three standard deviations.</summary>
    private static double Bound(double alpha) => (alpha * Runs) + (3 * Math.Sqrt(alpha * (1 - alpha) * Runs));

    private static VariantFigures More(VariantFigures before, Random random, double rate)
    {
        var failed = 0;
        for (var i = 0; i < CallsOfLook; i++)
        {
            failed += random.NextDouble() < rate ? 1 : 0;
        }

        return Trials.Rate(before.Failed + failed, before.Calls + CallsOfLook);
    }

    private static VariantFigures Costing(in Moments moments) => new() { Calls = moments.Count, Succeeded = moments.Count, CostNanoUsd = moments };
}
