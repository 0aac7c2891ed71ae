using System.Globalization;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Metering.Pricing;

/// <summary>All figures of a price, for people and programs. Decimal strings of US dollars; the names are those of the price file.</summary>
/// <param name="UsdPerMillion">Per million tokens of each class that is stated; of others the class they belong to holds.</param>
/// <param name="Tiers">The same for longer prompts; null where length changes nothing.</param>
/// <param name="UsdEach">For each of a unit other than tokens.</param>
/// <param name="Batch">Through the batch API; null where there is no other price.</param>
/// <param name="ServiceTiers">At other service tiers; null where there are none.</param>
public sealed record PriceFigures(
    IReadOnlyDictionary<string, string> UsdPerMillion,
    IReadOnlyList<TierFigures>? Tiers,
    IReadOnlyDictionary<string, string> UsdEach,
    PriceFigures? Batch,
    IReadOnlyDictionary<string, PriceFigures>? ServiceTiers)
{
    /// <summary>The figures of a price.</summary>
    public static PriceFigures Of(ModelPrice price)
    {
        var cards = price.Cards.ToArray();
        var units = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var unit in price.Units.All)
        {
            var name = new UnitQuantity(unit.Unit, unit.Qualifier, 0).Name;
            units[unit.Per == 1 ? name : name.Replace("audio_second", "audio_hour", StringComparison.Ordinal)] = unit.UnitUsd.ToString("0.00#############", CultureInfo.InvariantCulture);
        }

        return new PriceFigures(
            Tokens(cards[0]),
            cards.Length == 1 ? null : [.. cards.Skip(1).Select(static c => new TierFigures(c.AboveInputTokens, Tokens(c)))],
            units,
            price.Batch is { } batch ? Of(batch) : null,
            price.ServiceTiers.Count == 0 ? null : price.ServiceTiers.ToDictionary(static t => t.Key, static t => Of(t.Value), StringComparer.Ordinal));
    }

    private static Dictionary<string, string> Tokens(RateCard card)
    {
        var tokens = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var component = PriceComponent.Input; (int)component < PriceComponents.Count; component++)
        {
            if (card.States(component))
            {
                // Femto-dollars per token are nano-dollars per million.
                tokens[PriceComponents.Names[(int)component]] = NanoUsd.FormatUsd(card[component]);
            }
        }

        return tokens;
    }
}

/// <summary>Figures for prompts above a length.</summary>
/// <param name="AboveInputTokens">For prompts longer than this.</param>
/// <param name="UsdPerMillion">Per million tokens, for the whole request.</param>
public sealed record TierFigures(long AboveInputTokens, IReadOnlyDictionary<string, string> UsdPerMillion);
