using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Traffic.Experiments.Statistics;

namespace AiOrchestrator.Core.Traffic.Experiments;

/// <summary>
/// Figures of a variant as a metric has them, in its unit: US dollars, milliseconds, a rate, a score. Where variants are drawn call by call, calls are
/// independent of each other; where a user, a key or a feature stays with its variant, their calls are alike, and groups of them are compared.
/// </summary>
internal static class Measures
{
    private const double UsdPerNano = 1e-9;
    private const double PerThousand = 1e-3;

    /// <summary>How many samples there are.</summary>
    public static long Count(ExperimentMetric metric, VariantFigures figures) =>
        metric == ExperimentMetric.ErrorRate ? figures.Succeeded + figures.Failed : Sample(metric, figures).Count;

    /// <summary>The mean; 0 of none.</summary>
    public static double Mean(ExperimentMetric metric, VariantFigures figures)
    {
        if (metric == ExperimentMetric.ErrorRate)
        {
            return Count(metric, figures) is > 0 and var count ? (double)figures.Failed / count : 0;
        }

        return Sample(metric, figures).Mean * Unit(metric);
    }

    /// <summary>The variance of one call.</summary>
    public static double Variance(ExperimentMetric metric, VariantFigures figures)
    {
        if (metric == ExperimentMetric.ErrorRate)
        {
            var rate = Mean(metric, figures);
            return rate * (1 - rate);
        }

        return Sample(metric, figures).Variance * Unit(metric) * Unit(metric);
    }

    /// <summary>The variance of one call among others of its variant: more than of one alone, where calls of a user are alike.</summary>
    public static double Variance(ExperimentMetric metric, ExperimentKey key, VariantFigures figures) => key == ExperimentKey.Request
        ? Variance(metric, figures)
        : Clusters(figures, c => ShareOf(metric, c)).Variance * Count(metric, figures) * Unit(metric) * Unit(metric);

    /// <summary>Compares a variant with the control.</summary>
    public static Comparison Compare(ExperimentMetric metric, ExperimentKey key, VariantFigures control, VariantFigures variant)
    {
        var unit = Unit(metric);
        var comparison = key != ExperimentKey.Request ? Comparison.OfClusters(Clusters(control, c => ShareOf(metric, c)), Clusters(variant, c => ShareOf(metric, c)))
            : metric == ExperimentMetric.ErrorRate ? Comparison.OfProportions(control.Failed, Count(metric, control), variant.Failed, Count(metric, variant))
            : Comparison.OfMeans(Sample(metric, control), Sample(metric, variant));
        return comparison with { Difference = comparison.Difference * unit, Variance = comparison.Variance * unit * unit };
    }

    /// <summary>Compares how many of the calls were not answered in full, those left by their clients among them: who answers slowly is left.</summary>
    public static Comparison CompareUnanswered(ExperimentKey key, VariantFigures one, VariantFigures other) => key == ExperimentKey.Request
        ? Comparison.OfProportions(one.Calls - one.Succeeded, one.Calls, other.Calls - other.Succeeded, other.Calls)
        : Comparison.OfClusters(Clusters(one, Unanswered), Clusters(other, Unanswered));

    private static ClusterMean Clusters(VariantFigures figures, Func<ClusterFigures, Share> of) => ClusterMean.Of([.. figures.Clusters.Select(of)]);

    private static Share Unanswered(ClusterFigures cluster) => new(cluster.Calls, cluster.Calls - cluster.Succeeded);

    private static Share ShareOf(ExperimentMetric metric, ClusterFigures cluster) => metric switch
    {
        ExperimentMetric.Cost => new Share(cluster.Succeeded, cluster.CostNanoUsd),
        ExperimentMetric.Latency => new Share(cluster.Succeeded, cluster.DurationUs),
        ExperimentMetric.ErrorRate => new Share(cluster.Succeeded + cluster.Failed, cluster.Failed),
        _ => new Share(cluster.FeedbackMilli.Count, cluster.FeedbackMilli.Sum),
    };

    private static Moments Sample(ExperimentMetric metric, VariantFigures figures) => metric switch
    {
        ExperimentMetric.Cost => figures.CostNanoUsd,
        ExperimentMetric.Latency => figures.DurationUs,
        _ => figures.FeedbackMilli,
    };

    private static double Unit(ExperimentMetric metric) => metric switch
    {
        ExperimentMetric.Cost => UsdPerNano,
        ExperimentMetric.ErrorRate => 1,
        _ => PerThousand,
    };
}
