using AiOrchestrator.Core.Traffic.Assignments;
using AiOrchestrator.Core.Traffic.Categories;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Experiments;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Traffic.Preferences;
using AiOrchestrator.Core.Traffic.Regions;
using AiOrchestrator.Core.Traffic.Rules;

namespace AiOrchestrator.Core.Traffic.Decision;

/// <summary>All that organisations have said of their traffic, as calls find it now.</summary>
internal sealed class TrafficBook(
    PartDirectory<StoredChain, ChainSet> chains,
    PartDirectory<StoredRule, RuleSet> rules,
    PartDirectory<StoredExperiment, ExperimentSet> experiments,
    PartDirectory<StoredPreference, PreferenceSet> preferences,
    PartDirectory<StoredAssignment, AssignmentSet> assignments,
    PartDirectory<StoredRegionPolicy, RegionPolicy> regions,
    CategoryTable categories)
{
    /// <summary>What an organisation has said that a call is decided by.</summary>
    public CallTerms For(CallFacts facts)
    {
        var id = facts.OrganisationId;
        return new CallTerms(
            chains.For(id), rules.For(id), experiments.For(id), preferences.For(id).For(facts), assignments.For(id), regions.For(id), categories);
    }

    /// <summary>Where an organisation's data may be processed.</summary>
    public RegionPolicy RegionsOf(string organisationId) => regions.For(organisationId);
}

/// <summary>What one call is decided by.</summary>
internal readonly record struct CallTerms(
    ChainSet Chains,
    RuleSet Rules,
    ExperimentSet Experiments,
    EffectivePreferences Preferences,
    AssignmentSet Assignments,
    RegionPolicy Regions,
    CategoryTable Categories);
