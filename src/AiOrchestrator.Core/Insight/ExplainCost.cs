using System.Globalization;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Insight;

/// <summary>
/// Why a call cost what it did, made from its usage event: prices may have changed since. Beside it stands what became of it afterwards. The amounts of the parts, the rounding, what
/// is suspended (taken off) and the adjustment add up to what was charged, exactly.
/// </summary>
public sealed record CostView
{
    /// <summary>The gateway's own id of the call.</summary>
    public required string Id { get; init; }

    /// <summary>The model that was chosen.</summary>
    public string? Model { get; init; }

    /// <summary>Who served it.</summary>
    public string? Provider { get; init; }

    /// <summary>What was charged when it ended.</summary>
    public required string ChargedUsd { get; init; }

    /// <summary>What was held while it ran.</summary>
    public required string HoldUsd { get; init; }

    /// <summary>Claimed above the hold and not charged at once: in suspense until it is reviewed.</summary>
    public required string SuspendedUsd { get; init; }

    /// <summary>What its review came to: <c>open</c>, <c>accepted</c>, <c>rejected</c>, <c>noted</c>; null without one.</summary>
    public string? Review { get; init; }

    /// <summary>Of one call, what its review charged later; null while it is open, where there was nothing to decide.</summary>
    public string? ChargedLaterUsd { get; init; }

    /// <summary>Of one call, what was given back because it came to nothing after it had ended; null where nothing was, and in lists.</summary>
    public string? RefundedUsd { get; init; }

    /// <summary>What it comes to after re-ratings, what a review charged included; null where none corrected it.</summary>
    public string? ReratedUsd { get; init; }

    /// <summary>What the call costs now.</summary>
    public required string TotalUsd { get; init; }

    /// <summary>What rounding up to the next nano-dollar added to the sum of the parts.</summary>
    public required string RoundingUsd { get; init; }

    /// <summary>What was charged beside its parts, or not for all of them: a free quota, a cap, or a call from before parts were kept.</summary>
    public required string AdjustmentUsd { get; init; }

    /// <summary>What it would have cost at list price; null where that is what was charged.</summary>
    public string? ListCostUsd { get; init; }

    /// <summary><c>reported</c> by the provider, or <c>counted</c> by the gateway; null when nothing was used.</summary>
    public string? UsageSource { get; init; }

    /// <summary>As the provider reports it.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>The prompt was longer than this many tokens, and the whole call is charged by the prices above it; null in the lowest tier.</summary>
    public long? AboveInputTokens { get; init; }

    /// <summary>Where the prices come from.</summary>
    public string? PriceSource { get; init; }

    /// <summary>The prices' effective date; null where the source names none.</summary>
    public string? PriceFrom { get; init; }

    /// <summary>The organisation's own price; null where it was the catalogue's.</summary>
    public string? PriceId { get; init; }

    /// <summary>The plan's multiplier, which the unit prices hold already; null without a plan.</summary>
    public string? PriceMultiplier { get; init; }

    /// <summary>The parts.</summary>
    public required IReadOnlyList<CostLineView> Lines { get; init; }
}

/// <summary>One part of a cost.</summary>
/// <param name="Component">A class of tokens, or a unit and its qualifier, as the price file names them.</param>
/// <param name="Quantity">How many, as decimal text.</param>
/// <param name="Unit"><c>token</c>, or the unit.</param>
/// <param name="UnitUsd">US dollars for <paramref name="Per"/> of them.</param>
/// <param name="Per">1,000,000 for tokens; 1 for units, 3600 for seconds priced by the hour.</param>
/// <param name="AmountUsd">The amount, not rounded.</param>
public sealed record CostLineView(string Component, string Quantity, string Unit, string UnitUsd, long Per, string AmountUsd);

/// <summary>Makes the explanation of a call's cost.</summary>
internal static class ExplainCost
{
    private const long TokensPer = 1_000_000;

    public static CostView Of(UsageEvent e)
    {
        var (lines, above) = e.CostLines is { } text ? CostLineText.Parse(text) : (Simple(e), 0);
        var sumNanoUsd = lines.Sum(static line => line.AmountUsd) * NanoUsd.PerUsd;
        var pricedNanoUsd = CostLineText.TotalNanoUsd(lines);
        return new CostView
        {
            Id = e.Id,
            Model = e.Model ?? e.ModelRequested,
            Provider = e.Provider,
            ChargedUsd = NanoUsd.FormatUsd(e.CostNanoUsd),
            HoldUsd = NanoUsd.FormatUsd(e.HoldNanoUsd),
            SuspendedUsd = NanoUsd.FormatUsd(e.SuspendedNanoUsd),
            TotalUsd = NanoUsd.FormatUsd(e.CostNanoUsd),
            RoundingUsd = Plain((pricedNanoUsd - sumNanoUsd) / NanoUsd.PerUsd),
            AdjustmentUsd = NanoUsd.FormatUsd(e.CostNanoUsd + e.SuspendedNanoUsd - pricedNanoUsd),
            ListCostUsd = e.ListCostNanoUsd == 0 ? null : NanoUsd.FormatUsd(e.ListCostNanoUsd),
            UsageSource = e.UsageSource,
            ServiceTier = e.ServiceTier,
            AboveInputTokens = above == 0 ? null : above,
            PriceSource = e.PriceSource,
            PriceFrom = e.PriceFrom,
            PriceId = e.PriceId,
            PriceMultiplier = e.PriceMultiplier,
            Lines = [.. lines.Select(View)],
        };
    }

    /// <summary>An event without parts was charged by its two prices, or not at all.</summary>
    private static IReadOnlyList<CostLine> Simple(UsageEvent e)
    {
        if (e.UsageSource is null)
        {
            return [];
        }

        var lines = new List<CostLine>(2);
        Add("input", e.PromptTokens, e.InputUsdPerMillion);
        Add("output", e.CompletionTokens, e.OutputUsdPerMillion);
        return lines;

        void Add(string component, long tokens, string? usdPerMillion)
        {
            if (tokens > 0 && decimal.TryParse(usdPerMillion, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var usd))
            {
                lines.Add(new CostLine(component, tokens, usd, TokensPer, tokens * usd / TokensPer));
            }
        }
    }

    private static CostLineView View(CostLine line) => new(
        line.Component,
        Plain(line.Quantity),
        line.Per == TokensPer ? "token" : line.Component.Split('/')[0],
        Plain(line.UnitUsd),
        line.Per,
        Plain(line.AmountUsd));

    private static string Plain(decimal amount) => amount.ToString("0.############################", CultureInfo.InvariantCulture);
}
