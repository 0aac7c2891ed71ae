using System.Collections.Frozen;

namespace AiOrchestrator.Core.Metering.Pricing;

/// <summary>The price book of every organisation, as calls find it now.</summary>
/// <remarks>Safe for concurrent use: readers see one immutable table; whoever changes it takes turns of his own.</remarks>
public sealed class PriceBooks
{
    private volatile FrozenDictionary<string, PriceBook> _books = FrozenDictionary<string, PriceBook>.Empty;

    /// <summary>All books, in no order.</summary>
    public IReadOnlyCollection<PriceBook> All => _books.Values;

    /// <summary>An organisation's book. One that nothing is known of has no prices of its own: the catalogue's hold, and a model without one is refused.</summary>
    public PriceBook For(string organisationId) => _books.TryGetValue(organisationId, out var book) ? book : Plain(organisationId);

    /// <summary>Puts other books in the place of all.</summary>
    internal void Use(IEnumerable<PriceBook> books) => _books = books.ToFrozenDictionary(static b => b.OrganisationId, StringComparer.Ordinal);

    /// <summary>Puts one book in its place.</summary>
    internal void Put(PriceBook book) => Use([.. _books.Values.Where(b => b.OrganisationId != book.OrganisationId), book]);

    private static PriceBook Plain(string organisationId) => new(organisationId, [], PricePolicy.Default, PricePlan.None);
}
