using System.Text.Json;
using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Traffic.Experiments;

/// <summary>How far an experiment is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExperimentState>))]
public enum ExperimentState
{
    /// <summary>Being written: no call is touched.</summary>
    [JsonStringEnumMemberName("draft")] Draft,

    /// <summary>Calls are shared out among its variants.</summary>
    [JsonStringEnumMemberName("running")] Running,

    /// <summary>Over: all calls go to the winner, or none is touched where there is none.</summary>
    [JsonStringEnumMemberName("concluded")] Concluded,

    /// <summary>Taken back: no call is touched any more.</summary>
    [JsonStringEnumMemberName("rolled_back")] RolledBack,
}

/// <summary>What stays with one variant as long as the experiment runs.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExperimentKey>))]
public enum ExperimentKey
{
    /// <summary>The person or service behind the key.</summary>
    [JsonStringEnumMemberName("user")] User,

    /// <summary>The API key.</summary>
    [JsonStringEnumMemberName("key")] Key,

    /// <summary>The <c>user</c> of the request; calls without one are no part of it.</summary>
    [JsonStringEnumMemberName("end_user")] EndUser,

    /// <summary>The <c>x-feature-id</c> of the request; calls without one are no part of it.</summary>
    [JsonStringEnumMemberName("feature")] Feature,

    /// <summary>Nothing: every call by itself.</summary>
    [JsonStringEnumMemberName("request")] Request,
}

/// <summary>What is compared.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExperimentMetric>))]
public enum ExperimentMetric
{
    /// <summary>What a call costs, US dollars.</summary>
    [JsonStringEnumMemberName("cost")] Cost,

    /// <summary>How long a good answer takes, milliseconds.</summary>
    [JsonStringEnumMemberName("latency")] Latency,

    /// <summary>Failures of successes and failures, 0 to 1.</summary>
    [JsonStringEnumMemberName("error_rate")] ErrorRate,

    /// <summary>What users think of answers, -1 to 1.</summary>
    [JsonStringEnumMemberName("feedback")] Feedback,
}

/// <summary>Which way is better.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BetterWhen>))]
public enum BetterWhen
{
    /// <summary>Less.</summary>
    [JsonStringEnumMemberName("lower")] Lower,

    /// <summary>More.</summary>
    [JsonStringEnumMemberName("higher")] Higher,
}

/// <summary>One of the ways that are compared.</summary>
/// <param name="Name">1 to 40 of a-z, 0-9, hyphen and underscore; stands in usage events.</param>
/// <param name="Weight">Its part of the calls, by the sum of all; 1 to 1000.</param>
/// <param name="Model">The model that serves it, by the name callers use; null where a chain does.</param>
/// <param name="Chain">The chain that serves it, by id or name; null where a model does.</param>
/// <param name="Parameters">Members of the request it sets, such as <c>temperature</c>; null for none.</param>
public sealed record Variant(
    string Name, int Weight = 1, string? Model = null, string? Chain = null, IReadOnlyDictionary<string, JsonElement>? Parameters = null);

/// <summary>Whose calls are a part of it. What is absent holds for all.</summary>
/// <param name="Tags">One of these tags is on the call.</param>
/// <param name="Teams">One of these wallets pays for it.</param>
/// <param name="Percentage">So many of a hundred key values, above 0.</param>
public sealed record Audience(IReadOnlyList<string>? Tags = null, IReadOnlyList<string>? Teams = null, double Percentage = 100);

/// <summary>The smallest difference that matters; one of the two.</summary>
/// <param name="Absolute">In the unit of the metric.</param>
/// <param name="Relative">As a part of the control's figure.</param>
public sealed record MinimumEffect(double? Absolute = null, double? Relative = null)
{
    /// <summary>The difference it is beside a control's figure.</summary>
    public double Of(double control) => Absolute ?? (Relative ?? 0) * Math.Abs(control);
}

/// <summary>What must not happen: a variant that is worse than the control by so much, beyond chance.</summary>
/// <param name="Metric">Of what.</param>
/// <param name="WorseBy">How much is too much.</param>
public sealed record GuardRail(ExperimentMetric Metric, MinimumEffect WorseBy);

/// <summary>A comparison of models or chains on calls as they come (RT-14).</summary>
public sealed record Experiment
{
    /// <summary>The level of error where nothing else is said.</summary>
    public const double DefaultAlpha = 0.05;

    /// <summary>How likely a difference that matters is to be found, where nothing else is said.</summary>
    public const double DefaultPower = 0.8;

    /// <summary>Calls of each variant before anything is decided, where nothing else is said.</summary>
    public const int DefaultMinSamples = 100;

    /// <summary>Days it runs at most, where nothing else is said.</summary>
    public const int DefaultMaxDays = 30;

    /// <summary><c>exp_…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>The model name callers use; <c>auto</c>; or <c>auto:</c> and a category.</summary>
    public required string AppliesTo { get; init; }

    /// <summary>What stays with one variant.</summary>
    public required ExperimentKey Key { get; init; }

    /// <summary>Mixed into the drawing of lots: with another, lots are drawn anew.</summary>
    public required string Salt { get; init; }

    /// <summary>Whose calls are a part of it.</summary>
    public required Audience Audience { get; init; }

    /// <summary>2 to 10; the first is the control, which the others are compared with.</summary>
    public required IReadOnlyList<Variant> Variants { get; init; }

    /// <summary>What is compared.</summary>
    public required ExperimentMetric Metric { get; init; }

    /// <summary>Which way is better.</summary>
    public required BetterWhen Better { get; init; }

    /// <summary>How likely a difference is taken for one where there is none, at most, however often it is looked at; above 0 and below 0.5.</summary>
    public required double Alpha { get; init; }

    /// <summary>How likely a difference that matters is to be found by the samples that are said to be needed; 0.5 and more, below 1.</summary>
    public required double Power { get; init; }

    /// <summary>The smallest difference that matters.</summary>
    public required MinimumEffect MinimumEffect { get; init; }

    /// <summary>Samples of each variant before anything is decided.</summary>
    public required int MinSamples { get; init; }

    /// <summary>Days it runs at most.</summary>
    public required int MaxDays { get; init; }

    /// <summary>Whether what wins beyond chance takes all calls by itself.</summary>
    public required bool AutoPromote { get; init; }

    /// <summary>What stops it.</summary>
    public required IReadOnlyList<GuardRail> GuardRails { get; init; }

    /// <summary>Which way is better of a metric by nature.</summary>
    public static BetterWhen NaturalDirection(ExperimentMetric metric) => metric == ExperimentMetric.Feedback ? BetterWhen.Higher : BetterWhen.Lower;

    /// <summary>Whether feedback decides about anything.</summary>
    public bool NeedsFeedback => Metric == ExperimentMetric.Feedback || GuardRails.Any(static g => g.Metric == ExperimentMetric.Feedback);
}
