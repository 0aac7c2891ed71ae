using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Decision;

namespace AiOrchestrator.Core.Traffic.Strategies;

/// <summary>What an order depends on beside the candidates themselves.</summary>
/// <param name="Prices">What calls cost the organisation.</param>
/// <param name="At">When.</param>
/// <param name="Tokens">What the call is expected to use.</param>
/// <param name="Chance">The call's own chance: the same call is decided the same way.</param>
/// <param name="Turn">Which turn it is of those who take turns; 0 or higher.</param>
/// <param name="Terms">What the cheapest must meet; null for nothing.</param>
internal readonly record struct OrderTerms(PriceBook Prices, DateTimeOffset At, TokenUsage Tokens, ulong Chance, long Turn, ServiceTerms? Terms)
{
    /// <summary>What the call would cost there; nano-dollars, <see cref="long.MaxValue"/> where that is not known.</summary>
    public long CostNanoUsd(in Candidate candidate) =>
        Prices.Find(candidate.Route.Model.Priced, At) is { } pinned ? CostEngine.CostNanoUsd(pinned.Price, Tokens) : long.MaxValue;

    /// <summary>Whether it meets the terms, as far as its figures are known.</summary>
    public bool Meets(in Candidate candidate) => Terms is not { } terms
        || ((terms.MaxLatencyMs is not { } most || candidate.Cell.P95Us <= most * 1000L) && (terms.MinAvailability is not { } least || candidate.Cell.Availability >= least));
}
