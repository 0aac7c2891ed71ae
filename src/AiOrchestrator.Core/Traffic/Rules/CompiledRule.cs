using System.Text;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>A member of a request's body that a rule sets.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Json">Its value: a number, a string, true or false, as UTF-8.</param>
internal sealed record RuleParameter(string Name, ReadOnlyMemory<byte> Json);

/// <summary>A rule, ready for calls. Immutable.</summary>
internal sealed class CompiledRule
{
    private readonly ConditionNode? _conditions;

    /// <summary>Makes a stored rule ready.</summary>
    /// <param name="stored">The rule.</param>
    /// <param name="conditions">What it asks of a call; null: nothing.</param>
    public CompiledRule(StoredRule stored, ConditionNode? conditions)
    {
        (Id, Name, Priority, IsEnabled, IsSystem, Action) = (stored.Id, stored.Name, stored.Priority, stored.Enabled, stored.IsSystem, stored.Action);
        IsAsShipped = stored.IsAsShipped;
        _conditions = conditions;
        Reason = $"rule:{Id}";
        Marks = Action.Mark is { Count: > 0 } marks ? string.Join(',', marks) : null;
        Models = Action.Use is { Model: { } model } use ? [new ChainEntry(model), .. (use.Fallback ?? []).Select(static m => new ChainEntry(m))] : [];
        Parameters = [.. (Action.Set?.Parameters ?? new Dictionary<string, System.Text.Json.JsonElement>(StringComparer.Ordinal))
            .OrderBy(static p => p.Key, StringComparer.Ordinal).Select(static p => new RuleParameter(p.Key, Encoding.UTF8.GetBytes(p.Value.GetRawText())))];
    }

    /// <summary><c>rul_…</c>, or <c>sys_…</c>.</summary>
    public string Id { get; }

    /// <summary>For people.</summary>
    public string Name { get; }

    /// <summary>Higher comes first; 0 to 1000.</summary>
    public int Priority { get; }

    /// <summary>Whether calls are compared with it.</summary>
    public bool IsEnabled { get; }

    /// <summary>Whether it ships, or stands in the place of one that does.</summary>
    public bool IsSystem { get; }

    /// <summary>Whether it is one that ships, as it ships.</summary>
    public bool IsAsShipped { get; }

    /// <summary>What it does.</summary>
    public RuleAction Action { get; }

    /// <summary>What decided, in a word: <c>rule:</c> and the id.</summary>
    public string Reason { get; }

    /// <summary>The tags it marks a call with, joined by commas; null for none.</summary>
    public string? Marks { get; }

    /// <summary>The model of <see cref="RuleAction.Use"/> and what stands in for it, in order; empty where it names a chain, or nothing.</summary>
    public IReadOnlyList<ChainEntry> Models { get; }

    /// <summary>The members that are set, in order of name; the bounds on the output are in <see cref="RuleAction.Set"/>.</summary>
    public IReadOnlyList<RuleParameter> Parameters { get; }

    /// <summary>
    /// Who is to serve a call that meets the rule; null where the rule does not say, or the caller's own word stands. What ships guesses by words: a category
    /// the caller names is better known.
    /// </summary>
    public RuleUse? UseFor(CallFacts facts) =>
        (facts.IsAutomatic || Action.ReplacesExplicit) && !facts.IsQuestion && !(IsAsShipped && facts.CategoryAsked is not null) ? Action.Use : null;

    /// <summary>Whether it would do anything with a call: one that only says who serves does nothing where the caller has said so.</summary>
    public bool ActsOn(CallFacts facts) => Action.Use is null || UseFor(facts) is not null || Action.Set is not null || Action.Mark is not null;

    /// <summary>Whether a call meets the conditions.</summary>
    public bool Holds(ref Matching call) => _conditions is null || _conditions.Holds(ref call);

    /// <summary>Whether it takes a call, and why, for whoever asks.</summary>
    public RuleStep Explain(ref Matching call)
    {
        if (!IsEnabled)
        {
            return Step(RuleOutcome.Disabled, "it is disabled");
        }

        if (!ActsOn(call.Facts))
        {
            return Step(RuleOutcome.NotForExplicit, NotFor(call.Facts));
        }

        if (_conditions is null)
        {
            return Step(RuleOutcome.Matched, "it has no conditions");
        }

        var undecided = new List<string>();
        call.Undecided = undecided;
        var holds = _conditions.Holds(ref call);
        call.Undecided = null;
        var unmet = _conditions.Explain(ref call);
        return holds
            ? Step(RuleOutcome.Matched, "all its conditions hold") with { Undecided = undecided }
            : Step(RuleOutcome.NotMatched, unmet.Why) with { Condition = unmet.Path, Undecided = undecided };
    }

    /// <summary>What is told of a rule after the one that takes the call.</summary>
    public RuleStep NotReached(CompiledRule before) => IsEnabled
        ? Step(RuleOutcome.NotReached, $"the rule '{before.Id}' took the call before it")
        : Step(RuleOutcome.Disabled, "it is disabled");

    private static string NotFor(CallFacts facts) => facts.CategoryAsked is { } category
        ? $"the caller named the category '{category.Word()}', and a rule that ships does not replace that"
        : $"the caller named the model '{facts.Model}', and the rule does not replace that";

    private RuleStep Step(RuleOutcome outcome, string why) => new(Id, Name, Priority, IsSystem, outcome, null, why, []);
}
