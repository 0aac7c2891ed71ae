using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Traffic.Experiments.Statistics;

namespace AiOrchestrator.Core.Traffic.Experiments;

/// <summary>Figures of a variant as a metric has them, in its unit: US dollars, milliseconds, a rate, a score.</summary>
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

    /// <summary>Compares a variant with the control.</summary>
    public static Comparison Compare(ExperimentMetric metric, VariantFigures control, VariantFigures variant)
    {
        if (metric == ExperimentMetric.ErrorRate)
        {
            return Comparison.OfProportions(control.Failed, Count(metric, control), variant.Failed, Count(metric, variant));
        }

        var unit = Unit(metric);
        var comparison = Comparison.OfMeans(Sample(metric, control), Sample(metric, variant));
        return comparison with { Difference = comparison.Difference * unit, Variance = comparison.Variance * unit * unit };
    }

    private static Moments Sample(ExperimentMetric metric, VariantFigures figures) => metric switch
    {
        ExperimentMetric.Cost => figures.CostNanoUsd,
        ExperimentMetric.Latency => figures.DurationUs,
        _ => figures.FeedbackMilli,
    };

    private static double Unit(ExperimentMetric metric) => metric == ExperimentMetric.Cost ? UsdPerNano : PerThousand;
}
