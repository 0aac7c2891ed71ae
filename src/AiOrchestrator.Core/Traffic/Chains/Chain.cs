using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Traffic.Chains;

/// <summary>How the first of several routes is chosen, and what comes after it (RT-03).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Strategy>))]
public enum Strategy
{
    /// <summary>As they stand.</summary>
    [JsonStringEnumMemberName("priority")] Priority,

    /// <summary>By chance, in the proportion of their weights.</summary>
    [JsonStringEnumMemberName("weighted")] Weighted,

    /// <summary>One after another, in the proportion of their weights.</summary>
    [JsonStringEnumMemberName("round_robin")] RoundRobin,

    /// <summary>The one that answers soonest.</summary>
    [JsonStringEnumMemberName("least_latency")] LeastLatency,

    /// <summary>Of two by chance the one with fewer calls under way.</summary>
    [JsonStringEnumMemberName("two_choices")] TwoChoices,

    /// <summary>The cheapest for this call of those that meet the terms of service.</summary>
    [JsonStringEnumMemberName("cheapest")] Cheapest,
}

/// <summary>A model of a chain.</summary>
/// <param name="Model">The name callers use; what takes its place when it has ended takes its place here.</param>
/// <param name="Provider">The provider that is to serve it; null for whichever does.</param>
/// <param name="Weight">Its part where parts count; 1 to 1000.</param>
public sealed record ChainEntry(string Model, string? Provider = null, int Weight = 1);

/// <summary>What is expected of a route that is chosen for its price.</summary>
/// <param name="MaxLatencyMs">Until its first byte, of 19 calls in 20; milliseconds, null for no bound.</param>
/// <param name="MinAvailability">Good answers by all, 0 to 1; null for no bound.</param>
public sealed record ServiceTerms(int? MaxLatencyMs = null, double? MinAvailability = null);

/// <summary>Several models in an order, and how they are tried (RT-04).</summary>
/// <param name="Id"><c>chn_…</c>, or the name of one that ships.</param>
/// <param name="Name">What rules and callers may call it.</param>
/// <param name="Strategy">Which comes first.</param>
/// <param name="Entries">The models.</param>
/// <param name="MaxAttempts">Routes and repetitions tried at most; 1 to 10.</param>
/// <param name="Retries">Repetitions at one route; 0 to 3.</param>
/// <param name="HedgeAfterMs">After so long without an answer the next is asked beside it; milliseconds, null for never.</param>
/// <param name="TotalTimeoutMs">All attempts together; milliseconds, null for the first provider's own.</param>
/// <param name="Terms">For <see cref="Chains.Strategy.Cheapest"/>; null for none.</param>
/// <param name="Takes">Names of models whose calls it takes: those of the chain are declared to be as good (RT-15), or to stand in for them.</param>
public sealed record Chain(
    string Id,
    string Name,
    Strategy Strategy,
    IReadOnlyList<ChainEntry> Entries,
    int MaxAttempts = Chain.DefaultAttempts,
    int Retries = Chain.DefaultRetries,
    int? HedgeAfterMs = null,
    int? TotalTimeoutMs = null,
    ServiceTerms? Terms = null,
    IReadOnlyList<string>? Takes = null)
{
    /// <summary>Attempts where nothing else is said.</summary>
    public const int DefaultAttempts = 4;

    /// <summary>Repetitions at one route where nothing else is said.</summary>
    public const int DefaultRetries = 1;

    /// <summary>What a model's name is preceded by that is a chain's.</summary>
    public const string ModelPrefix = "chain:";
}
