using System.Text.Json;

namespace AiOrchestrator.Core.Metering;

/// <summary>What the rates of a price file stand in: the period around them.</summary>
/// <param name="BatchFactorNano">What the batch API takes of the price of tokens, in billionths; null where that is not known.</param>
/// <param name="ServiceTiers">Prices of other service tiers.</param>
/// <param name="From">First day.</param>
/// <param name="Until">Day it ends, exclusive.</param>
/// <param name="Source">Where the figures come from.</param>
internal sealed record PriceFrame(
    long? BatchFactorNano, IReadOnlyList<KeyValuePair<string, ModelPrice>> ServiceTiers, DateOnly? From, DateOnly? Until, string Source)
{
    /// <summary>Prices of units where the rates state none of their own.</summary>
    public UnitPrices? Units { get; init; }
}

/// <summary>Reads the rates of a period, a window or a service tier: components, tiers by length and units.</summary>
internal sealed class PriceRatesReader(PriceFileJson json, ModelKind? kind, string[] capabilities)
{
    private const string AudioHour = "audio_hour";
    private const int SecondsPerHour = 3600;

    public ModelPrice? Read(JsonElement owner, PriceFrame frame, string place)
    {
        UnitPrices units = owner.TryGetProperty("usd_each", out JsonElement each)
            ? ReadUnits(each, ReadLeast(owner, $"{place}.usd_each_least"), $"{place}.usd_each")
            : frame.Units ?? UnitPrices.None;
        bool unitsOnly = !owner.TryGetProperty("usd_per_million", out _) && kind is not (ModelKind.Chat or ModelKind.Embedding) && !units.All.IsEmpty;
        RateCard? card = unitsOnly ? new RateCard(0, new long?[PriceComponents.Count], null) : ReadCard(owner, 0, null, place);
        JsonElement[] tiers = json.Items(owner, "tiers", place);
        if (card is null)
        {
            return null;
        }

        List<RateCard> cards = ReadTiers(tiers, card, place);
        var price = new ModelPrice([.. cards], units, frame.From, frame.Until, frame.Source) { ServiceTiers = frame.ServiceTiers };
        return frame.BatchFactorNano is { } factor && !unitsOnly
            ? new ModelPrice([.. cards], units, frame.From, frame.Until, frame.Source)
            {
                ServiceTiers = frame.ServiceTiers,
                Batch = price.BatchAt(factor, frame.Source),
            }
            : price;
    }

    private List<RateCard> ReadTiers(JsonElement[] tiers, RateCard card, string place)
    {
        var cards = new List<RateCard> { card };
        for (int i = 0; i < tiers.Length; i++)
        {
            string tierPlace = $"{place}.tiers[{i}]";
            if (!json.IsObject(tiers[i], tierPlace, "above_input_tokens", "usd_per_million")
                || json.Tokens(tiers[i], "above_input_tokens", tierPlace, required: true) is not { } above
                || ReadCard(tiers[i], above, cards[^1], tierPlace) is not { } tier)
            {
                continue;
            }

            if (above <= cards[^1].AboveInputTokens)
            {
                json.Fail(tierPlace, "tiers stand in rising order of above_input_tokens");
            }

            if (!tier.StatesSameAs(card))
            {
                // Inheriting silently would charge a long prompt the short prompt's price.
                json.Fail(tierPlace, "must state the same components as the period");
            }

            cards.Add(tier);
        }

        return cards;
    }

    private RateCard? ReadCard(JsonElement owner, long above, RateCard? previous, string place)
    {
        if (!owner.TryGetProperty("usd_per_million", out JsonElement prices))
        {
            json.Fail(place, "\"usd_per_million\" is missing");
            return null;
        }

        place += ".usd_per_million";
        if (prices.ValueKind != JsonValueKind.Object)
        {
            json.Fail(place, "must be an object");
            return null;
        }

        long?[] stated = new long?[PriceComponents.Names.Length];
        foreach (JsonProperty price in prices.EnumerateObject())
        {
            int component = PriceComponents.Names.IndexOf(price.Name);
            if (component < 0)
            {
                json.Fail(place, $"unknown component \"{price.Name}\"");
                continue;
            }

            // A nano-dollar per million tokens is a femto-dollar per token.
            stated[component] = json.Usd(price.Value, $"{place}.{price.Name}", ModelPrice.MaxUsdPerMillion);
        }

        return CheckComponents(prices, place) && stated[(int)PriceComponent.Input] is not null ? new RateCard(above, stated, previous) : null;
    }

    private bool CheckComponents(JsonElement prices, string place)
    {
        Require("input", true);
        Require("output", kind == ModelKind.Chat);
        Require("input_audio", kind == ModelKind.Chat && capabilities.Contains("audio_in"));
        Require("output_audio", kind == ModelKind.Chat && capabilities.Contains("audio_out"));
        return prices.TryGetProperty("input", out _);

        void Require(string name, bool required)
        {
            if (required && !prices.TryGetProperty(name, out _))
            {
                json.Fail(place, $"\"{name}\" is missing: what it stands for would be free or too cheap");
            }
        }
    }

    /// <summary>The least of each unit that is charged for, by unit and in thousandths.</summary>
    private long[] ReadLeast(JsonElement owner, string place)
    {
        long[] least = new long[UnitQuantity.Names.Length];
        if (!owner.TryGetProperty("usd_each_least", out JsonElement members))
        {
            return least;
        }

        if (members.ValueKind != JsonValueKind.Object)
        {
            json.Fail(place, "must be an object");
            return least;
        }

        foreach (JsonProperty member in members.EnumerateObject())
        {
            int unit = UnitQuantity.Names.IndexOf(member.Name);
            if (unit < 0)
            {
                json.Fail(place, $"unknown unit \"{member.Name}\"");
            }
            else if (json.Tokens(members, member.Name, place) is { } count)
            {
                least[unit] = Math.Min(count * 1_000, UnitQuantity.MaxQuantityMilli);
            }
        }

        return least;
    }

    private UnitPrices ReadUnits(JsonElement each, long[] least, string place)
    {
        if (each.ValueKind != JsonValueKind.Object)
        {
            json.Fail(place, "must be an object");
            return UnitPrices.None;
        }

        var prices = new List<UnitPrice>();
        foreach (JsonProperty price in each.EnumerateObject())
        {
            int slash = price.Name.IndexOf('/', StringComparison.Ordinal);
            string name = slash < 0 ? price.Name : price.Name[..slash];
            string? qualifier = slash < 0 ? null : price.Name[(slash + 1)..];
            int unit = name == AudioHour ? (int)PriceUnit.AudioSecond : UnitQuantity.Names.IndexOf(name);
            if (unit < 0 || qualifier?.Length == 0)
            {
                json.Fail(place, $"unknown unit \"{price.Name}\"");
            }
            else if (json.Usd(price.Value, $"{place}.{price.Name}", ModelPrice.MaxUsdEach) is { } nanoUsd)
            {
                if (prices.Exists(other => other.Unit == (PriceUnit)unit && other.Qualifier == qualifier))
                {
                    json.Fail(place, $"\"{price.Name}\" is priced by the second and by the hour");
                }

                prices.Add(UnitPrice.Of((PriceUnit)unit, qualifier, nanoUsd, name == AudioHour ? SecondsPerHour : 1) with { LeastMilli = least[unit] });
            }
        }

        return new UnitPrices([.. prices]);
    }
}
