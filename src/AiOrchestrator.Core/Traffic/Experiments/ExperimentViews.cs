using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Experiments;

/// <summary>The body of <c>POST</c> and <c>PUT</c> under <c>/control/v1/experiments</c>.</summary>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="AppliesTo">The model name callers use; <c>auto</c>; or <c>auto:</c> and a category.</param>
/// <param name="Variants">2 to 10; the first is the control.</param>
/// <param name="Metric">What is compared.</param>
/// <param name="Direction">Which way is better; lower, for feedback higher, when absent.</param>
/// <param name="Key">What stays with one variant; <c>user</c> when absent.</param>
/// <param name="Salt">Up to 64 characters mixed into the drawing of lots.</param>
/// <param name="Audience">Whose calls are a part of it; all when absent.</param>
/// <param name="Alpha">0.0001 to 0.2; 0.05 when absent.</param>
/// <param name="Power">0.5 to 0.99; 0.8 when absent.</param>
/// <param name="MinimumEffect">The smallest difference that matters; 5 % of the control's figure when absent.</param>
/// <param name="MinSamples">Of each variant, 30 to 1000000; 100 when absent.</param>
/// <param name="MaxDays">1 to 90; 30 when absent.</param>
/// <param name="AutoPromote">Whether the winner takes all calls by itself; false when absent.</param>
/// <param name="GuardRails">Up to 8, one for each metric.</param>
public sealed record ExperimentRequest(
    string Name,
    string AppliesTo,
    IReadOnlyList<Variant> Variants,
    ExperimentMetric Metric,
    BetterWhen? Direction = null,
    ExperimentKey? Key = null,
    string? Salt = null,
    Audience? Audience = null,
    double? Alpha = null,
    double? Power = null,
    MinimumEffect? MinimumEffect = null,
    int? MinSamples = null,
    int? MaxDays = null,
    bool? AutoPromote = null,
    IReadOnlyList<GuardRail>? GuardRails = null);

/// <summary>The body of <c>start</c>, <c>stop</c> and <c>rollback</c>; may be left out.</summary>
/// <param name="Note">Why, up to 500 characters.</param>
public sealed record ExperimentMove(string? Note = null);

/// <summary>The body of <c>conclude</c>; may be left out.</summary>
/// <param name="Winner">The variant that takes all calls; when absent the one the figures say is better, or none.</param>
/// <param name="Note">Why, up to 500 characters.</param>
public sealed record ConcludeExperiment(string? Winner = null, string? Note = null);

/// <summary>An experiment as the control API shows it.</summary>
/// <param name="Id"><c>exp_…</c>.</param>
/// <param name="Name">For people.</param>
/// <param name="State">How far it is.</param>
/// <param name="AppliesTo">The calls it is about.</param>
/// <param name="Key">What stays with one variant.</param>
/// <param name="Salt">Mixed into the drawing of lots.</param>
/// <param name="Audience">Whose calls are a part of it.</param>
/// <param name="Variants">The control first.</param>
/// <param name="Metric">What is compared.</param>
/// <param name="Direction">Which way is better.</param>
/// <param name="Alpha">The level of error.</param>
/// <param name="Power">How likely a difference that matters is to be found.</param>
/// <param name="MinimumEffect">The smallest difference that matters.</param>
/// <param name="MinSamples">Of each variant before anything is decided.</param>
/// <param name="MaxDays">Days it runs at most.</param>
/// <param name="AutoPromote">Whether the winner takes all calls by itself.</param>
/// <param name="GuardRails">What stops it.</param>
/// <param name="Winner">The variant that takes all calls, or null.</param>
/// <param name="Ending">Why it is over, or null.</param>
/// <param name="Note">What whoever moved it last said, or what was measured where it ended by itself; or null.</param>
/// <param name="By">Who started or ended it last, or null.</param>
/// <param name="CreatedAt">RFC 3339.</param>
/// <param name="StartedAt">RFC 3339, or null.</param>
/// <param name="EndedAt">RFC 3339, or null.</param>
public sealed record ExperimentView(
    string Id,
    string Name,
    ExperimentState State,
    string AppliesTo,
    ExperimentKey Key,
    string Salt,
    Audience Audience,
    IReadOnlyList<Variant> Variants,
    ExperimentMetric Metric,
    BetterWhen Direction,
    double Alpha,
    double Power,
    MinimumEffect MinimumEffect,
    int MinSamples,
    int MaxDays,
    bool AutoPromote,
    IReadOnlyList<GuardRail> GuardRails,
    string? Winner,
    ExperimentEnding? Ending,
    string? Note,
    string? By,
    string CreatedAt,
    string? StartedAt,
    string? EndedAt)
{
    internal static ExperimentView Of(StoredExperiment stored)
    {
        var e = stored.Experiment;
        return new ExperimentView(
            stored.Id,
            e.Name,
            stored.State,
            e.AppliesTo,
            e.Key,
            e.Salt,
            e.Audience,
            e.Variants,
            e.Metric,
            e.Better,
            e.Alpha,
            e.Power,
            e.MinimumEffect,
            e.MinSamples,
            e.MaxDays,
            e.AutoPromote,
            e.GuardRails,
            stored.Winner,
            stored.Ending,
            stored.Note,
            stored.By,
            Rfc3339.Format(stored.CreatedUnixMs),
            Rfc3339.Format(stored.StartedUnixMs),
            Rfc3339.Format(stored.EndedUnixMs));
    }
}
