using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Categories;

/// <summary>What serves a category.</summary>
/// <param name="Entries">The models, in order, each once.</param>
/// <param name="Chain">The chain they are of, with its way to choose; null where they stand for themselves, and the first comes first.</param>
/// <param name="IsOwn">Whether the organisation has put it there.</param>
internal readonly record struct CategoryChain(IReadOnlyList<ChainEntry> Entries, Chain? Chain, bool IsOwn);

/// <summary>Which models serve which category, per organisation (RT-09).</summary>
internal sealed class CategoryTable(PartDirectory<StoredCategory, CategorySet> categories, PartDirectory<StoredChain, ChainSet> chains)
{
    /// <summary>
    /// What serves a category: the organisation's own entries or chain, else what ships. A chain that was deleted since brings back what ships. Does not allocate
    /// for an organisation that is known.
    /// </summary>
    public CategoryChain For(string organisationId, TaskCategory category) => categories.For(organisationId).Own(category) switch
    {
        { Entries: { } entries } => new CategoryChain(entries, null, IsOwn: true),
        { Chain: { } name } when chains.For(organisationId).Find(name) is { } chain => new CategoryChain(chain.Entries, chain, IsOwn: true),
        _ => new CategoryChain(ShippedCategories.For(category), null, IsOwn: false),
    };
}
