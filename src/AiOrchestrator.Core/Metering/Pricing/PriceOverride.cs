using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Metering.Pricing;

/// <summary>An organisation's own price of a model, from a day until a day. Immutable.</summary>
/// <param name="Id"><c>price_…</c>.</param>
/// <param name="Provider">The provider's row it is for; null: whichever serves the model.</param>
/// <param name="Model">A model's name, or a pattern in which <c>*</c> stands for any characters.</param>
/// <param name="Kind">What models it is for: a chat model's price says nothing of what an embedding costs.</param>
/// <param name="StartsUnixMs">From when on it is charged by: the first day, but not before it was made; milliseconds since 1970.</param>
/// <param name="EndsUnixMs">Until when, exclusive; <see cref="long.MaxValue"/> where no end is known.</param>
/// <param name="Entry">The price; null where what is stored cannot be read any more: then what it is for is not called.</param>
public sealed record PriceOverride(
    string Id, string? Provider, string Model, ModelKind Kind, long StartsUnixMs, long EndsUnixMs, PriceEntry? Entry)
{
    /// <summary>Whether calls that start at a time are charged by it.</summary>
    public bool IsInForce(long unixMs) => unixMs >= StartsUnixMs && unixMs < EndsUnixMs;

    /// <summary>Whether it is for a model.</summary>
    public bool IsFor(PriceSubject subject) =>
        Kind == subject.Entry.Kind && (Provider is null || Provider == subject.Provider) && subject.IsCalled(Model);

    /// <summary>
    /// Which of two that are in force goes first: one that names the model before a pattern, of patterns the longer, then one that names the
    /// provider, then the one that began later, then the younger.
    /// </summary>
    internal static int Compare(PriceOverride a, PriceOverride b)
    {
        var byName = Wildcard.IsPattern(a.Model).CompareTo(Wildcard.IsPattern(b.Model));
        var byLength = byName == 0 && Wildcard.IsPattern(a.Model) ? b.Model.Length.CompareTo(a.Model.Length) : 0;
        var byProvider = (a.Provider is null).CompareTo(b.Provider is null);
        var byStart = b.StartsUnixMs.CompareTo(a.StartsUnixMs);
        return byName != 0 ? byName
            : byLength != 0 ? byLength
            : byProvider != 0 ? byProvider
            : byStart != 0 ? byStart
            : string.CompareOrdinal(b.Id, a.Id);
    }
}
