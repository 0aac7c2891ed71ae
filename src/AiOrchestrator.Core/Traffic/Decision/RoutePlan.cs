using System.Text.Json;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Rules;

namespace AiOrchestrator.Core.Traffic.Decision;

/// <summary>Who serves a call, who is asked next, and why (RT-07).</summary>
internal sealed class RoutePlan
{
    /// <summary>Who, in the order in which they are tried; one or more.</summary>
    public required IReadOnlyList<Candidate> Candidates { get; set; }

    /// <summary>Why the first is the first: a word, or what decided and its name (<c>rule:sys_screenshot</c>). Never empty.</summary>
    public required string Reason { get; init; }

    /// <summary>Routes and repetitions tried at most.</summary>
    public int MaxAttempts { get; init; } = Chain.DefaultAttempts;

    /// <summary>Repetitions at one route.</summary>
    public int Retries { get; init; } = Chain.DefaultRetries;

    /// <summary>After so long without an answer the next is asked beside the first; milliseconds, null for never.</summary>
    public int? HedgeAfterMs { get; init; }

    /// <summary>All attempts together; milliseconds, null for the first provider's own.</summary>
    public int? TotalTimeoutMs { get; init; }

    /// <summary>The chain it came from, by name; null for none.</summary>
    public string? ChainName { get; init; }

    /// <summary>The rule that took the call, for what it sets and marks; null for none.</summary>
    public CompiledRule? Rule { get; init; }

    /// <summary>Whether the choice of the model was not the caller's.</summary>
    public bool IsChosenHere { get; init; }

    /// <summary>Whether the gateway guessed what kind of work it is: by words of rules that ship, or by its classifier.</summary>
    public bool IsGuessed { get; init; }

    /// <summary>The experiment the call is a part of; null for none.</summary>
    public string? ExperimentId { get; init; }

    /// <summary>The experiment's variant that serves it.</summary>
    public string? Variant { get; init; }

    /// <summary>Which of the experiment's groups of key values the call is in: 1 to 64; 0 for none.</summary>
    public int ExperimentCluster { get; init; }

    /// <summary>Members of the request the variant sets; null for none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? VariantParameters { get; init; }

    /// <summary>About how long until the first byte; milliseconds, 1 or more.</summary>
    public long LatencyEstimateMs { get; init; } = 1;
}
