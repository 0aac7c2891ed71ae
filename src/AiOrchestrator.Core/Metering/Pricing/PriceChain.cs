using System.Collections.Concurrent;

namespace AiOrchestrator.Core.Metering.Pricing;

/// <summary>Whom to ask for the price of one model, in their order, and what they answered.</summary>
internal sealed class PriceChain(PriceSubject subject, PriceOverride[] overrides, PriceEntry? lastResort, Multiplier? multiplier)
{
    // A model has few prices: its periods, its windows of the day, the organisation's own.
    private readonly ConcurrentDictionary<ModelPrice, PinnedPrice> _pinned = new();
    private PinnedPrice? _last;

    public PinnedPrice? Find(DateTimeOffset at)
    {
        if (overrides.Length > 0)
        {
            var unixMs = at.ToUnixTimeMilliseconds();
            foreach (var own in overrides)
            {
                if (own.IsInForce(unixMs))
                {
                    // One that cannot be read hides the others: whatever it said, it was not theirs.
                    return own.Entry?.PriceAt(at) is { } stated ? Pin(stated, PriceOrigin.Override, own.Id) : null;
                }
            }
        }

        if (subject.Entry.PriceAt(at) is { } price)
        {
            return Pin(price, subject.IsRowsOwn ? PriceOrigin.ProviderRow : PriceOrigin.Catalogue, null);
        }

        return lastResort?.PriceAt(at) is { } last ? Pin(last, PriceOrigin.LastResort, PinnedPrice.LastResortId) : null;
    }

    private PinnedPrice Pin(ModelPrice price, PriceOrigin origin, string? id)
    {
        if (Volatile.Read(ref _last) is { } last && ReferenceEquals(last.ListPrice, price))
        {
            return last;
        }

        if (!_pinned.TryGetValue(price, out var pinned))
        {
            var charged = multiplier is { } factor && factor != Multiplier.One ? price.Times(factor.Value) : price;
            pinned = _pinned.GetOrAdd(price, new PinnedPrice(charged, price, origin, id, multiplier?.Text));
        }

        Volatile.Write(ref _last, pinned);
        return pinned;
    }
}
