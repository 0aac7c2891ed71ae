using System.Text.Json.Serialization;
using AiOrchestrator.Core.Traffic.Configuration;

namespace AiOrchestrator.Core.Traffic.Preferences;

/// <summary>What is wanted of whoever serves a call, where several could.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Prefer>))]
public enum Prefer
{
    /// <summary>Nothing.</summary>
    [JsonStringEnumMemberName("none")] None,

    /// <summary>That it answers soon.</summary>
    [JsonStringEnumMemberName("speed")] Speed,

    /// <summary>That it costs little.</summary>
    [JsonStringEnumMemberName("cost")] Cost,

    /// <summary>That it can look at images.</summary>
    [JsonStringEnumMemberName("vision")] Vision,
}

/// <summary>What is said of the calls of an organisation, a team or a user (RT-12); null: nothing is said.</summary>
/// <param name="Level">Whose calls.</param>
/// <param name="Subject">By id.</param>
public sealed record Preference(Level Level, string Subject)
{
    /// <summary>Providers that are tried first, in order.</summary>
    public IReadOnlyList<string>? PreferredProviders { get; init; }

    /// <summary>Providers that are not used.</summary>
    public IReadOnlyList<string>? AvoidedProviders { get; init; }

    /// <summary>Providers that may not be used.</summary>
    public IReadOnlyList<string>? BlockedProviders { get; init; }

    /// <summary>Models that may be used, no others.</summary>
    public IReadOnlyList<string>? AllowedModels { get; init; }

    /// <summary>Models that may not be used.</summary>
    public IReadOnlyList<string>? BlockedModels { get; init; }

    /// <summary>Families of models that may not be used.</summary>
    public IReadOnlyList<string>? BlockedFamilies { get; init; }

    /// <summary>What is wanted where several could serve.</summary>
    public Prefer? Prefer { get; init; }

    /// <summary>Whether the rules that ship are left out.</summary>
    public bool? CustomRulesOnly { get; init; }

    /// <summary>Whether only models are used that cost nothing.</summary>
    public bool? FreeModelsOnly { get; init; }

    /// <summary>The model of calls that leave the choice to the gateway, and that nothing else decides.</summary>
    public string? DefaultModel { get; init; }

    /// <summary>Most tokens of all calls of the subject in a day of UTC.</summary>
    public long? MaxTokensPerDay { get; init; }

    /// <summary>Most nano-dollars of all calls of the subject in a day of UTC.</summary>
    public long? MaxCostNanoUsdPerDay { get; init; }
}
