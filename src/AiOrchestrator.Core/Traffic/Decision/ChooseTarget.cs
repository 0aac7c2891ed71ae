using AiOrchestrator.Core.Metering;
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

    /// <summary>The reason where nothing of what was chosen could serve, and the default does.</summary>
    public const string ByDefault = "default_model";

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
            return new DeniedByRule(rule.Id, denial.Message, rule.Marks);
        }

        var failure = facts.IsQuestion ? Named(facts, terms, out target)
            : Overridden(request, terms, ref target) ? null
            : Tried(facts, terms, ref target) ? null
            : Ruled(request, terms, rule, ref target) ? null
            : facts.IsAutomatic ? Classified(request, terms, out target)
            : Named(facts, terms, out target);
        if (target is not null && rule is not null)
        {
            target = target with { Rule = rule };
        }

        return failure;
    }

    private static bool Overridden(in DecisionRequest request, in CallTerms terms, ref Target? target)
    {
        target = Assigned(request, terms, overrides: true);
        return target is not null;
    }

    /// <summary>Whether an owner has said who serves such calls, whatever else is said.</summary>
    public static bool IsOverridden(CallFacts facts, in CallTerms terms) =>
        terms.Assignments.HasAny(overrides: true) && terms.Assignments.Find(facts, CategoryOf(facts), overrides: true) is not null;

    /// <summary>What is assigned; null for nothing, or nothing that is made for such calls: embeddings are not a kind of conversation.</summary>
    private static Target? Assigned(in DecisionRequest request, in CallTerms terms, bool overrides)
    {
        var facts = request.Facts;
        if (!terms.Assignments.HasAny(overrides) || terms.Assignments.Find(facts, CategoryOf(facts), overrides) is not { } assignment)
        {
            return null;
        }

        var isOfKind = false;
        foreach (var name in assignment.Models)
        {
            var model = request.Models.Find(name, facts.UnixMs).Serving;
            isOfKind |= model is null || model.Kind == facts.Call.Traits().Kind;
        }

        return isOfKind ? OfAssignment(assignment) : null;
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

    private static bool Ruled(in DecisionRequest request, in CallTerms terms, CompiledRule? rule, ref Target? target)
    {
        if (rule?.UseFor(request.Facts) is not { } use)
        {
            return false;
        }

        // A rule whose chain was deleted since chooses nothing.
        target = use.Chain is not { } name ? new Target(rule.Models, rule.Reason) { IsChosenHere = true }
            : terms.Chains.Find(name) is { } chain ? OfChain(chain, rule.Reason)
            : null;
        if (target is not null && rule.IsAsShipped && request.Facts.IsAutomatic)
        {
            // What ships names models of five vendors, of which an installation may have none.
            target = target with { IsGuessed = true, Behind = OfCategory(request, terms, CategoryOf(request.Facts)) };
        }

        return target is not null;
    }

    private static ApiFailure? Classified(in DecisionRequest request, in CallTerms terms, out Target? target)
    {
        target = Assigned(request, terms, overrides: false) ?? OfCategory(request, terms, CategoryOf(request.Facts));
        return null;
    }

    /// <summary>What serves a category; behind it what converses, where the category draws or films and the call does not, and the defaults behind all.</summary>
    private static Target OfCategory(in DecisionRequest request, in CallTerms terms, TaskCategory category)
    {
        var facts = request.Facts;
        var chain = terms.Categories.For(facts.OrganisationId, category);
        var target = new Target(chain.Entries, $"category:{category.Word()}") { Chain = chain.Chain, IsChosenHere = true, IsGuessed = facts.CategoryAsked is null };
        if (category is TaskCategory.ImageGen or TaskCategory.VideoGen && facts.Call.Traits().Kind == ModelKind.Chat)
        {
            return target with { Behind = OfCategory(request, terms, ByComplexity(facts.Classification.Complexity)) };
        }

        var defaults = new List<ChainEntry>(2);
        Append(defaults, terms.Preferences.DefaultModel);
        Append(defaults, request.Models.Default?.Id);
        return defaults.Count == 0 ? target : target with { Behind = new Target(defaults, ByDefault) { IsChosenHere = true } };
    }

    private static TaskCategory ByComplexity(TaskComplexity complexity) => complexity switch
    {
        TaskComplexity.Low => TaskCategory.Simple,
        TaskComplexity.High => TaskCategory.Complex,
        _ => TaskCategory.Medium,
    };

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
