using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Metering.Pricing;

/// <summary>A model as one provider serves it, as far as its price is concerned. One object for as long as the row is served: prices are remembered by it.</summary>
/// <param name="provider">The id of the provider's row.</param>
/// <param name="model">The name callers use.</param>
/// <param name="upstreamModel">The name the provider knows.</param>
/// <param name="entry">What the row or the catalogue says; without a single price where neither has one.</param>
/// <param name="isRowsOwn">Whether the price stands in the row itself.</param>
public sealed class PriceSubject(string provider, string model, string upstreamModel, PriceEntry entry, bool isRowsOwn)
{
    /// <summary>The id of the provider's row.</summary>
    public string Provider { get; } = provider;

    /// <summary>The name callers use.</summary>
    public string Model { get; } = model;

    /// <summary>The name the provider knows.</summary>
    public string UpstreamModel { get; } = upstreamModel;

    /// <summary>What the row or the catalogue says.</summary>
    public PriceEntry Entry { get; } = entry;

    /// <summary>Whether <see cref="Entry"/> stands in the row itself.</summary>
    public bool IsRowsOwn { get; } = isRowsOwn;

    /// <summary>Whether a name or a pattern means this model: by either of its names.</summary>
    internal bool IsCalled(string nameOrPattern) => Means(nameOrPattern, Model) || IsCalledUpstream(nameOrPattern);

    /// <summary>Whether a name or a pattern means what the provider runs, whatever callers name it.</summary>
    internal bool IsCalledUpstream(string nameOrPattern) => Means(nameOrPattern, UpstreamModel);

    /// <summary>Whether a name or a pattern means a name.</summary>
    internal static bool Means(string nameOrPattern, string name) =>
        Wildcard.IsPattern(nameOrPattern) ? Wildcard.Matches(nameOrPattern, name) : nameOrPattern == name;
}
