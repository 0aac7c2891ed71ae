using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Assignments;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Traffic.Rules;

namespace AiOrchestrator.Core.Traffic.Decision;

/// <summary>
/// Chooses the models a call goes to. The first of these that says something decides: an assignment that goes before everything else; an experiment; a rule;
/// where the choice is left to the gateway (<c>auto</c>) an assignment of the kind of work, then the chain of its category, behind which the defaults stand; else
/// the model, chain or declared equivalent the caller named. A rule refuses, sets and marks whoever decides. An explicit model is replaced by nothing but an
/// override, an experiment with it, a rule that says so, or a chain that takes its calls (RT-16).
/// </summary>
internal static class ChooseTarget
{
    /// <summary>The reason where the caller's word decided.</summary>
    public const string ByPriority = "priority";

    /// <summary>Chooses.</summary>
    /// <param name="request">The call.</param>
    /// <param name="terms">What the organisation has said.</param>
    /// <param name="target">The models when null is returned.</param>
    /// <param name="trace">Takes down what was looked at.</param>
    public static ApiFailure? Run(in DecisionRequest request, in CallTerms terms, out Target? target, DecisionTrace? trace)
    {
        var facts = request.Facts;
        target = null;
        var rule = terms.Rules.Match(facts, trace?.Rules, terms.Preferences.CustomRulesOnly);
        if (rule?.Action.Deny is { } denial)
        {
            return new DeniedByRule(rule.Id, denial.Message);
        }

        var failure = Overridden(facts, terms, ref target) ? null
            : Tried(facts, terms, ref target) ? null
            : Ruled(facts, terms, rule, ref target) ? null
            : facts.IsAutomatic ? Classified(request, terms, out target)
            : Named(facts, terms, out target);
        if (target is not null && rule is not null)
        {
            target = target with { Rule = rule };
        }

        return failure;
    }

    private static bool Overridden(CallFacts facts, in CallTerms terms, ref Target? target)
    {
        if (!terms.Assignments.HasAny(overrides: true) || terms.Assignments.Find(facts, CategoryOf(facts), overrides: true) is not { } assignment)
        {
            return false;
        }

        target = OfAssignment(assignment);
        return true;
    }

    private static bool Tried(CallFacts facts, in CallTerms terms, ref Target? target)
    {
        if (terms.Experiments.IsEmpty || terms.Experiments.Assign(facts) is not { } trial)
        {
            return false;
        }

        var (id, variant) = (trial.ExperimentId, trial.Variant);
        var reason = $"experiment:{id}/{variant.Name}";
        var chosen = variant.Chain is { } chain && terms.Chains.Find(chain) is { } known ? OfChain(known, reason)
            : variant.Model is { } model ? new Target([new ChainEntry(model)], reason) { IsChosenHere = true }
            : null;
        if (chosen is null)
        {
            // Its chain was deleted since: the experiment touches nobody.
            return false;
        }

        target = chosen with
        {
            ExperimentId = trial.IsRunning ? id : null,
            Variant = trial.IsRunning ? variant.Name : null,
            ExperimentCluster = trial.Cluster,
            VariantParameters = variant.Parameters,
        };
        return true;
    }

    private static bool Ruled(CallFacts facts, in CallTerms terms, CompiledRule? rule, ref Target? target)
    {
        // What ships guesses by words; a category the caller names is better known.
        if (rule?.UseFor(facts) is not { } use || (rule.IsSystem && facts.CategoryAsked is not null))
        {
            return false;
        }

        if (use.Chain is not { } name)
        {
            target = new Target(rule.Models, rule.Reason) { IsChosenHere = true };
            return true;
        }

        // A rule whose chain was deleted since chooses nothing.
        target = terms.Chains.Find(name) is { } chain ? OfChain(chain, rule.Reason) : null;
        return target is not null;
    }

    private static ApiFailure? Classified(in DecisionRequest request, in CallTerms terms, out Target? target)
    {
        var facts = request.Facts;
        var category = CategoryOf(facts);
        if (terms.Assignments.HasAny(overrides: false) && terms.Assignments.Find(facts, category, overrides: false) is { } assignment)
        {
            target = OfAssignment(assignment);
            return null;
        }

        var chain = terms.Categories.For(facts.OrganisationId, category);
        var entries = new List<ChainEntry>(chain.Entries);
        Append(entries, terms.Preferences.DefaultModel);
        Append(entries, request.Models.Default?.Id);
        target = new Target(entries, $"category:{category.Word()}") { Chain = chain.Chain, IsChosenHere = true };
        return null;
    }

    private static ApiFailure? Named(CallFacts facts, in CallTerms terms, out Target? target)
    {
        target = null;
        if (facts.Model.StartsWith(Chain.ModelPrefix, StringComparison.Ordinal))
        {
            if (terms.Chains.Find(facts.Model[Chain.ModelPrefix.Length..]) is not { } chain)
            {
                return new ModelNotFound(facts.Model);
            }

            target = OfChain(chain, $"chain:{chain.Name}");
            return null;
        }

        target = terms.Chains.Taking(facts.Model) is { } taking
            ? OfChain(taking, $"chain:{taking.Name}")
            : new Target([new ChainEntry(facts.Model)], ByPriority);
        return null;
    }

    /// <summary>What the caller says it is, else what it looks like.</summary>
    private static TaskCategory CategoryOf(CallFacts facts) => facts.CategoryAsked ?? facts.Classification.Category;

    private static Target OfChain(Chain chain, string reason) => new(chain.Entries, reason) { Chain = chain, IsChosenHere = true };

    private static Target OfAssignment(Assignment assignment) =>
        new([.. assignment.Models.Select(static m => new ChainEntry(m))], $"assignment:{assignment.Id}") { IsChosenHere = true, Assignment = assignment };

    private static void Append(List<ChainEntry> entries, string? model)
    {
        if (model is not null && !entries.Exists(e => e.Model == model && e.Provider is null))
        {
            entries.Add(new ChainEntry(model));
        }
    }
}
