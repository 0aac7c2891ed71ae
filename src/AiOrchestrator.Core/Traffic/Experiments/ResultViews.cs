using System.Text.Json.Serialization;
using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Experiments;

/// <summary>What a variant's calls came to in one respect.</summary>
/// <param name="Count">Samples.</param>
/// <param name="Mean">Of them; null of none.</param>
/// <param name="Variance">Of one; null of fewer than two.</param>
public sealed record SampleView(long Count, double? Mean, double? Variance)
{
    internal static SampleView Of(in Moments moments, double unit) => new(
        moments.Count, moments.Count == 0 ? null : moments.Mean * unit, moments.Count < 2 ? null : moments.Variance * unit * unit);
}

/// <summary>A variant beside the control, in the experiment's metric.</summary>
/// <param name="Difference">The variant's figure less the control's.</param>
/// <param name="Relative">That by the control's figure; null where that is 0.</param>
/// <param name="Statistic">z or t; null where nothing varies.</param>
/// <param name="DegreesOfFreedom">Of Student's t, whole or not; null for the z-test.</param>
/// <param name="PValue">Of the test, were it looked at once, on both sides.</param>
/// <param name="AlwaysValidP">However often it is looked at; 1 before there are samples enough.</param>
/// <param name="AdjustedP">That, adjusted for the number of variants.</param>
/// <param name="Significant">Whether that is within the level.</param>
/// <param name="Large">Whether the difference is as large as matters.</param>
/// <param name="Better">Whether it goes the better way.</param>
/// <param name="SamplesNeeded">Of each side, to find the smallest difference that matters with the power asked for; null where that cannot be said yet.</param>
public sealed record ComparisonView(
    double Difference,
    double? Relative,
    double? Statistic,
    double? DegreesOfFreedom,
    double PValue,
    double AlwaysValidP,
    double AdjustedP,
    bool Significant,
    bool Large,
    bool Better,
    double? SamplesNeeded);

/// <summary>What a variant's calls came to.</summary>
/// <param name="Variant">Its name.</param>
/// <param name="Calls">Requests that were sent to a provider, each once, however often it was tried.</param>
/// <param name="Succeeded">Answered in full.</param>
/// <param name="Failed">Ended by an error, a timeout or a cut.</param>
/// <param name="ErrorRate">Failed of both; null of none.</param>
/// <param name="Clusters">Groups of key values that had calls, at most 64 (65 where some calls are of an earlier program).</param>
/// <param name="CostUsd">Of those that succeeded, with all they were tried before.</param>
/// <param name="LatencyMs">From arrival to the end, of those that succeeded.</param>
/// <param name="FirstByteMs">From arrival to the first byte, of those that succeeded.</param>
/// <param name="Feedback">-1 to 1.</param>
/// <param name="AgainstControl">Beside the control; null for the control.</param>
public sealed record VariantResultView(
    string Variant,
    long Calls,
    long Succeeded,
    long Failed,
    double? ErrorRate,
    int Clusters,
    SampleView CostUsd,
    SampleView LatencyMs,
    SampleView FirstByteMs,
    SampleView Feedback,
    ComparisonView? AgainstControl)
{
    private const double UsdPerNano = 1e-9;
    private const double PerThousand = 1e-3;

    internal static VariantResultView Of(string variant, VariantFigures figures, VariantComparison? comparison, double control) => new(
        variant,
        figures.Calls,
        figures.Succeeded,
        figures.Failed,
        figures.Succeeded + figures.Failed == 0 ? null : Measures.Mean(ExperimentMetric.ErrorRate, figures),
        figures.Clusters.Count(static c => c.Calls > 0),
        SampleView.Of(figures.CostNanoUsd, UsdPerNano),
        SampleView.Of(figures.DurationUs, PerThousand),
        SampleView.Of(figures.FirstByteUs, PerThousand),
        SampleView.Of(figures.FeedbackMilli, PerThousand),
        comparison is null ? null : View(comparison, control));

    private static ComparisonView View(VariantComparison comparison, double control) => new(
        comparison.Comparison.Difference,
        control == 0 ? null : comparison.Comparison.Difference / Math.Abs(control),
        double.IsFinite(comparison.Comparison.Statistic) ? comparison.Comparison.Statistic : null,
        comparison.Comparison.DegreesOfFreedom,
        comparison.Comparison.PValue,
        comparison.AlwaysValid,
        comparison.Adjusted,
        comparison.IsSignificant,
        comparison.IsLarge,
        comparison.IsBetter,
        comparison.SamplesNeeded);
}

/// <summary>What figures say.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FindingView>))]
public enum FindingView
{
    /// <summary>A guard rail is broken.</summary>
    [JsonStringEnumMemberName("guard_rail")] GuardRail,

    /// <summary>A variant is better beyond chance and by enough.</summary>
    [JsonStringEnumMemberName("winner")] Winner,

    /// <summary>It ran as long as it may.</summary>
    [JsonStringEnumMemberName("expired")] Expired,

    /// <summary>Some variant has not had samples enough.</summary>
    [JsonStringEnumMemberName("collecting")] Collecting,

    /// <summary>No difference so far that counts.</summary>
    [JsonStringEnumMemberName("open")] Open,
}

/// <summary>The answer of <c>GET /control/v1/experiments/{id}/results</c>.</summary>
/// <param name="Id">The experiment.</param>
/// <param name="State">How far it is.</param>
/// <param name="Metric">What is compared.</param>
/// <param name="Finding">What the figures say, whatever was decided.</param>
/// <param name="Better">The variant they say is better; null for none.</param>
/// <param name="Note">In a sentence.</param>
/// <param name="Variants">The control first.</param>
/// <param name="AsOf">RFC 3339; usage events that were stored by then are counted.</param>
public sealed record ExperimentResultsView(
    string Id, ExperimentState State, ExperimentMetric Metric, FindingView Finding, string? Better, string Note, IReadOnlyList<VariantResultView> Variants, string AsOf)
{
    internal static ExperimentResultsView Of(StoredExperiment stored, IReadOnlyDictionary<string, VariantFigures> figures, long nowUnixMs)
    {
        var verdict = Verdict.Of(stored, figures, nowUnixMs);
        var experiment = stored.Experiment;
        var of = experiment.Variants.Select(v => figures.GetValueOrDefault(v.Name) ?? VariantFigures.None).ToList();
        var control = Measures.Mean(experiment.Metric, of[0]);
        return new ExperimentResultsView(
            stored.Id,
            stored.State,
            experiment.Metric,
            (FindingView)verdict.Finding,
            verdict.Winner,
            verdict.Note,
            [.. experiment.Variants.Select((v, i) => VariantResultView.Of(v.Name, of[i], i == 0 ? null : verdict.Comparisons[i - 1], control))],
            Rfc3339.Format(nowUnixMs));
    }
}
