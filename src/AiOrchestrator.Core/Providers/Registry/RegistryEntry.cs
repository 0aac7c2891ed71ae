using System.Text.Json.Serialization;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Providers.Registry;

/// <summary>Where a model stands among its provider's.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ModelTier>))]
public enum ModelTier
{
    /// <summary>The best there is.</summary>
    [JsonStringEnumMemberName("flagship")] Flagship,

    /// <summary>For most work.</summary>
    [JsonStringEnumMemberName("standard")] Standard,

    /// <summary>Fast and cheap.</summary>
    [JsonStringEnumMemberName("economy")] Economy,

    /// <summary>Not final.</summary>
    [JsonStringEnumMemberName("preview")] Preview,
}

/// <summary>What a provider lets an account do. Every figure null where its provider does not publish it: they go by account and plan.</summary>
/// <param name="RequestsPerMinute">Requests in a minute.</param>
/// <param name="RequestsPerDay">Requests in a day.</param>
/// <param name="TokensPerMinute">Tokens in a minute.</param>
/// <param name="Plan">The plan the figures are of; null where there are none.</param>
/// <param name="Source">Where they stand, or why there are none.</param>
public sealed record PublishedLimits(long? RequestsPerMinute, long? RequestsPerDay, long? TokensPerMinute, string? Plan, string? Source)
{
    /// <summary>Of a model nobody has curated.</summary>
    public static PublishedLimits Unknown { get; } = new(null, null, null, null, null);
}

/// <summary>A model of the registry (PV-26): what prices do not say of it. Immutable.</summary>
public sealed record RegistryEntry
{
    /// <summary>The price file's provider.</summary>
    public required string Provider { get; init; }

    /// <summary>The model's id as its provider spells it.</summary>
    public required string Id { get; init; }

    /// <summary>Versions and older ids of the same model.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>What it is called for.</summary>
    public ModelKind Kind { get; init; }

    /// <summary>The line of models it belongs to.</summary>
    public required string Family { get; init; }

    /// <summary>Where it stands in it.</summary>
    public required ModelTier Tier { get; init; }

    /// <summary>Lower is preferred among models of one tier; null where nobody has ranked it.</summary>
    public int? PriorityRank { get; init; }

    /// <summary>What it can do.</summary>
    public required ModelCapabilities Capabilities { get; init; }

    /// <summary>What its provider lets an account do.</summary>
    public PublishedLimits Limits { get; init; } = PublishedLimits.Unknown;

    /// <summary>Its dates on its vendor's own platform.</summary>
    public Lifecycle Lifecycle { get; init; } = Lifecycle.Unending;

    /// <summary>What takes its place, the vendor's recommendation first.</summary>
    public IReadOnlyList<string> Replacements { get; init; } = [];

    /// <summary>Where the dates and the replacement stand; null without any.</summary>
    public string? LifecycleSource { get; init; }

    /// <summary>For people; or null.</summary>
    public string? Note { get; init; }

    /// <summary>Its multiplier in the shipped table of plans; null where it does not stand in it, and is charged once.</summary>
    public string? MultiplierClass { get; init; }
}
