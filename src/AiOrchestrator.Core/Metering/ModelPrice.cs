using System.Globalization;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Metering;

/// <summary>
/// The prices of one model at one time: what <see cref="PriceTable"/> finds and <see cref="CostEngine"/> charges by. Immutable. A call
/// pins the one in force when it starts and is held and charged by it, so a change of price in mid-call moves nothing.
/// </summary>
public sealed class ModelPrice
{
    /// <summary>The highest price the file may state, in US dollars per million tokens. See <see cref="TokenUsage.MaxTokens"/>.</summary>
    public const long MaxUsdPerMillion = 1_000_000;

    /// <summary>The highest price the file may state for one of a unit, in US dollars.</summary>
    public const long MaxUsdEach = 1_000_000;

    /// <summary>The largest multiplier <see cref="Times"/> takes.</summary>
    public const decimal MaxMultiplier = 1_000;

    private const long Millionths = 1_000_000;

    private readonly RateCard[] _cards;

    internal ModelPrice(RateCard[] cards, UnitPrices units, DateOnly? from, DateOnly? until, string source)
    {
        _cards = cards;
        Units = units;
        From = from;
        Until = until;
        FromText = from?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        Source = source;
        InputUsdPerMillion = NanoUsd.FormatUsd(cards[0].InputFemtoUsd);
        OutputUsdPerMillion = NanoUsd.FormatUsd(cards[0].OutputFemtoUsd);
        RequestNanoUsd = units.Request is { } fee ? decimal.ToInt64(decimal.Ceiling(fee.UnitUsd * NanoUsd.PerUsd)) : 0;
    }

    /// <summary>The first day of the price (from 00:00 UTC); null where the source names none: as far back as it knows.</summary>
    public DateOnly? From { get; }

    /// <summary>The day the price ends (at 00:00 UTC, exclusive); null where no end is known.</summary>
    public DateOnly? Until { get; }

    /// <summary><see cref="From"/> as yyyy-MM-dd, made once.</summary>
    public string? FromText { get; }

    /// <summary>Where the figures come from.</summary>
    public string Source { get; }

    /// <summary>US dollars per million prompt tokens in the lowest tier, as decimal text made once; for display and records.</summary>
    public string InputUsdPerMillion { get; }

    /// <summary>US dollars per million completion tokens in the lowest tier, as decimal text made once; for display and records.</summary>
    public string OutputUsdPerMillion { get; }

    /// <summary>Charged once for each request, in nano-dollars, rounded up; 0 or more.</summary>
    public long RequestNanoUsd { get; }

    /// <summary>False for a model that is charged by units alone: its tokens, should it report any, cost nothing.</summary>
    public bool HasTokenPrices => _cards[0].HasTokenPrices;

    /// <summary>Whether nothing that is billed by it costs anything, in whatever tier.</summary>
    public bool IsFree
    {
        get
        {
            for (int i = 0; i < ServiceTiers.Count; i++)
            {
                if (!ServiceTiers[i].Value.IsFree)
                {
                    return false;
                }
            }

            return Units.AreFree && Batch?.IsFree != false
                && Array.TrueForAll(_cards, static c => c.DearestInputFemtoUsd == 0 && c.DearestOutputFemtoUsd == 0);
        }
    }

    internal UnitPrices Units { get; }

    /// <summary>Prices of the provider's other service tiers, by name.</summary>
    internal IReadOnlyList<KeyValuePair<string, ModelPrice>> ServiceTiers { get; init; } = [];

    /// <summary>The price through the batch API; null where no source says that there is another.</summary>
    internal ModelPrice? Batch { get; init; }

    internal ReadOnlySpan<RateCard> Cards => _cards;

    /// <summary>
    /// The prices for a way of billing; does not allocate. A batch without a known discount is charged in full: no provider asks more for one.
    /// </summary>
    /// <param name="terms">How the call is billed.</param>
    /// <returns>Null where the service tier has no known price; such a call must not be sent.</returns>
    public ModelPrice? For(PriceTerms terms)
    {
        ModelPrice? price = terms.IsOrdinaryTier ? this : Tier(terms.ServiceTier!);
        return terms.IsBatched ? price?.Batch ?? price : price;
    }

    /// <summary>True where a unit other than tokens has a price; every request has one, be it 0.</summary>
    /// <param name="unit">Of what.</param>
    /// <param name="qualifier">What its price may depend on; null for nothing.</param>
    public bool Prices(PriceUnit unit, string? qualifier = null) => unit == PriceUnit.Request || Units.Find(unit, qualifier) is not null;

    /// <summary>
    /// The same prices, tiers and fees times a factor. Each price is exact where it is a whole number of femto-dollars and rounded up to
    /// one otherwise.
    /// </summary>
    /// <param name="multiplier">0 (free) to <see cref="MaxMultiplier"/>; more than six decimals are rounded up.</param>
    /// <param name="source">Where the multiplied figures come from; null keeps <see cref="Source"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The multiplier is out of bounds.</exception>
    public ModelPrice Times(decimal multiplier, string? source = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(multiplier);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(multiplier, MaxMultiplier);
        long millionths = decimal.ToInt64(decimal.Ceiling(multiplier * Millionths));
        return new ModelPrice(Scaled(millionths), Units.Times(millionths), From, Until, source ?? Source)
        {
            Batch = Batch?.Times(multiplier, source),
            ServiceTiers = [.. ServiceTiers.Select(tier => KeyValuePair.Create(tier.Key, tier.Value.Times(multiplier, source)))],
        };
    }

    /// <summary>The price through a batch API that takes this part of the price of tokens; units and fees stay whole.</summary>
    internal ModelPrice BatchAt(long factorNano, string source)
        => new(Scaled((factorNano + 999) / 1_000), Units, From, Until, source);

    /// <summary>Times so many millionths, rounded up.</summary>
    internal static Int128 Scale(Int128 value, long millionths) => ((value * millionths) + (Millionths - 1)) / Millionths;

    /// <summary>The prices in force for a prompt of this length: those of the highest tier it exceeds, for the whole request.</summary>
    internal RateCard CardFor(long promptTokens)
    {
        for (int i = _cards.Length - 1; i > 0; i--)
        {
            if (promptTokens > _cards[i].AboveInputTokens)
            {
                return _cards[i];
            }
        }

        return _cards[0];
    }

    /// <summary>The price of a service tier other than the ordinary one, by name; null where none is known.</summary>
    internal ModelPrice? Tier(string name)
    {
        for (int i = 0; i < ServiceTiers.Count; i++)
        {
            if (ServiceTiers[i].Key == name)
            {
                return ServiceTiers[i].Value;
            }
        }

        return null;
    }

    private RateCard[] Scaled(long millionths)
    {
        var cards = new RateCard[_cards.Length];
        for (int i = 0; i < cards.Length; i++)
        {
            cards[i] = _cards[i].Times(millionths, i == 0 ? null : cards[i - 1]);
        }

        return cards;
    }
}
