namespace AiOrchestrator.Core.Metering;

/// <summary>The price of a unit other than tokens.</summary>
/// <param name="Unit">Of what.</param>
/// <param name="Qualifier">What it is the price of in particular (<see cref="UnitQuantity.Qualifier"/>); null for any.</param>
/// <param name="Rate">
/// In 1/3600 femto-dollars for a thousandth of the unit, so that a price by the hour is exact for a millisecond; 0 to 3.6 × 10²⁴.
/// </param>
/// <param name="Per">How many of the unit the file's price is for: 1, or 3600 for one that is stated by the hour.</param>
/// <param name="LeastMilli">The least that is charged for once any is used, in thousandths; 0 or more.</param>
internal readonly record struct UnitPrice(PriceUnit Unit, string? Qualifier, Int128 Rate, int Per, long LeastMilli = 0)
{
    /// <summary>How many of <see cref="Rate"/> are a femto-dollar.</summary>
    public const int RatePerFemtoUsd = 3600;

    private const long FemtoUsdPerNanoUsd = 1_000_000;
    private const int MilliPerUnit = 1_000;

    /// <summary>Builds it from a price for so many of the unit.</summary>
    public static UnitPrice Of(PriceUnit unit, string? qualifier, long nanoUsd, int per)
        => new(unit, qualifier, (Int128)nanoUsd * FemtoUsdPerNanoUsd / MilliPerUnit * (RatePerFemtoUsd / per), per);

    /// <summary>What is charged for a quantity, in thousandths.</summary>
    public long Charged(long quantityMilli) => quantityMilli == 0 ? 0 : Math.Max(quantityMilli, LeastMilli);

    /// <summary>US dollars for <see cref="Per"/> of the unit.</summary>
    public decimal UnitUsd => (decimal)(Rate * Per * MilliPerUnit) / RatePerFemtoUsd / 1e15m;
}

/// <summary>The prices of one model for units other than tokens. Immutable; nothing allocates.</summary>
internal sealed class UnitPrices(UnitPrice[] prices)
{
    private readonly UnitPrice? _request = GeneralOrDearest(prices, PriceUnit.Request);

    public static UnitPrices None { get; } = new([]);

    public ReadOnlySpan<UnitPrice> All => prices;

    /// <summary>Whether none costs anything.</summary>
    public bool AreFree => Array.TrueForAll(prices, static p => p.Rate == 0);

    /// <summary>What every request costs, however many tokens it has; null for nothing.</summary>
    public UnitPrice? Request => _request;

    /// <summary>
    /// The price of a unit: the one whose qualifier is the longest that the quantity's begins with, up to a slash. None fits: null, and the
    /// call must not be sent.
    /// </summary>
    public UnitPrice? Find(PriceUnit unit, string? qualifier)
    {
        int found = -1;
        for (int i = 0; i < prices.Length; i++)
        {
            if (prices[i].Unit == unit && Fits(prices[i].Qualifier, qualifier)
                && (found < 0 || (prices[i].Qualifier?.Length ?? -1) > (prices[found].Qualifier?.Length ?? -1)))
            {
                found = i;
            }
        }

        return found < 0 ? null : prices[found];
    }

    /// <summary>As <see cref="Find"/>; where nothing fits, the dearest of the unit: it was used, and is not free.</summary>
    public UnitPrice? FindOrDearest(PriceUnit unit, string? qualifier) => Find(unit, qualifier) ?? Dearest(prices, unit);

    public UnitPrices Times(long millionths)
        => new(Array.ConvertAll(prices, price => price with { Rate = ModelPrice.Scale(price.Rate, millionths) }));

    private static bool Fits(string? priced, string? asked)
        => priced is null
            || (asked is not null
                && asked.StartsWith(priced, StringComparison.Ordinal)
                && (asked.Length == priced.Length || asked[priced.Length] == '/'));

    private static UnitPrice? GeneralOrDearest(UnitPrice[] prices, PriceUnit unit)
    {
        foreach (UnitPrice price in prices)
        {
            if (price.Unit == unit && price.Qualifier is null)
            {
                return price;
            }
        }

        return Dearest(prices, unit);
    }

    private static UnitPrice? Dearest(UnitPrice[] prices, PriceUnit unit)
    {
        UnitPrice? dearest = null;
        foreach (UnitPrice price in prices)
        {
            if (price.Unit == unit && (dearest is null || price.Rate > dearest.Value.Rate))
            {
                dearest = price;
            }
        }

        return dearest;
    }
}
