using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>The body of <c>POST</c> and <c>PUT</c> under <c>/control/v1/routes</c>. For a rule that ships, what is absent is as it ships.</summary>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="Action">What the rule does.</param>
/// <param name="Description">Why it is there; at most 1000 characters.</param>
/// <param name="Priority">0 to 1000; 50 when absent. Higher comes first; of equals the one whose id comes first.</param>
/// <param name="Enabled">True when absent.</param>
/// <param name="Scope"><c>organisation</c>; of a rule that ships <c>installation</c>. May be absent.</param>
/// <param name="Conditions">What the rule asks of a call; absent: it takes every call.</param>
public sealed record RuleRequest(
    string Name,
    RuleAction Action,
    string? Description = null,
    int? Priority = null,
    bool? Enabled = null,
    string? Scope = null,
    RuleCondition? Conditions = null);

/// <summary>A rule as the control API shows it.</summary>
/// <param name="Id"><c>rul_…</c>, or <c>sys_…</c>.</param>
/// <param name="Name">For people.</param>
/// <param name="Description">Why it is there, or null.</param>
/// <param name="Scope"><c>organisation</c>, or <c>installation</c> of one that ships.</param>
/// <param name="IsSystem">Whether it ships: then it can be disabled and overridden, not deleted.</param>
/// <param name="IsOverridden">Whether it stands in the place of one that ships; <c>DELETE</c> brings that back.</param>
/// <param name="Priority">Higher comes first.</param>
/// <param name="Enabled">Whether calls are compared with it.</param>
/// <param name="Conditions">What it asks of a call; null: nothing.</param>
/// <param name="Action">What it does.</param>
/// <param name="CreatedBy">The principal that made it; <c>system</c> for what ships.</param>
/// <param name="CreatedAt">RFC 3339; null for what ships.</param>
/// <param name="UpdatedAt">RFC 3339; null for what ships.</param>
public sealed record RuleView(
    string Id,
    string Name,
    string? Description,
    string Scope,
    bool IsSystem,
    bool IsOverridden,
    int Priority,
    bool Enabled,
    RuleCondition? Conditions,
    RuleAction Action,
    string CreatedBy,
    string? CreatedAt,
    string? UpdatedAt)
{
    internal static RuleView Of(StoredRule rule) => new(
        rule.Id,
        rule.Name,
        rule.Description,
        ScopeOf(rule.IsSystem),
        rule.IsSystem,
        rule.IsSystem && !rule.IsAsShipped,
        rule.Priority,
        rule.Enabled,
        rule.Conditions,
        rule.Action,
        rule.CreatedBy,
        Moment(rule.CreatedUnixMs),
        Moment(rule.UpdatedUnixMs));

    /// <summary>The word for who made a rule.</summary>
    internal static string ScopeOf(bool isSystem) => isSystem ? "installation" : "organisation";

    private static string? Moment(long unixMs) => unixMs == 0 ? null : Rfc3339.Format(unixMs);
}
