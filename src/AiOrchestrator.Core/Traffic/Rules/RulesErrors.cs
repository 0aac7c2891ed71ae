using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>There is no rule with this id.</summary>
public sealed record RuleNotFound() : ApiFailure(404, "invalid_request_error", "rule_not_found", "There is no routing rule with this id. GET /control/v1/routes lists them.");

/// <summary>A rule of the organisation refuses the call; nothing was sent and nothing is charged.</summary>
public sealed record DeniedByRule : ApiFailure
{
    /// <summary>Says what the rule says, and which it is.</summary>
    /// <param name="ruleId">Which.</param>
    /// <param name="message">What its author wants callers to be told.</param>
    /// <param name="marks">The tags it marks the call with, joined by commas; null for none.</param>
    public DeniedByRule(string ruleId, string message, string? marks = null)
        : base(403, "permission_error", "denied_by_rule", $"{message} (rule {ruleId})") => (MayRetry, RuleId, Marks) = (false, ruleId, marks);

    /// <summary>The rule.</summary>
    public string RuleId { get; }

    /// <summary>The tags it marks the call with, joined by commas; null for none.</summary>
    public string? Marks { get; }
}
