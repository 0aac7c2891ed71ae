namespace AiOrchestrator.Core.Metering;

/// <summary>
/// Turns usage into money. Exact: prices are whole femto-dollars per token (<see cref="RateCard"/>), the sum over a request is an integer,
/// and the only rounding is one per request, up to the next nano-dollar. Pure; nothing but <see cref="Price"/> allocates.
/// <para>
/// With totals up to <see cref="TokenUsage.MaxTokens"/>, prices up to <see cref="ModelPrice.MaxUsdPerMillion"/> and a request fee up to
/// <see cref="ModelPrice.MaxUsdPerRequest"/> no cost exceeds 2,001,000,000 USD, a fifth of what nano-dollars can hold: nothing overflows.
/// </para>
/// <para>
/// Where the usage leaves something open, the dearer reading counts: cached tokens without a price of their own cost full input; where both
/// cached and audio tokens are reported and audio has a price of its own, the cached ones are taken to be the audio ones, which get no
/// discount. Rejected predictions are completion tokens like any other.
/// </para>
/// </summary>
public static class CostEngine
{
    private const long FemtoUsdPerNanoUsd = 1_000_000;

    // What a long of nano-dollars can hold, in femto-dollars.
    private static readonly Int128 MaxFemtoUsd = (Int128)long.MaxValue * FemtoUsdPerNanoUsd;

    /// <summary>The cost of one request.</summary>
    /// <param name="price">The prices pinned for the call.</param>
    /// <param name="usage">What it used.</param>
    /// <returns>Nano-dollars, 0 to 2.001 × 10¹⁸, rounded up.</returns>
    public static long CostNanoUsd(ModelPrice price, in TokenUsage usage)
    {
        RateCard card = price.CardFor(usage.PromptTokens);
        Quantities tokens = Split(card, usage);
        Int128 femtoUsd = (Int128)price.RequestNanoUsd * FemtoUsdPerNanoUsd
            + (Int128)tokens.Input * card.InputFemtoUsd
            + (Int128)tokens.CacheRead * card.CacheReadFemtoUsd
            + (Int128)tokens.InputAudio * card.InputAudioFemtoUsd
            + (Int128)tokens.Output * card.OutputFemtoUsd
            + (Int128)tokens.OutputAudio * card.OutputAudioFemtoUsd
            + (Int128)tokens.Reasoning * card.ReasoningFemtoUsd;
        return (long)CeilingToNanoUsd(femtoUsd);
    }

    /// <summary>The cost of one request with its parts, for explaining it. The total is that of <see cref="CostNanoUsd"/>.</summary>
    /// <param name="price">The prices pinned for the call.</param>
    /// <param name="usage">What it used.</param>
    public static CostBreakdown Price(ModelPrice price, in TokenUsage usage)
    {
        RateCard card = price.CardFor(usage.PromptTokens);
        Quantities tokens = Split(card, usage);
        var lines = new List<CostLine>();
        AddTokens(lines, PriceComponent.Input, tokens.Input, card.InputFemtoUsd);
        AddTokens(lines, PriceComponent.CacheRead, tokens.CacheRead, card.CacheReadFemtoUsd);
        AddTokens(lines, PriceComponent.InputAudio, tokens.InputAudio, card.InputAudioFemtoUsd);
        AddTokens(lines, PriceComponent.Output, tokens.Output, card.OutputFemtoUsd);
        AddTokens(lines, PriceComponent.OutputAudio, tokens.OutputAudio, card.OutputAudioFemtoUsd);
        AddTokens(lines, PriceComponent.Reasoning, tokens.Reasoning, card.ReasoningFemtoUsd);
        if (price.RequestNanoUsd > 0)
        {
            decimal usd = price.RequestNanoUsd / 1e9m;
            lines.Add(new CostLine(PriceComponents.Request, 1, usd, 1, usd));
        }

        return new CostBreakdown(CostNanoUsd(price, usage), lines, price.Source, price.From);
    }

    /// <summary>
    /// What a call may cost at most: at least <see cref="CostNanoUsd"/> of any usage with no more than these tokens, whatever their kind,
    /// in whatever tier a prompt up to that length falls.
    /// </summary>
    /// <param name="price">The prices pinned for the call.</param>
    /// <param name="promptTokensMax">Upper bound of the prompt; 0 or more.</param>
    /// <param name="completionTokensMax">Upper bound of one completion, reasoning included; 0 or more.</param>
    /// <param name="n">Completions asked for; 1 or more. The prompt is billed once.</param>
    /// <returns>Nano-dollars, rounded up; <see cref="long.MaxValue"/> where the bound is not representable (no wallet holds that much).</returns>
    public static long WorstCaseNanoUsd(ModelPrice price, long promptTokensMax, long completionTokensMax, int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(completionTokensMax);
        Int128 promptFemtoUsd = WorstPromptFemtoUsd(price, promptTokensMax, n, out long completionFemtoUsd);
        Int128 completionTokens = (Int128)completionTokensMax * n;

        // Divided rather than multiplied: the product can exceed even 128 bits.
        if (completionFemtoUsd > 0 && completionTokens > MaxFemtoUsd / completionFemtoUsd)
        {
            return long.MaxValue;
        }

        Int128 nanoUsd = CeilingToNanoUsd(promptFemtoUsd + (completionTokens * completionFemtoUsd));
        return nanoUsd > long.MaxValue ? long.MaxValue : (long)nanoUsd;
    }

    /// <summary>The largest completion bound whose <see cref="WorstCaseNanoUsd"/> fits a budget.</summary>
    /// <param name="price">The prices pinned for the call.</param>
    /// <param name="promptTokensMax">Upper bound of the prompt; 0 or more.</param>
    /// <param name="n">Completions asked for; 1 or more.</param>
    /// <param name="budgetNanoUsd">What may be spent at most, in nano-dollars.</param>
    /// <returns>
    /// Tokens for each completion; 0 where none fit, be it that not even the prompt does. <see cref="long.MaxValue"/> where
    /// the prompt fits and completions cost nothing.
    /// </returns>
    public static long MaxCompletionTokensFor(ModelPrice price, long promptTokensMax, int n, long budgetNanoUsd)
    {
        Int128 promptFemtoUsd = WorstPromptFemtoUsd(price, promptTokensMax, n, out long completionFemtoUsd);
        if (budgetNanoUsd == long.MaxValue)
        {
            // The worst case saturates there, so it always fits.
            return long.MaxValue;
        }

        // A sum rounded up fits a whole number of nano-dollars exactly when the sum itself does, so the budget is compared unrounded.
        Int128 leftFemtoUsd = ((Int128)budgetNanoUsd * FemtoUsdPerNanoUsd) - promptFemtoUsd;
        if (leftFemtoUsd < 0)
        {
            return 0;
        }

        if (completionFemtoUsd == 0)
        {
            return long.MaxValue;
        }

        Int128 tokens = leftFemtoUsd / completionFemtoUsd / n;
        return tokens > long.MaxValue ? long.MaxValue : (long)tokens;
    }

    private static Int128 WorstPromptFemtoUsd(ModelPrice price, long promptTokensMax, int n, out long completionFemtoUsd)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(promptTokensMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        RateCard card = price.CardFor(promptTokensMax);
        completionFemtoUsd = card.DearestOutputFemtoUsd;
        return ((Int128)price.RequestNanoUsd * FemtoUsdPerNanoUsd) + ((Int128)promptTokensMax * card.DearestInputFemtoUsd);
    }

    private static Int128 CeilingToNanoUsd(Int128 femtoUsd) => (femtoUsd + (FemtoUsdPerNanoUsd - 1)) / FemtoUsdPerNanoUsd;

    private static Quantities Split(RateCard card, in TokenUsage usage)
    {
        // Without a price of its own audio is plain input, and must not eat the cache's discount.
        long inputAudio = card.States(PriceComponent.InputAudio) ? usage.AudioPromptTokens : 0;
        long cacheRead = card.States(PriceComponent.CacheRead) ? Math.Max(0, usage.CachedPromptTokens - inputAudio) : 0;
        long outputAudio = card.States(PriceComponent.OutputAudio) ? usage.AudioCompletionTokens : 0;
        long reasoning = card.States(PriceComponent.Reasoning) ? Math.Min(usage.ReasoningTokens, usage.CompletionTokens - outputAudio) : 0;
        return new Quantities(
            usage.PromptTokens - cacheRead - inputAudio,
            cacheRead,
            inputAudio,
            usage.CompletionTokens - outputAudio - reasoning,
            outputAudio,
            reasoning);
    }

    private static void AddTokens(List<CostLine> lines, PriceComponent component, long tokens, long femtoUsdPerToken)
    {
        if (tokens > 0)
        {
            decimal usdPerMillion = femtoUsdPerToken / 1e9m;
            lines.Add(new CostLine(PriceComponents.Names[(int)component], tokens, usdPerMillion, 1_000_000, tokens * usdPerMillion / 1e6m));
        }
    }

    private readonly record struct Quantities(long Input, long CacheRead, long InputAudio, long Output, long OutputAudio, long Reasoning);
}

/// <summary>A cost and what it is made of.</summary>
/// <param name="TotalNanoUsd">The charge in nano-dollars: the sum of the lines, rounded up once.</param>
/// <param name="Lines">The parts, exact; only those with a quantity.</param>
/// <param name="Source">Where the prices come from.</param>
/// <param name="From">The first day of the prices; null where the source names none.</param>
public sealed record CostBreakdown(long TotalNanoUsd, IReadOnlyList<CostLine> Lines, string Source, DateOnly? From);

/// <summary>One part of a cost.</summary>
/// <param name="Component">The price file's name of it: input, cache_read, input_audio, output, output_audio, reasoning or request.</param>
/// <param name="Quantity">Tokens, or requests.</param>
/// <param name="UnitUsd">US dollars for <paramref name="Per"/> of them.</param>
/// <param name="Per">1,000,000 for tokens, 1 for requests.</param>
/// <param name="AmountUsd">The exact amount in US dollars, before the request is rounded.</param>
public sealed record CostLine(string Component, long Quantity, decimal UnitUsd, long Per, decimal AmountUsd);
