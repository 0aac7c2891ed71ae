using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Providers.Registry;

/// <summary>
/// A model by the name callers use, or used: who serves it, how far it is in its life, what it can do and what takes its place. Immutable; what it
/// is at a time it is asked.
/// </summary>
public sealed class KnownModel
{
    /// <summary>The name.</summary>
    public required string Id { get; init; }

    /// <summary>Who serves it, in order of priority; empty where nobody does.</summary>
    public IReadOnlyList<Route> Routes { get; init; } = [];

    /// <summary>Its dates: as long as one route lives it does.</summary>
    public required Lifecycle Life { get; init; }

    /// <summary>What it can do, whichever route serves it.</summary>
    public required ModelCapabilities Capabilities { get; init; }

    /// <summary>What it could do without the organisation's word.</summary>
    internal ModelCapabilities OthersCapabilities { get; init; }

    /// <summary>What it is called for; null where that is not known of a model nobody serves.</summary>
    public ModelKind? Kind { get; init; }

    /// <summary>What the registry says of it; null for nothing.</summary>
    public RegistryEntry? Entry { get; init; }

    /// <summary>Other names for it.</summary>
    public IReadOnlyList<string> Aliases { get; internal set; } = [];

    /// <summary>Whose word the dates are: <c>own</c>, <c>registry</c>, or null where there are none.</summary>
    public string? LifeOrigin { get; init; }

    /// <summary>Whose word the replacement is, likewise.</summary>
    public string? ReplacementOrigin { get; init; }

    /// <summary>What is to take its place, by name, the preferred first; names nobody serves included.</summary>
    public IReadOnlyList<string> Replacements { get; init; } = [];

    /// <summary>What the organisation has said of it; null for nothing.</summary>
    internal StoredModel? Own { get; init; }

    /// <summary>All that may take its place, in order of preference: its replacements, theirs, and so on; itself never.</summary>
    internal KnownModel[] Successors { get; set; } = [];

    /// <summary>The line of models it belongs to; null where nobody has said.</summary>
    public string? Family => Own?.Family ?? Entry?.Family;

    /// <summary>Where it stands in it; null likewise.</summary>
    public ModelTier? Tier => Own?.Tier ?? Entry?.Tier;

    /// <summary>Whether anybody who looks wants to see it: it is in a provider's row, the organisation spoke of it, or it has ended.</summary>
    internal bool IsShownAt(long unixMs) => Routes.Count > 0 || Own is not null || Life.IsDeadAt(unixMs);

    /// <summary>Whether a call can be sent to it at a time.</summary>
    public bool IsServedAt(long unixMs)
    {
        foreach (var route in Routes)
        {
            if (!route.Life.IsDeadAt(unixMs))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether it can take the place of another at a time: it is served, called for the same, and can do all that.</summary>
    public bool CanReplace(KnownModel other, long unixMs) =>
        !ReferenceEquals(this, other) && (other.Kind is null || Kind == other.Kind) && Capabilities.Cover(other.Capabilities) && IsServedAt(unixMs);

    /// <summary>What takes its place at a time, of those that are named for it; null for nothing. Does not allocate.</summary>
    public KnownModel? SuccessorAt(long unixMs)
    {
        foreach (var successor in Successors)
        {
            if (successor.CanReplace(this, unixMs))
            {
                return successor;
            }
        }

        return null;
    }
}

/// <summary>How a name led to the model that serves a call.</summary>
public enum FoundBy
{
    /// <summary>It is its id.</summary>
    Id,

    /// <summary>It is another name for it.</summary>
    Alias,

    /// <summary>What it names is dead, and this takes its place.</summary>
    Replacement,

    /// <summary>What it names is dead, nothing takes its place, and this is the organisation's default.</summary>
    DefaultModel,
}

/// <summary>What a name leads to at a time.</summary>
/// <param name="Name">The name.</param>
/// <param name="Asked">The model it names; null where nobody knows one.</param>
/// <param name="Serving">The model that serves it, with a live route; null where none does.</param>
/// <param name="By">How it was found.</param>
public readonly record struct FoundModel(string Name, KnownModel? Asked, KnownModel? Serving, FoundBy By)
{
    /// <summary>Whether another model serves than the one that was named.</summary>
    public bool IsReplaced => By is FoundBy.Replacement or FoundBy.DefaultModel;
}
