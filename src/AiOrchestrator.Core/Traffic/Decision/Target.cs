using System.Text.Json;
using AiOrchestrator.Core.Traffic.Assignments;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Rules;

namespace AiOrchestrator.Core.Traffic.Decision;

/// <summary>Which models a call goes to, before anybody has looked who serves them.</summary>
/// <param name="Entries">The models, in order.</param>
/// <param name="Reason">What decided it.</param>
internal sealed record Target(IReadOnlyList<ChainEntry> Entries, string Reason)
{
    /// <summary>The chain they stand in; null for none.</summary>
    public Chain? Chain { get; init; }

    /// <summary>Whose models come behind all of these, and serve where none of these can; null for nobody's.</summary>
    public Target? Behind { get; init; }

    /// <summary>Whether the choice was not the caller's: then what cannot be called is passed over, and a model must be able to do what the call needs.</summary>
    public bool IsChosenHere { get; init; }

    /// <summary>Whether the gateway guessed what kind of work it is: by words of rules that ship, or by its classifier.</summary>
    public bool IsGuessed { get; init; }

    /// <summary>The rule that took the call; null for none.</summary>
    public CompiledRule? Rule { get; init; }

    /// <summary>The assignment that bounds which models may do it; null for none.</summary>
    public Assignment? Assignment { get; init; }

    /// <summary>The experiment it is a part of; null for none.</summary>
    public string? ExperimentId { get; init; }

    /// <summary>The experiment's variant.</summary>
    public string? Variant { get; init; }

    /// <summary>Which of the experiment's groups of key values the call is in: 1 to 64; 0 for none.</summary>
    public int ExperimentCluster { get; init; }

    /// <summary>Members of the request the variant sets; null for none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? VariantParameters { get; init; }
}
