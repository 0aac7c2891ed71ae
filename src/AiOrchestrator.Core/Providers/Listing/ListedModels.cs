using System.Collections.Frozen;

namespace AiOrchestrator.Core.Providers.Listing;

/// <summary>The models a provider lists, by the names it knows.</summary>
internal sealed class ListedModels
{
    /// <summary>Google writes them as names of resources, and takes them without this as well.</summary>
    private const string ResourcePrefix = "models/";

    private readonly FrozenSet<string> _names;

    /// <summary>Keeps each name once, in ordinal order.</summary>
    /// <param name="names">As the provider writes them.</param>
    public ListedModels(IEnumerable<string> names)
    {
        Ids = [.. names.Select(static n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal) ? n[ResourcePrefix.Length..] : n)
            .Where(static n => n.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

        // Others put a path or a maker in front that calls may leave out.
        _names = Ids.Concat(Ids.Select(static n => n[(n.LastIndexOf('/') + 1)..])).ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>The names.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <summary>Whether a model is among them, by the name calls use upstream.</summary>
    /// <param name="upstreamId">The name.</param>
    public bool Has(string upstreamId)
    {
        if (_names.Contains(upstreamId))
        {
            return true;
        }

        // AWS: a profile over several regions is called as its model with the regions' name in front; what an ARN names is not in the list of models.
        var dot = upstreamId.IndexOf('.', StringComparison.Ordinal);
        return upstreamId.StartsWith("arn:", StringComparison.Ordinal) || (dot > 0 && upstreamId.IndexOf('.', dot + 1) > 0 && _names.Contains(upstreamId[(dot + 1)..]));
    }
}
