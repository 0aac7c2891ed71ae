using AiOrchestrator.Core.Metering.Experiments;

namespace AiOrchestrator.Core.Traffic.Experiments.Statistics;

/// <summary>What comparing one sample with another says.</summary>
/// <param name="Difference">Of the means: the second less the first, in the unit of the samples.</param>
/// <param name="Variance">Of that difference, under the assumption of the test; 0 where nothing varies.</param>
/// <param name="Statistic">z or t: the difference in standard errors; infinite where nothing varies and the means differ.</param>
/// <param name="DegreesOfFreedom">Of Student's t; null for a z-test.</param>
/// <param name="PValue">How likely a difference as large is, on either side, were there none; looked at once.</param>
internal readonly record struct Comparison(double Difference, double Variance, double Statistic, double? DegreesOfFreedom, double PValue)
{
    /// <summary>With fewer groups than so many on a side nobody can tell chance from difference.</summary>
    public const int LeastGroups = 5;

    /// <summary>Compares two proportions of calls that are independent of each other: the two-sided z-test with the pooled variance.</summary>
    /// <param name="hits">How often it happened in the first.</param>
    /// <param name="of">How often it could have.</param>
    /// <param name="otherHits">How often in the second.</param>
    /// <param name="ofOthers">How often it could have.</param>
    public static Comparison OfProportions(long hits, long of, long otherHits, long ofOthers)
    {
        if (of == 0 || ofOthers == 0)
        {
            return None;
        }

        var difference = ((double)otherHits / ofOthers) - ((double)hits / of);
        var pooled = (double)(hits + otherHits) / (of + ofOthers);
        return Of(difference, pooled * (1 - pooled) * ((1.0 / of) + (1.0 / ofOthers)), degrees: null);
    }

    /// <summary>Compares two means of calls that are independent of each other: Welch's two-sided t-test, with the degrees of freedom of Welch and Satterthwaite (Welch, Biometrika 34, 1947).</summary>
    /// <param name="sample">The first.</param>
    /// <param name="other">The second.</param>
    public static Comparison OfMeans(in Moments sample, in Moments other)
    {
        if (sample.Count < 2 || other.Count < 2)
        {
            return None;
        }

        return Welch(sample.MeanBelow(other), (sample.Variance / sample.Count, sample.Count - 1), (other.Variance / other.Count, other.Count - 1));
    }

    /// <summary>Compares two means, or proportions, of calls that are alike within groups: the same test of Welch's over groups (<see cref="ClusterMean"/>).</summary>
    /// <param name="sample">The first.</param>
    /// <param name="other">The second.</param>
    public static Comparison OfClusters(in ClusterMean sample, in ClusterMean other) => sample.Groups < LeastGroups || other.Groups < LeastGroups
        ? None
        : Welch(sample.MeanBelow(other), (sample.Variance, sample.Groups - 1), (other.Variance, other.Groups - 1));

    /// <summary>Of samples that say nothing yet.</summary>
    private static Comparison None => new(0, 0, 0, null, 1);

    private static Comparison Welch(double difference, (double Variance, double Degrees) left, (double Variance, double Degrees) right)
    {
        var variance = left.Variance + right.Variance;
        var degrees = variance == 0
            ? left.Degrees + right.Degrees
            : variance * variance / ((left.Variance * left.Variance / left.Degrees) + (right.Variance * right.Variance / right.Degrees));
        return Of(difference, variance, degrees);
    }

    private static Comparison Of(double difference, double variance, double? degrees)
    {
        if (variance == 0)
        {
            return difference == 0
                ? new Comparison(0, 0, 0, degrees, 1)
                : new Comparison(difference, 0, difference > 0 ? double.PositiveInfinity : double.NegativeInfinity, degrees, 0);
        }

        var statistic = difference / Math.Sqrt(variance);
        return new Comparison(
            difference,
            variance,
            statistic,
            degrees,
            degrees is { } known ? SpecialFunctions.StudentTwoSided(statistic, known) : SpecialFunctions.NormalTwoSided(statistic));
    }
}
