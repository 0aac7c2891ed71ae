using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>What became of a rule when a call was compared with it, in the order in which that is decided.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RuleOutcome>))]
public enum RuleOutcome
{
    /// <summary>It is disabled.</summary>
    [JsonStringEnumMemberName("disabled")] Disabled,

    /// <summary>A rule before it took the call.</summary>
    [JsonStringEnumMemberName("not_reached")] NotReached,

    /// <summary>It only says who serves, and the caller has named a model.</summary>
    [JsonStringEnumMemberName("not_for_explicit")] NotForExplicit,

    /// <summary>A condition does not hold.</summary>
    [JsonStringEnumMemberName("not_matched")] NotMatched,

    /// <summary>It takes the call.</summary>
    [JsonStringEnumMemberName("matched")] Matched,
}

/// <summary>A rule that was considered.</summary>
/// <param name="Id">Which.</param>
/// <param name="Name">For people.</param>
/// <param name="Priority">Its priority.</param>
/// <param name="IsSystem">Whether it ships.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Condition">The condition that did not hold first, as requests have it (<c>conditions.all[0].model</c>); null where that was not it.</param>
/// <param name="Why">Why, in words; never empty.</param>
/// <param name="Undecided">Conditions that were looked at and ask for what is not known of the call; they count as not holding.</param>
public sealed record RuleStep(
    string Id, string Name, int Priority, bool IsSystem, RuleOutcome Outcome, string? Condition, string Why, IReadOnlyList<string> Undecided);

/// <summary>Takes down every rule that is considered, in order. Only for those who asked.</summary>
internal sealed class RuleTrace
{
    private readonly List<RuleStep> _steps = [];

    /// <summary>All rules, in the order in which they are considered.</summary>
    public IReadOnlyList<RuleStep> Steps => _steps;

    /// <summary>Notes one.</summary>
    public void Add(RuleStep step) => _steps.Add(step);
}
