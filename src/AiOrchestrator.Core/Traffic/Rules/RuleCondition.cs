using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>
/// What a rule asks of a call. Every member that is there must hold; a list holds for any of its values. What is not known of a call holds for nothing.
/// </summary>
public sealed record RuleCondition
{
    /// <summary>All of these; 1 to 50.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RuleCondition>? All { get; init; }

    /// <summary>At least one of these; 1 to 50.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RuleCondition>? Any { get; init; }

    /// <summary>None of these; 1 to 50.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RuleCondition>? None { get; init; }

    /// <summary>The model as the caller names it; <c>*</c> stands for any run of characters.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Model { get; init; }

    /// <summary>The kind of call: <c>chat</c>, <c>responses</c>, <c>messages</c>, <c>embeddings</c> ….</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Call { get; init; }

    /// <summary>What is asked of the model: <c>vision</c>, <c>audio_in</c>, <c>tools</c>, <c>json</c> ….</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Capability { get; init; }

    /// <summary>Whether an event stream is asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Streamed { get; init; }

    /// <summary>About how many tokens the prompt is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CountRange? PromptTokens { get; init; }

    /// <summary>How many characters the prompt has.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CharacterRange? Characters { get; init; }

    /// <summary>Words and phrases in the prompt.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public KeywordCondition? Keywords { get; init; }

    /// <summary>What the user's last turn begins with: <c>/fast</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>An expression that the prompt holds a match of.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PatternCondition? Pattern { get; init; }

    /// <summary>What is attached: <c>image</c>, <c>audio</c>, <c>video</c>, <c>document</c>, <c>code</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Attachments { get; init; }

    /// <summary>The prompt's language, ISO 639-1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Language { get; init; }

    /// <summary>What kind of work it is, as classified or as the caller named it behind <c>auto:</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Category { get; init; }

    /// <summary>How sure the classifier must be at least; 0 to 1. A category the caller named is sure.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? MinConfidence { get; init; }

    /// <summary>How much work it is: <c>LOW</c>, <c>MEDIUM</c>, <c>HIGH</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Complexity { get; init; }

    /// <summary>Tags of <c>x-tags</c>, whatever their case.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>What the caller says in <c>x-feature-id</c>; with <c>*</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? FeatureId { get; init; }

    /// <summary>Wallets, one of which pays: of a project, a team, the organisation.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Team { get; init; }

    /// <summary>The person or service behind the key, or the key; with <c>*</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? User { get; init; }

    /// <summary>The key's id; with <c>*</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Key { get; init; }

    /// <summary>The <c>user</c> of the request; with <c>*</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? EndUser { get; init; }

    /// <summary>When the call comes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimeWindow? Time { get; init; }

    /// <summary>What the call would cost at the model it names, its output bound used up.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public UsdRange? EstimatedCostUsd { get; init; }

    /// <summary>The part of its limit that the tightest wallet on the call's path still has.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BudgetRange? BudgetLeft { get; init; }

    /// <summary>Where the call comes from, as regions are named.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Region { get; init; }
}

/// <summary>A count within bounds, both included; at least one is given.</summary>
/// <param name="Min">0 to 1000000000; null for no bound.</param>
/// <param name="Max">The same.</param>
public sealed record CountRange(long? Min = null, long? Max = null);

/// <summary>The characters of a prompt within bounds, both included; at least one is given.</summary>
/// <param name="Min">0 to 131072; null for no bound.</param>
/// <param name="Max">The same.</param>
/// <param name="In">Where they are counted: <c>last_user</c>, as when absent, or <c>all</c>.</param>
public sealed record CharacterRange(long? Min = null, long? Max = null, string? In = null);

/// <summary>Words and phrases, found whole and in any case.</summary>
/// <param name="Any">At least one of these; 1 to 100.</param>
/// <param name="All">Each of these; 1 to 100.</param>
/// <param name="In">Where they are looked for: <c>last_user</c>, as when absent, or <c>all</c>.</param>
public sealed record KeywordCondition(IReadOnlyList<string>? Any = null, IReadOnlyList<string>? All = null, string? In = null);

/// <summary>A regular expression of .NET that runs in linear time: no lookaround, no backreferences.</summary>
/// <param name="Regex">1 to 500 characters; <c>(?i)</c> makes it blind to case.</param>
/// <param name="In">Where it is looked for: <c>last_user</c>, as when absent, or <c>all</c>.</param>
public sealed record PatternCondition(string Regex, string? In = null);

/// <summary>Certain hours of certain days.</summary>
/// <param name="Days"><c>mon</c> to <c>sun</c>; every day when absent.</param>
/// <param name="From">HH:mm; 00:00 when absent.</param>
/// <param name="To">HH:mm, itself not included; 24:00 when absent. Before <paramref name="From"/>: on the day after.</param>
/// <param name="Zone">The IANA name of a time zone; UTC when absent.</param>
public sealed record TimeWindow(IReadOnlyList<string>? Days = null, string? From = null, string? To = null, string? Zone = null);

/// <summary>An amount within bounds, both included; at least one is given.</summary>
/// <param name="Min">A decimal string of US dollars; null for no bound.</param>
/// <param name="Max">The same.</param>
public sealed record UsdRange(string? Min = null, string? Max = null);

/// <summary>What is left of a budget; at least one is given.</summary>
/// <param name="Below">Less than this part, 0 to 1; null for no bound.</param>
/// <param name="Above">More than this part, 0 to 1; null for no bound.</param>
public sealed record BudgetRange(double? Below = null, double? Above = null);
