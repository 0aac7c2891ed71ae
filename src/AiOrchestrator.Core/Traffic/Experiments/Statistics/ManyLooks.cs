namespace AiOrchestrator.Core.Traffic.Experiments.Statistics;

/// <summary>What makes up for looking often and for comparing much.</summary>
internal static class ManyLooks
{
    /// <summary>Where the normal law has one chance left in a million million.</summary>
    private const double Farthest = 7;

    /// <summary>
    /// A p-value that holds however often it is looked at and whenever one stops: the mixture sequential probability ratio test with a normal mixture
    /// (Robbins, Ann. Math. Stat. 41, 1970; Johari, Koomen, Pekelis, Walsh, Operations Research 70, 2022). With V the variance of the difference, z
    /// its statistic and r = τ²/V the likelihood ratio is exp(z² r / (2 (1 + r))) / √(1 + r), and its inverse bounds the chance that it ever was as large by chance.
    /// </summary>
    /// <param name="comparison">As of now.</param>
    /// <param name="scale">τ: how large differences are expected to be, in the unit of the samples. Any positive value is valid; the test is quickest near it.</param>
    public static double AlwaysValid(in Comparison comparison, double scale)
    {
        if (comparison.Difference == 0 || scale <= 0)
        {
            return 1;
        }

        if (comparison.Variance == 0)
        {
            return comparison.PValue;
        }

        // Student's t has heavier tails than the normal law the mixture is made for: its statistic is read by its probability.
        var z = comparison.DegreesOfFreedom is null ? comparison.Statistic : NormalOf(comparison);
        var ratio = scale * scale / comparison.Variance;
        var logarithm = (z * z * ratio / (2 * (1 + ratio))) - (Math.Log(1 + ratio) / 2);
        return Math.Min(1, Math.Exp(-logarithm));
    }

    /// <summary>Holm's adjustment for several comparisons (Scand. J. Statist. 6, 1979): whichever of them hold at once, one of them is wrong no more often than α.</summary>
    /// <param name="values">p-values.</param>
    /// <returns>In the same order, to be compared with α.</returns>
    public static double[] Holm(IReadOnlyList<double> values)
    {
        var adjusted = new double[values.Count];
        var highest = 0.0;
        var left = values.Count;
        foreach (var index in Enumerable.Range(0, values.Count).OrderBy(i => values[i]))
        {
            highest = Math.Max(highest, Math.Min(1, left * values[index]));
            adjusted[index] = highest;
            left--;
        }

        return adjusted;
    }

    /// <summary>
    /// How many samples each side needs for <see cref="AlwaysValid"/> to find a difference as large as its scale: where the statistic of one that is unlucky,
    /// as often as the power allows, is just beyond the level.
    /// </summary>
    /// <param name="alpha">The level, above 0 and below 1.</param>
    /// <param name="power">How likely it is to be found, 0.5 or more and below 1.</param>
    /// <param name="variances">Both sides' variances together.</param>
    /// <param name="difference">To be found; above 0.</param>
    public static double SamplesNeeded(double alpha, double power, double variances, double difference)
    {
        var (unlucky, wanted) = (SpecialFunctions.NormalQuantile(power), Math.Log(1 / alpha));
        var (low, high) = (unlucky * unlucky, 1e4);
        for (var i = 0; i < 100; i++)
        {
            // The squared difference in units of its variance.
            var ratio = (low + high) / 2;
            var z = Math.Sqrt(ratio) - unlucky;
            (low, high) = (z * z * ratio / (2 * (1 + ratio))) - (Math.Log(1 + ratio) / 2) < wanted ? (ratio, high) : (low, ratio);
        }

        return Math.Ceiling(high * variances / (difference * difference));
    }

    private static double NormalOf(in Comparison comparison)
    {
        // Far out there is nothing to tell the laws apart by: the quantile of what is almost 0 has no digits.
        var half = comparison.PValue / 2;
        return half > 1e-12 ? -SpecialFunctions.NormalQuantile(half) : Math.Min(Math.Abs(comparison.Statistic), Farthest);
    }

}
