using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Metering.Pricing;

/// <summary>
/// All that decides what an organisation's calls cost, at one moment: its own prices, its word on models without one, its plan. Immutable; an
/// exchange pins one. What was decided for a model is remembered, so asking again allocates nothing.
/// </summary>
public sealed class PriceBook
{
    // By the object that a row serves, and only as long as that lives: rows are read anew all the time.
    private readonly ConditionalWeakTable<PriceSubject, PriceChain> _chains = [];
    private readonly PriceOverride[] _overrides;

    /// <summary>A book.</summary>
    /// <param name="organisationId">Whose calls.</param>
    /// <param name="overrides">Its own prices, past and future ones included, in any order.</param>
    /// <param name="policy">Its word on models without a price.</param>
    /// <param name="plan">Its plan.</param>
    public PriceBook(string organisationId, IEnumerable<PriceOverride> overrides, PricePolicy policy, PricePlan plan)
    {
        OrganisationId = organisationId;
        _overrides = [.. overrides];
        Array.Sort(_overrides, PriceOverride.Compare);
        Policy = policy;
        Plan = plan;
    }

    /// <summary>Whose calls.</summary>
    public string OrganisationId { get; }

    /// <summary>What becomes of models without a price.</summary>
    public PricePolicy Policy { get; }

    /// <summary>What is charged of the list price.</summary>
    public PricePlan Plan { get; }

    /// <summary>The price of a model for a call that starts at a time; null where there is none: such a call must not be sent.</summary>
    public PinnedPrice? Find(PriceSubject subject, DateTimeOffset at) =>
        (_chains.TryGetValue(subject, out var chain) ? chain : Remember(subject)).Find(at);

    /// <summary>All prices that may be a model's, and which of them is charged and why; in the order in which they are asked.</summary>
    public IReadOnlyList<PriceCandidate> Explain(PriceSubject subject, DateTimeOffset at) =>
        PriceExplanation.Of(subject, Array.FindAll(_overrides, o => o.IsFor(subject)), Policy, at);

    private PriceChain Remember(PriceSubject subject) => _chains.GetValue(
        subject,
        s => new PriceChain(s, Array.FindAll(_overrides, o => o.IsFor(s)), Policy.EntryFor(s.Entry.Kind), Plan.Of(s)));
}
