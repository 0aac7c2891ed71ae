namespace AiOrchestrator.Core.Metering;

/// <summary>
/// The prices one call may be billed at: a provider says only in its answer which service tier it served the call in. What is held covers each of
/// them, and what is charged is one of them. Allocates nothing.
/// </summary>
/// <param name="Ordinary">The price of the ordinary tier, with the others it knows.</param>
/// <param name="Asked">
/// The request's service tier: null and <c>auto</c> leave it to the provider, the ordinary one has several names, any other is a tier with a price of
/// its own.
/// </param>
public readonly record struct CallPrices(ModelPrice Ordinary, string? Asked)
{
    private bool IsProvidersChoice => Asked is null or "" or "auto";

    /// <summary>Whether the tier asked for has no known price: such a call must not be sent. A batch is no tier of a single call.</summary>
    public bool IsUnknown => Named is { } tier && Ordinary.Tier(tier) is null;

    private string? Named => new PriceTerms(Asked).IsOrdinary ? null : Asked;

    /// <summary>What a call is charged by, and which tier that is; null for the ordinary one.</summary>
    /// <param name="answered">
    /// The tier as the answer says; null where it does not, or was never there: then it is the one asked for. A word without a price is the ordinary tier.
    /// </param>
    public (ModelPrice Price, string? Tier) Served(string? answered)
    {
        if (Named == PriceTerms.Batch)
        {
            return (Ordinary.For(new PriceTerms(Named))!, Named);
        }

        var tier = answered ?? Named;
        return tier is not null && Ordinary.Tier(tier) is { } price ? (price, tier) : (Ordinary, null);
    }

    /// <summary>What the call may cost at most, in whatever tier it may be served: <see cref="CostEngine.WorstCaseNanoUsd(ModelPrice, long, long, int, ReadOnlySpan{UnitQuantity})"/>.</summary>
    /// <param name="promptTokensMax">Upper bound of the prompt.</param>
    /// <param name="outputTokensMax">Upper bound of one completion.</param>
    /// <param name="choices">Completions asked for.</param>
    /// <param name="unitsMax">What else it may use at most.</param>
    public long WorstCaseNanoUsd(long promptTokensMax, long outputTokensMax, int choices, ReadOnlySpan<UnitQuantity> unitsMax)
    {
        var worst = CostEngine.WorstCaseNanoUsd(Ordinary, promptTokensMax, outputTokensMax, choices, unitsMax);
        foreach (var tier in Ordinary.ServiceTiers)
        {
            if (IsPossible(tier.Key))
            {
                worst = Math.Max(worst, CostEngine.WorstCaseNanoUsd(tier.Value, promptTokensMax, outputTokensMax, choices, unitsMax));
            }
        }

        return worst;
    }

    /// <summary>The output a budget pays for in whatever tier the call may be served: the least of <see cref="OutputClamp.Fit"/>; null where one is not worth a call.</summary>
    /// <param name="promptTokensMax">Upper bound of the prompt.</param>
    /// <param name="outputTokensMax">Upper bound of one completion, as asked for.</param>
    /// <param name="choices">Completions asked for.</param>
    /// <param name="budgetNanoUsd">What may be spent at most.</param>
    /// <param name="unitsMax">What else it may use at most.</param>
    public long? Fit(long promptTokensMax, long outputTokensMax, int choices, long budgetNanoUsd, ReadOnlySpan<UnitQuantity> unitsMax)
    {
        var least = OutputClamp.Fit(Ordinary, promptTokensMax, outputTokensMax, choices, budgetNanoUsd, unitsMax);
        foreach (var tier in Ordinary.ServiceTiers)
        {
            if (least is { } fits && IsPossible(tier.Key))
            {
                // Each fit is the bound of the next, so the last is the least.
                least = OutputClamp.Fit(tier.Value, promptTokensMax, fits, choices, budgetNanoUsd, unitsMax);
            }
        }

        return least >= Math.Min(OutputClamp.FloorTokens, outputTokensMax) ? least : null;
    }

    private bool IsPossible(string tier) => IsProvidersChoice || tier == Asked;
}
