namespace AiOrchestrator.Core.Metering;

/// <summary>
/// Turns usage into money. Exact: prices are whole femto-dollars per token (<see cref="RateCard"/>) and whole 1/3600 femto-dollars per
/// thousandth of a unit (<see cref="UnitPrice"/>), the sum over a request is an integer, and the only rounding is one per request, up to the
/// next nano-dollar. Pure; nothing but <see cref="Price(ModelPrice, in TokenUsage, ReadOnlySpan{UnitQuantity})"/> allocates.
/// <para>
/// With totals up to <see cref="TokenUsage.MaxTokens"/>, prices up to <see cref="ModelPrice.MaxUsdPerMillion"/> and a request fee up to
/// <see cref="ModelPrice.MaxUsdEach"/> no cost exceeds 2,001,000,000 USD, a fifth of what nano-dollars can hold. Units and multiplied prices
/// can exceed it: such a cost saturates.
/// </para>
/// <para>
/// Where the usage leaves something open, the dearer reading counts (<see cref="TokenSplit"/>). Rejected predictions are completion tokens
/// like any other. A unit without a price that fits is charged as the dearest of its kind: it was used.
/// </para>
/// </summary>
public static class CostEngine
{
    private const long FemtoUsdPerNanoUsd = 1_000_000;
    private const long RatePerNanoUsd = FemtoUsdPerNanoUsd * UnitPrice.RatePerFemtoUsd;
    private const int MilliPerUnit = 1_000;

    // What a long of nano-dollars can hold, in femto-dollars.
    private static readonly Int128 MaxFemtoUsd = (Int128)long.MaxValue * FemtoUsdPerNanoUsd;

    /// <summary>The cost of one request that uses nothing but tokens.</summary>
    /// <param name="price">The prices pinned for the call.</param>
    /// <param name="usage">What it used.</param>
    /// <returns>Nano-dollars, rounded up.</returns>
    public static long CostNanoUsd(ModelPrice price, in TokenUsage usage) => CostNanoUsd(price, usage, []);

    /// <summary>The cost of one request.</summary>
    /// <param name="price">The prices pinned for the call.</param>
    /// <param name="usage">The tokens it used.</param>
    /// <param name="units">
    /// What else it used. The fee for a request need not be named; where <see cref="PriceUnit.Request"/> is, it counts as often as named.
    /// </param>
    /// <returns>Nano-dollars, rounded up; <see cref="long.MaxValue"/> where they cannot hold it.</returns>
    public static long CostNanoUsd(ModelPrice price, in TokenUsage usage, ReadOnlySpan<UnitQuantity> units)
    {
        RateCard card = price.CardFor(usage.PromptTokens);
        Span<long> tokens = stackalloc long[PriceComponents.Count];
        TokenSplit.Fill(card, usage, tokens);
        Int128 femtoUsd = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] != 0)
            {
                femtoUsd += (Int128)tokens[i] * card[(PriceComponent)i];
            }
        }

        return Saturate(Total(femtoUsd, UnitsRate(price, units)));
    }

    /// <summary>The first of the units that the price does not know; null for none. A call that may use such a unit must not be sent.</summary>
    /// <param name="price">The prices pinned for the call.</param>
    /// <param name="units">What the call may use.</param>
    public static string? FirstUnpriced(ModelPrice price, ReadOnlySpan<UnitQuantity> units)
    {
        foreach (UnitQuantity quantity in units)
        {
            if (!price.Prices(quantity.Unit, quantity.Qualifier))
            {
                return quantity.Name;
            }
        }

        return null;
    }

    /// <summary>The cost of one request with its parts, for explaining it. The total is that of <see cref="CostNanoUsd(ModelPrice, in TokenUsage, ReadOnlySpan{UnitQuantity})"/>.</summary>
    /// <param name="price">The prices pinned for the call.</param>
    /// <param name="usage">The tokens it used.</param>
    /// <param name="units">What else it used.</param>
    public static CostBreakdown Price(ModelPrice price, in TokenUsage usage, ReadOnlySpan<UnitQuantity> units = default)
    {
        RateCard card = price.CardFor(usage.PromptTokens);
        Span<long> tokens = stackalloc long[PriceComponents.Count];
        TokenSplit.Fill(card, usage, tokens);
        var lines = new List<CostLine>();
        for (int i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] != 0 && card.HasTokenPrices)
            {
                decimal usdPerMillion = card[(PriceComponent)i] / 1e9m;
                lines.Add(new CostLine(PriceComponents.Names[i], tokens[i], usdPerMillion, 1_000_000, tokens[i] * usdPerMillion / 1e6m));
            }
        }

        if (price.Units.Request is { } fee && !Names(units, PriceUnit.Request))
        {
            AddUnit(lines, new UnitQuantity(PriceUnit.Request, null, MilliPerUnit), fee);
        }

        foreach (UnitQuantity quantity in units)
        {
            if (price.Units.FindOrDearest(quantity.Unit, quantity.Qualifier) is { } found)
            {
                AddUnit(lines, quantity, found);
            }
        }

        return new CostBreakdown(CostNanoUsd(price, usage, units), lines, price.Source, price.From, card.AboveInputTokens);
    }

    /// <summary>
    /// What a call may cost at most: at least <see cref="CostNanoUsd(ModelPrice, in TokenUsage, ReadOnlySpan{UnitQuantity})"/> of any usage
    /// with no more than these tokens, whatever their kind, in whatever tier a prompt up to that length falls, and no more than these units.
    /// </summary>
    /// <param name="price">The prices pinned for the call.</param>
    /// <param name="promptTokensMax">Upper bound of the prompt; 0 or more.</param>
    /// <param name="completionTokensMax">Upper bound of one completion, reasoning included; 0 or more.</param>
    /// <param name="n">Completions asked for; 1 or more. The prompt is billed once.</param>
    /// <param name="unitsMax">Upper bounds of what else it may use, over all completions.</param>
    /// <returns>
    /// Nano-dollars, rounded up; <see cref="long.MaxValue"/> where the bound is not representable (no wallet holds that much) or a unit has no price.
    /// </returns>
    public static long WorstCaseNanoUsd(
        ModelPrice price, long promptTokensMax, long completionTokensMax, int n, ReadOnlySpan<UnitQuantity> unitsMax = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(completionTokensMax);
        Int128 promptFemtoUsd = WorstPromptFemtoUsd(price, promptTokensMax, n, out long completionFemtoUsd);
        Int128 completionTokens = (Int128)completionTokensMax * n;

        // Divided rather than multiplied: the product can exceed even 128 bits.
        if ((completionFemtoUsd > 0 && completionTokens > MaxFemtoUsd / completionFemtoUsd)
            || promptFemtoUsd > MaxFemtoUsd
            || FirstUnpriced(price, unitsMax) is not null)
        {
            return long.MaxValue;
        }

        return Saturate(Total(promptFemtoUsd + (completionTokens * completionFemtoUsd), UnitsRate(price, unitsMax)));
    }

    /// <summary>What many calls may cost at most together: at least the sum of what each may, by the same rule.</summary>
    /// <param name="price">The prices of all of them.</param>
    /// <param name="promptTokensMax">No prompt is longer; 0 or more.</param>
    /// <param name="promptTokens">Upper bound of all prompts together.</param>
    /// <param name="completionTokens">Upper bound of all completions together.</param>
    /// <param name="calls">How many calls; each is rounded up for itself.</param>
    /// <returns>Nano-dollars; <see cref="long.MaxValue"/> where the bound is not representable.</returns>
    public static long WorstCaseOfManyNanoUsd(ModelPrice price, long promptTokensMax, long promptTokens, long completionTokens, long calls)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(promptTokensMax);
        RateCard card = price.CardFor(promptTokensMax);
        Int128 femtoUsd = ((Int128)promptTokens * card.DearestInputFemtoUsd) + ((Int128)completionTokens * card.DearestOutputFemtoUsd);
        return Saturate(Total(femtoUsd, unitsRate: 0) + ((Int128)calls * (price.RequestNanoUsd + 1)));
    }

    /// <summary>The largest completion bound whose <see cref="WorstCaseNanoUsd"/> fits a budget.</summary>
    /// <param name="price">The prices pinned for the call.</param>
    /// <param name="promptTokensMax">Upper bound of the prompt; 0 or more.</param>
    /// <param name="n">Completions asked for; 1 or more.</param>
    /// <param name="budgetNanoUsd">What may be spent at most, in nano-dollars.</param>
    /// <param name="unitsMax">Upper bounds of what else it may use, over all completions.</param>
    /// <returns>
    /// Tokens for each completion; 0 where none fit, be it that not even the rest does. <see cref="long.MaxValue"/> where
    /// the rest fits and completions cost nothing.
    /// </returns>
    public static long MaxCompletionTokensFor(
        ModelPrice price, long promptTokensMax, int n, long budgetNanoUsd, ReadOnlySpan<UnitQuantity> unitsMax = default)
    {
        Int128 promptFemtoUsd = WorstPromptFemtoUsd(price, promptTokensMax, n, out long completionFemtoUsd);
        if (budgetNanoUsd == long.MaxValue)
        {
            // The worst case saturates there, so it always fits.
            return long.MaxValue;
        }

        if (promptFemtoUsd > MaxFemtoUsd || FirstUnpriced(price, unitsMax) is not null)
        {
            return 0;
        }

        // A sum rounded up fits a whole number of nano-dollars exactly when the sum itself does, so the budget is compared unrounded.
        Int128 left = ((Int128)budgetNanoUsd * RatePerNanoUsd) - (promptFemtoUsd * UnitPrice.RatePerFemtoUsd) - UnitsRate(price, unitsMax);
        if (left < 0)
        {
            return 0;
        }

        if (completionFemtoUsd == 0)
        {
            return long.MaxValue;
        }

        Int128 tokens = left / UnitPrice.RatePerFemtoUsd / completionFemtoUsd / n;
        return tokens > long.MaxValue ? long.MaxValue : (long)tokens;
    }

    private static Int128 WorstPromptFemtoUsd(ModelPrice price, long promptTokensMax, int n, out long completionFemtoUsd)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(promptTokensMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        RateCard card = price.CardFor(promptTokensMax);
        completionFemtoUsd = card.DearestOutputFemtoUsd;
        return (Int128)promptTokensMax * card.DearestInputFemtoUsd;
    }

    /// <summary>What is charged by units, in 1/3600 femto-dollars (<see cref="UnitPrice.Rate"/>).</summary>
    private static Int128 UnitsRate(ModelPrice price, ReadOnlySpan<UnitQuantity> units)
    {
        UnitPrices prices = price.Units;
        Int128 rate = prices.Request is { } fee && !Names(units, PriceUnit.Request) ? fee.Rate * MilliPerUnit : 0;
        foreach (UnitQuantity quantity in units)
        {
            if (prices.FindOrDearest(quantity.Unit, quantity.Qualifier) is { } found)
            {
                rate += found.Rate * found.Charged(quantity.QuantityMilli);
            }
        }

        return rate;
    }

    private static bool Names(ReadOnlySpan<UnitQuantity> units, PriceUnit unit)
    {
        foreach (UnitQuantity quantity in units)
        {
            if (quantity.Unit == unit)
            {
                return true;
            }
        }

        return false;
    }

    // Most calls are charged by tokens alone, and dividing by a small constant is quicker.
    private static Int128 Total(Int128 femtoUsd, Int128 unitsRate) => unitsRate == 0
        ? (femtoUsd + (FemtoUsdPerNanoUsd - 1)) / FemtoUsdPerNanoUsd
        : ((femtoUsd * UnitPrice.RatePerFemtoUsd) + unitsRate + (RatePerNanoUsd - 1)) / RatePerNanoUsd;

    private static long Saturate(Int128 nanoUsd) => nanoUsd > long.MaxValue ? long.MaxValue : (long)nanoUsd;

    private static void AddUnit(List<CostLine> lines, UnitQuantity quantity, UnitPrice found)
    {
        if (quantity.QuantityMilli != 0)
        {
            decimal units = found.Charged(quantity.QuantityMilli) / (decimal)MilliPerUnit;
            lines.Add(new CostLine(quantity.Name, units, found.UnitUsd, found.Per, units * found.UnitUsd / found.Per));
        }
    }
}

/// <summary>A cost and what it is made of.</summary>
/// <param name="TotalNanoUsd">The charge in nano-dollars: the sum of the lines, rounded up once.</param>
/// <param name="Lines">The parts, exact; only those with a quantity.</param>
/// <param name="Source">Where the prices come from.</param>
/// <param name="From">The first day of the prices; null where the source names none.</param>
/// <param name="AboveInputTokens">The prompt was longer than this, and the prices are those of that tier; 0 for the lowest.</param>
public sealed record CostBreakdown(long TotalNanoUsd, IReadOnlyList<CostLine> Lines, string Source, DateOnly? From, long AboveInputTokens = 0);

/// <summary>One part of a cost.</summary>
/// <param name="Component">The price file's name of a class of tokens (<c>input</c>, <c>cache_read</c> …), or a unit and its qualifier (<c>image/1024x1024/hd</c>).</param>
/// <param name="Quantity">Tokens, or so many of the unit, down to thousandths.</param>
/// <param name="UnitUsd">US dollars for <paramref name="Per"/> of them.</param>
/// <param name="Per">1,000,000 for tokens; 1 for units, 3600 for seconds priced by the hour.</param>
/// <param name="AmountUsd">The amount in US dollars, before the request is rounded; exact but for prices by the hour, which are to 28 digits.</param>
public sealed record CostLine(string Component, decimal Quantity, decimal UnitUsd, long Per, decimal AmountUsd);
