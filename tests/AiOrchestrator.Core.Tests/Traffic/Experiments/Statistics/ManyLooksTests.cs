using AiOrchestrator.Core.Traffic.Experiments.Statistics;

namespace AiOrchestrator.Core.Tests.Traffic.Experiments.Statistics;

public sealed class ManyLooksTests
{
    [Fact]
    public void The_likelihood_ratio_is_that_of_the_mixture()
    {
        // z = 3, r = 4: exp(-(9 * 4 / 10)) * sqrt(5), by mpmath.
        Assert.Equal(0.0610977007904830805, ManyLooks.AlwaysValid(new Comparison(1.5, 0.25, 3, null, 0.0027), 1), 1e-15);
        Assert.Equal(1, ManyLooks.AlwaysValid(new Comparison(0, 0.25, 0, null, 1), 1));
        Assert.Equal(1, ManyLooks.AlwaysValid(new Comparison(1.5, 0.25, 3, null, 0.0027), 0));
        Assert.Equal(0, ManyLooks.AlwaysValid(new Comparison(1.5, 0, double.PositiveInfinity, 8, 0), 1));
    }

    [Fact]
    public void Looking_always_takes_more_than_looking_once_and_few_degrees_of_freedom_more_than_many()
    {
        var normal = new Comparison(1.5, 0.25, 3, null, 0.0026997960632601866);
        Assert.True(ManyLooks.AlwaysValid(normal, 1) > normal.PValue);
        var few = normal with { DegreesOfFreedom = 5, PValue = SpecialFunctions.StudentTwoSided(3, 5) };
        var many = normal with { DegreesOfFreedom = 1e7, PValue = SpecialFunctions.StudentTwoSided(3, 1e7) };
        Assert.True(ManyLooks.AlwaysValid(few, 1) > ManyLooks.AlwaysValid(normal, 1) * 2);
        Assert.Equal(ManyLooks.AlwaysValid(normal, 1), ManyLooks.AlwaysValid(many, 1), 1e-6);
    }

    [Fact]
    public void Holm_multiplies_the_smallest_by_all_and_never_goes_back()
    {
        // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
        Assert.Equal([0.03, 0.06, 0.06, 0.02], ManyLooks.Holm([0.01, 0.04, 0.03, 0.005]).Select(static p => Math.Round(p, 12)));
        Assert.Equal([1, 1], ManyLooks.Holm([0.6, 0.9]));
        Assert.Equal([0.2], ManyLooks.Holm([0.2]));
        Assert.Empty(ManyLooks.Holm([]));
    }

    [Fact]
    public void As_many_samples_are_needed_as_an_unlucky_statistic_takes_to_pass()
    {
        var needed = ManyLooks.SamplesNeeded(0.05, 0.8, 2, 0.1);

        // The difference in standard errors, less what four of five do not fall short of.
        var variance = 2 / needed;
        var unlucky = (0.1 / Math.Sqrt(variance)) - 0.8416212335729143;
        var p = ManyLooks.AlwaysValid(new Comparison(unlucky * Math.Sqrt(variance), variance, unlucky, null, 0), 0.1);
        Assert.InRange(p, 0.0495, 0.05);
        Assert.Equal(needed * 4, ManyLooks.SamplesNeeded(0.05, 0.8, 2, 0.05), 4.0);
        Assert.True(ManyLooks.SamplesNeeded(0.05, 0.95, 2, 0.1) > needed);
    }
}
