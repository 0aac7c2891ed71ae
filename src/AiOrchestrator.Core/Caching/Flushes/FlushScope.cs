namespace AiOrchestrator.Core.Caching.Flushes;

/// <summary>Which answers of an organisation are meant: all of them, those of a namespace, of a model, or one.</summary>
/// <param name="Namespace">The namespace; null for all.</param>
/// <param name="Key">The one in the namespace; null for all in it.</param>
/// <param name="Model">The model that answered; null for all.</param>
internal sealed record FlushScope(string? Namespace, string? Key, string? Model)
{
    /// <summary>All of the organisation.</summary>
    public static FlushScope All { get; } = new(null, null, null);

    /// <summary>All of a namespace.</summary>
    public static FlushScope OfNamespace(string @namespace) => new(@namespace, null, null);

    /// <summary>One.</summary>
    public static FlushScope OfKey(string @namespace, string key) => new(@namespace, key, null);

    /// <summary>All that a model answered.</summary>
    public static FlushScope OfModel(string model) => new(null, null, model);

    /// <summary>Whether what is meant by another is meant by this too.</summary>
    public bool Includes(FlushScope other) =>
        (Namespace is null || Namespace == other.Namespace) && (Key is null || Key == other.Key) && (Model is null || Model == other.Model);
}
