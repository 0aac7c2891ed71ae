using System.Text.Json;
using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>What a rule does with a call that meets its conditions: it sends it somewhere or refuses it, or neither; it sets members and marks.</summary>
public sealed record RuleAction
{
    /// <summary>Who serves it. Acts where the caller leaves the choice to the gateway, elsewhere only with <see cref="ReplacesExplicit"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RuleUse? Use { get; init; }

    /// <summary>Members of the request that are set; not together with <see cref="Deny"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RuleSettings? Set { get; init; }

    /// <summary>Refuses it; not together with <see cref="Use"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RuleDenial? Deny { get; init; }

    /// <summary>Tags that the decision is marked with, in small letters; 1 to 10.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Mark { get; init; }

    /// <summary>Whether <see cref="Use"/> acts although the caller named a model.</summary>
    public bool ReplacesExplicit { get; init; }
}

/// <summary>Who serves a call: a chain, or a model and what stands in for it.</summary>
public sealed record RuleUse
{
    /// <summary>The id or name of a chain; null: <see cref="Model"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Chain { get; init; }

    /// <summary>A model by the name callers use; null: <see cref="Chain"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Model { get; init; }

    /// <summary>Models tried after it, in order; at most 10.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Fallback { get; init; }
}

/// <summary>What a rule sets of a request; at least one member.</summary>
public sealed record RuleSettings
{
    /// <summary>The most output tokens a caller gets, whatever was asked for; 1 to 10000000.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? MaxTokensCap { get; init; }

    /// <summary>The bound on output tokens where the caller set none; 1 to 10000000.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? MaxTokensDefault { get; init; }

    /// <summary>Other members of the request's body, by name: numbers, strings, true or false; at most 20. They take the place of the caller's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, JsonElement>? Parameters { get; init; }
}

/// <summary>Refuses a call.</summary>
/// <param name="Message">What the caller is told; 1 to 500 characters.</param>
public sealed record RuleDenial(string Message);
