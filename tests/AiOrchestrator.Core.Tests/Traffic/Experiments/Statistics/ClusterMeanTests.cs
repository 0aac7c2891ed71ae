using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Traffic.Experiments.Statistics;

namespace AiOrchestrator.Core.Tests.Traffic.Experiments.Statistics;

public sealed class ClusterMeanTests
{
    [Fact]
    public void Groups_of_one_call_each_are_the_calls_themselves()
    {
        long[] left = [275, 210, 190, 236, 170, 179, 169, 201, 219, 226, 231, 196, 190, 217, 214];
        long[] right = [271, 220, 208, 234, 234, 235, 258, 220, 248, 202, 219, 221, 229, 305, 206];

        var (calls, groups) = (Comparison.OfMeans(Of(left), Of(right)), Comparison.OfClusters(Singles(left), Singles(right)));

        Assert.Equal(calls.Difference, groups.Difference, 1e-9);
        Assert.Equal(calls.Variance, groups.Variance, 1e-9);
        Assert.Equal(calls.DegreesOfFreedom!.Value, groups.DegreesOfFreedom!.Value, 1e-9);
        Assert.Equal(calls.PValue, groups.PValue, 1e-9);
    }

    [Fact]
    public void The_variance_is_that_of_leaving_each_group_out()
    {
        // 10 of 4, 3 of 2, 8 of 4: the mean is 2.1; without each 11/6, 18/8, 13/6. Two thirds of the squares of what those are from it.
        var mean = ClusterMean.Of([new Share(4, 10), new Share(2, 3), new Share(0, 0), new Share(4, 8)]);

        Assert.Equal(new Share(10, 21), mean.Sample);
        Assert.Equal(2.0 / 3 * (Math.Pow(2.1 - (11.0 / 6), 2) + Math.Pow(2.1 - 2.25, 2) + Math.Pow(2.1 - (13.0 / 6), 2)), mean.Variance, 1e-12);
        Assert.Equal(100.0 / 36, mean.Groups, 1e-12);
    }

    [Fact]
    public void Large_sums_that_are_alike_do_not_vary()
    {
        var mean = ClusterMean.Of([.. Enumerable.Range(1, 9).Select(static i => new Share(i * 1_000_003L, (Int128)(i * 1_000_003L) * 333_333_333_333))]);
        Assert.Equal(0, mean.Variance);
    }

    [Fact]
    public void Few_groups_or_one_that_has_almost_all_say_nothing()
    {
        var (few, many) = (Groups(4, 100), Groups(20, 100));
        var lopsided = ClusterMean.Of([.. Enumerable.Range(0, 20).Select(static i => new Share(i == 0 ? 100_000 : 10, i))]);

        Assert.Equal(1, Comparison.OfClusters(few, many).PValue);
        Assert.Equal(1, Comparison.OfClusters(many, lopsided).PValue);
        Assert.Equal(1, Comparison.OfClusters(default, many).PValue);
        Assert.True(Comparison.OfClusters(many, Groups(20, 900)).PValue < 1e-6);
    }

    private static ClusterMean Groups(int count, long sum) => ClusterMean.Of([.. Enumerable.Range(0, count).Select(i => new Share(50, sum + i))]);

    private static ClusterMean Singles(long[] numbers) => ClusterMean.Of([.. numbers.Select(static n => new Share(1, n))]);

    private static Moments Of(long[] numbers) => numbers.Aggregate(default(Moments), static (sum, n) => sum.With(n));
}
