using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Traffic.Experiments.Statistics;

namespace AiOrchestrator.Core.Tests.Traffic.Experiments.Statistics;

/// <summary>The figures are of mpmath 1.3.0 with 40 digits, by the formulas of the tests.</summary>
public sealed class ComparisonTests
{
    [Theory]
    [InlineData(45, 500, 70, 520, 0.044615384615384615385, 2.2521545576442908022, 0.024312506574759606591)]
    [InlineData(200, 1000, 150, 1000, -0.05, -2.9424494316824984322, 0.0032562696284120737043)]
    [InlineData(3, 1000, 11, 1100, 0.007, 1.9687150444324076035, 0.048985822713812162249)]
    [InlineData(50_000, 1_000_000, 50_400, 1_000_000, 0.0004, 1.2953199437161160186, 0.19520988202781123854)]
    public void Two_proportions(long hits, long of, long others, long ofOthers, double difference, double z, double p)
    {
        var comparison = Comparison.OfProportions(hits, of, others, ofOthers);

        Near(difference, comparison.Difference);
        Near(z, comparison.Statistic);
        Near(p, comparison.PValue);
        Assert.Null(comparison.DegreesOfFreedom);
    }

    [Fact]
    public void Two_means()
    {
        // The example of Wikipedia's article on Welch's test, in tenths.
        long[] left = [275, 210, 190, 236, 170, 179, 169, 201, 219, 226, 231, 196, 190, 217, 214];
        long[] right = [271, 220, 208, 234, 234, 235, 258, 220, 248, 202, 219, 221, 229, 305, 206];
        Check(left, right, 25.8, 2.5502743093025095554, 27.982570083400894918, 0.016524191125756611921);
        Check([1, 2, 3, 4, 5], [2, 9, 10, 4], 3.25, 1.5803597520225601727, 3.8070704893295968959, 0.19274200216326886833);
    }

    [Fact]
    public void Digits_are_not_lost_where_numbers_are_large_and_differ_little() => Check(
        [.. Enumerable.Range(0, 50).Select(static i => 1_000_000_000_000L + (i * i % 97))],
        [.. Enumerable.Range(0, 40).Select(static i => 1_000_000_000_005L + (i * 31 % 89))],
        -1.445,
        -0.2421948882560084451,
        87.781033649491902575,
        0.80919410307872148329);

    [Fact]
    public void Too_few_say_nothing_and_what_does_not_vary_says_all()
    {
        Assert.Equal(1, Comparison.OfProportions(0, 0, 5, 5).PValue);
        Assert.Equal(1, Comparison.OfProportions(0, 100, 0, 100).PValue);
        Assert.Equal(1, Comparison.OfMeans(Of([7]), Of([9])).PValue);
        Assert.Equal(1, Comparison.OfMeans(Of([7, 7, 7]), Of([7, 7])).PValue);
        var apart = Comparison.OfMeans(Of([7, 7, 7]), Of([9, 9]));
        Assert.Equal((2, 0, double.PositiveInfinity), (apart.Difference, apart.PValue, apart.Statistic));
    }

    [Fact]
    public void Moments_are_the_same_in_whichever_parts_they_are_added_up()
    {
        var random = new Random(5);
        var numbers = Enumerable.Range(0, 1000).Select(_ => random.NextInt64(3_000_000_000_000)).ToArray();
        var whole = Of(numbers);
        var parts = numbers.Chunk(37).Select(Of).Aggregate(static (a, b) => a + b);
        Assert.Equal(whole, parts);
        var mean = numbers.Select(static n => (double)n).Average();
        Near(mean, whole.Mean);
        Near(numbers.Sum(n => (n - mean) * (n - mean)) / 999, whole.Variance);
    }

    private static void Check(long[] left, long[] right, double difference, double t, double degrees, double p)
    {
        var comparison = Comparison.OfMeans(Of(left), Of(right));
        Near(difference, comparison.Difference);
        Near(t, comparison.Statistic);
        Near(degrees, comparison.DegreesOfFreedom!.Value);
        Near(p, comparison.PValue);
    }

    private static Moments Of(long[] numbers) => numbers.Aggregate(default(Moments), static (sum, number) => sum.With(number));

    private static void Near(double expected, double actual) => Assert.InRange(actual / expected, 1 - 1e-11, 1 + 1e-11);
}
