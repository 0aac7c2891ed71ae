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
    /// <summary>Compares two proportions: the two-sided z-test with the pooled variance.</summary>
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

    /// <summary>Compares two means: Welch's two-sided t-test, with the degrees of freedom of Welch and Satterthwaite (Welch, Biometrika 34, 1947).</summary>
    /// <param name="sample">The first.</param>
    /// <param name="other">The second.</param>
    public static Comparison OfMeans(in Moments sample, in Moments other)
    {
        if (sample.Count < 2 || other.Count < 2)
        {
            return None;
        }

        var (left, right) = (sample.Variance / sample.Count, other.Variance / other.Count);
        var variance = left + right;
        var degrees = variance == 0
            ? sample.Count + other.Count - 2
            : variance * variance / ((left * left / (sample.Count - 1)) + (right * right / (other.Count - 1)));
        return Of(sample.MeanBelow(other), variance, degrees);
    }

    /// <summary>Of samples that say nothing yet.</summary>
    private static Comparison None => new(0, 0, 0, null, 1);

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
