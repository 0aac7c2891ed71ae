using System.Globalization;
using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Traffic.Experiments.Statistics;

namespace AiOrchestrator.Core.Traffic.Experiments;

/// <summary>What the figures of an experiment say, in the order in which it is decided.</summary>
internal enum Finding
{
    /// <summary>A guard rail is broken.</summary>
    GuardRail,

    /// <summary>A variant is better than all it is compared with, beyond chance and by enough.</summary>
    Winner,

    /// <summary>It ran as long as it may.</summary>
    Expired,

    /// <summary>Some variant has not had samples enough.</summary>
    Collecting,

    /// <summary>No difference beyond chance so far, or none that matters.</summary>
    Open,
}

/// <summary>A variant beside the control.</summary>
/// <param name="Variant">Its name.</param>
/// <param name="Comparison">Looked at once.</param>
/// <param name="AlwaysValid">The p-value that holds however often it is looked at.</param>
/// <param name="Adjusted">That, adjusted for the number of variants: what is compared with the level.</param>
/// <param name="IsSignificant">Whether it is beyond chance.</param>
/// <param name="IsLarge">Whether the difference is as large as matters, either way.</param>
/// <param name="IsBetter">Whether it goes the better way.</param>
/// <param name="SamplesNeeded">Of each side, to find the smallest difference that matters with the power asked for; null where that cannot be said yet.</param>
internal sealed record VariantComparison(
    string Variant, Comparison Comparison, double AlwaysValid, double Adjusted, bool IsSignificant, bool IsLarge, bool IsBetter, double? SamplesNeeded);

/// <summary>What is to be made of an experiment: a function of its figures and the time.</summary>
/// <param name="Finding">In a word.</param>
/// <param name="Winner">The variant; null for none.</param>
/// <param name="Note">In a sentence.</param>
/// <param name="Comparisons">Of all but the control, in their order.</param>
internal sealed record Verdict(Finding Finding, string? Winner, string Note, IReadOnlyList<VariantComparison> Comparisons)
{
    private const long DayMs = 86_400_000;

    /// <summary>Of each side before a guard rail is looked at: fewer are no sample.</summary>
    private const int MinRailSamples = 30;

    /// <summary>Of what there is no measure for, such as a rate of 0, a tenth of a standard deviation is a difference.</summary>
    private const double SmallPart = 0.1;

    /// <summary>Of rates that nobody said more about, five in a hundred calls.</summary>
    private const double RateScale = 0.05;

    /// <summary>Looks at an experiment.</summary>
    /// <param name="stored">As it stands.</param>
    /// <param name="figures">By variant.</param>
    /// <param name="nowUnixMs">When, milliseconds since 1970.</param>
    public static Verdict Of(StoredExperiment stored, IReadOnlyDictionary<string, VariantFigures> figures, long nowUnixMs)
    {
        var experiment = stored.Experiment;
        var of = experiment.Variants.Select(v => figures.GetValueOrDefault(v.Name) ?? VariantFigures.None).ToList();
        var isReady = of.TrueForAll(f => Measures.Count(experiment.Metric, f) >= experiment.MinSamples);
        var comparisons = Compare(experiment, of, isReady);
        if (BrokenRail(experiment, of) is { } broken)
        {
            return new Verdict(Finding.GuardRail, null, broken, comparisons);
        }

        if (isReady && WinnerOf(experiment, of, comparisons) is { } winner)
        {
            return new Verdict(Finding.Winner, winner, $"'{winner}' is better beyond chance: {Say(experiment, of, comparisons)}.", comparisons);
        }

        if (HasExpired(stored, nowUnixMs))
        {
            return new Verdict(Finding.Expired, null, "It ran as long as it may, and no difference was found that is beyond chance and large enough.", comparisons);
        }

        return isReady
            ? new Verdict(Finding.Open, null, "No difference so far that is beyond chance and large enough.", comparisons)
            : new Verdict(
                Finding.Collecting,
                null,
                string.Create(CultureInfo.InvariantCulture, $"Some variant has fewer than the {experiment.MinSamples} samples that are asked for."),
                comparisons);
    }

    /// <summary>Whether an experiment has run as long as it may.</summary>
    public static bool HasExpired(StoredExperiment stored, long nowUnixMs) =>
        stored.StartedUnixMs is { } started && nowUnixMs - started >= stored.Experiment.MaxDays * DayMs;

    private static List<VariantComparison> Compare(Experiment experiment, List<VariantFigures> of, bool isReady)
    {
        var metric = experiment.Metric;
        var smallest = experiment.MinimumEffect.Of(Measures.Mean(metric, of[0]));
        var compared = of.Skip(1).Select(f => Measures.Compare(metric, experiment.Key, of[0], f)).ToList();
        var valid = compared.Select((c, i) => isReady ? ManyLooks.AlwaysValid(c, Scale(metric, smallest, of[0], of[i + 1])) : 1).ToList();
        var adjusted = ManyLooks.Holm(valid);
        return [.. compared.Select((c, i) => new VariantComparison(
            experiment.Variants[i + 1].Name,
            c,
            valid[i],
            adjusted[i],
            adjusted[i] <= experiment.Alpha,
            Math.Abs(c.Difference) >= smallest,
            c.Difference != 0 && c.Difference < 0 == (experiment.Better == BetterWhen.Lower),
            Needed(experiment, of[0], of[i + 1], smallest)))];
    }

    /// <summary>
    /// The best of those that beat the control; the control where all others are worse than it; null for none. Who answers fewer of the calls wins nothing: what is
    /// left of them may be the cheap and the quick ones.
    /// </summary>
    private static string? WinnerOf(Experiment experiment, List<VariantFigures> of, List<VariantComparison> comparisons)
    {
        var clear = comparisons.Index().Where(static c => c.Item is { IsSignificant: true, IsLarge: true }).ToList();
        return clear.Where(c => c.Item.IsBetter && !FailsMore(experiment, of[0], of[c.Index + 1]))
                .OrderByDescending(static c => Math.Abs(c.Item.Comparison.Difference)).FirstOrDefault().Item?.Variant
            ?? (clear.Count == comparisons.Count && clear.TrueForAll(static c => !c.Item.IsBetter) && of.Skip(1).All(f => !FailsMore(experiment, f, of[0]))
                ? experiment.Variants[0].Name
                : null);
    }

    /// <summary>Whether one fails more of its calls than another, or leaves more of them unanswered, beyond chance.</summary>
    private static bool FailsMore(Experiment experiment, VariantFigures than, VariantFigures figures)
    {
        return experiment.Metric != ExperimentMetric.ErrorRate
            && (IsMore(Measures.Compare(ExperimentMetric.ErrorRate, experiment.Key, than, figures)) || IsMore(Measures.CompareUnanswered(experiment.Key, than, figures)));

        bool IsMore(in Comparison comparison) => comparison.Difference > 0 && ManyLooks.AlwaysValid(comparison, RateScale) <= experiment.Alpha;
    }

    private static string? BrokenRail(Experiment experiment, List<VariantFigures> of)
    {
        var level = experiment.Alpha / Math.Max(1, experiment.GuardRails.Count * (of.Count - 1));
        foreach (var rail in experiment.GuardRails)
        {
            var control = Measures.Mean(rail.Metric, of[0]);
            var bound = rail.WorseBy.Of(control);
            for (var i = 1; i < of.Count; i++)
            {
                var comparison = Measures.Compare(rail.Metric, experiment.Key, of[0], of[i]);
                var worse = Experiment.NaturalDirection(rail.Metric) == BetterWhen.Lower ? comparison.Difference : -comparison.Difference;
                if (worse > 0 && worse >= bound && Math.Min(Measures.Count(rail.Metric, of[0]), Measures.Count(rail.Metric, of[i])) >= MinRailSamples
                    && ManyLooks.AlwaysValid(comparison, Scale(rail.Metric, bound, of[0], of[i])) <= level)
                {
                    return string.Create(
                        CultureInfo.InvariantCulture,
                        $"'{experiment.Variants[i].Name}' is worse than the control beyond chance: {Word(rail.Metric)} {Measures.Mean(rail.Metric, of[i]):G6} beside {control:G6}.");
                }
            }
        }

        return null;
    }

    private static double Scale(ExperimentMetric metric, double effect, VariantFigures control, VariantFigures variant)
    {
        // What both vary by together: where one never fails and the other always, neither varies by itself.
        var apart = Measures.Mean(metric, control) - Measures.Mean(metric, variant);
        return effect > 0 ? effect : SmallPart * Math.Sqrt(((Measures.Variance(metric, control) + Measures.Variance(metric, variant)) / 2) + (apart * apart / 4));
    }

    private static double? Needed(Experiment experiment, VariantFigures control, VariantFigures variant, double smallest)
    {
        var variances = Measures.Variance(experiment.Metric, experiment.Key, control) + Measures.Variance(experiment.Metric, experiment.Key, variant);
        return smallest > 0 && variances > 0
            ? ManyLooks.SamplesNeeded(experiment.Alpha / (experiment.Variants.Count - 1), experiment.Power, variances, smallest)
            : null;
    }

    private static string Say(Experiment experiment, List<VariantFigures> of, List<VariantComparison> comparisons) =>
        $"{Word(experiment.Metric)} " + string.Join(
            ", ",
            experiment.Variants.Select((v, i) => string.Create(
                CultureInfo.InvariantCulture,
                $"'{v.Name}' {Measures.Mean(experiment.Metric, of[i]):G6}{(i == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" (p {comparisons[i - 1].Adjusted:G3})"))}")));

    private static string Word(ExperimentMetric metric) => metric switch
    {
        ExperimentMetric.Cost => "cost in US dollars",
        ExperimentMetric.Latency => "latency in milliseconds",
        ExperimentMetric.ErrorRate => "error rate",
        _ => "feedback",
    };
}
