using AiOrchestrator.Core.Metering.Experiments;

namespace AiOrchestrator.Core.Traffic.Experiments.Statistics;

/// <summary>What one group of key values has of a sample.</summary>
/// <param name="Count">How many numbers; 0 or more.</param>
/// <param name="Sum">Of the numbers.</param>
internal readonly record struct Share(long Count, Int128 Sum);

/// <summary>
/// A mean of numbers that are alike within groups, and how much it varies by chance. It is a ratio of two sums over groups, whose variance is by the delta
/// method (Deng, Knoblich, Lu, KDD 2018), here in its jackknife form: what the mean would be without each of the groups. A group with many of the numbers counts
/// for as many as it has, so there are as many groups as there were of one size (Kish, Survey Sampling, 1965), and those less one are the degrees of freedom.
/// </summary>
/// <param name="Sample">How many numbers there are, and their sum.</param>
/// <param name="Variance">Of the mean; 0 of fewer than two groups.</param>
/// <param name="Groups">As many groups of one size would tell as much: 1 or more, 0 of none.</param>
internal readonly record struct ClusterMean(Share Sample, double Variance, double Groups)
{
    /// <summary>Adds groups up; those without numbers say nothing.</summary>
    public static ClusterMean Of(IReadOnlyList<Share> shares)
    {
        var sample = shares.Aggregate(default(Share), static (all, s) => new Share(all.Count + s.Count, checked(all.Sum + s.Sum)));
        var (groups, squares, spread) = (0, 0.0, 0.0);
        foreach (var share in shares)
        {
            if (share.Count == 0)
            {
                continue;
            }

            groups++;
            squares += (double)share.Count * share.Count;
            if (share.Count < sample.Count)
            {
                // Exact until here: groups of one mean do not differ, however large their sums.
                var off = (double)checked((share.Sum * sample.Count) - (sample.Sum * share.Count)) / sample.Count / (sample.Count - share.Count);
                spread += off * off;
            }
        }

        return groups == 0 ? default : new ClusterMean(sample, spread * (groups - 1) / groups, (double)sample.Count * sample.Count / squares);
    }

    /// <summary>How much the mean of another is above this one. Neither may be of none.</summary>
    public double MeanBelow(in ClusterMean other) =>
        new Moments(Sample.Count, Sample.Sum, 0).MeanBelow(new Moments(other.Sample.Count, other.Sample.Sum, 0));
}
