using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic;
using AiOrchestrator.Core.Traffic.Decision;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Gets a call ready for each route it may take: price, estimate, translation. Whoever cannot be told of it, or has no price, is left out; what is held covers
/// the dearest of the others.
/// </summary>
internal sealed class PrepareRoutes(EstimateCost estimateCost)
{
    /// <summary>Prepares all, and turns to the first.</summary>
    public ApiFailure? Run(Exchange exchange)
    {
        if (exchange.Plan is not { } plan)
        {
            return Finish(exchange, estimateCost.Run(exchange) ?? TranslateRequest.Run(exchange));
        }

        if (plan.Candidates.Count == 1)
        {
            return Finish(exchange, Prepare(exchange, 0));
        }

        var usable = new List<Candidate>(plan.Candidates.Count);
        ApiFailure? first = null;
        long holdNanoUsd = 0;
        for (var index = 0; index < plan.Candidates.Count && usable.Count < plan.MaxAttempts; index++)
        {
            if (Prepare(exchange, index) is { } failure)
            {
                first ??= failure;
                continue;
            }

            usable.Add(plan.Candidates[index]);
            holdNanoUsd = Math.Max(holdNanoUsd, exchange.HoldNanoUsd);
        }

        if (usable.Count == 0)
        {
            return first;
        }

        plan.Candidates = usable;
        var again = Finish(exchange, Prepare(exchange, 0));
        exchange.HoldNanoUsd = exchange.PlanHoldNanoUsd = holdNanoUsd;
        return again;
    }

    /// <summary>Turns to another route once money is held: what is held stays, and must cover it.</summary>
    public ApiFailure? TurnTo(Exchange exchange, int index)
    {
        var heldNanoUsd = exchange.HoldNanoUsd;
        var isSame = index == exchange.CandidateIndex;
        var (clampedTo, outputTokensMax) = (exchange.ClampedTo, exchange.OutputTokensMax);
        var failure = Prepare(exchange, index);
        exchange.OwnHoldNanoUsd = exchange.HoldNanoUsd;
        if (isSame && clampedTo is not null)
        {
            // The bound that could be paid for still holds.
            (exchange.ClampedTo, exchange.OutputTokensMax, exchange.HoldNanoUsd, exchange.OwnHoldNanoUsd) = (clampedTo, outputTokensMax, heldNanoUsd, heldNanoUsd);
            return failure;
        }

        if (exchange.Hold.Path is null)
        {
            // Nothing is held yet: what is to be held covers this one, and the others.
            heldNanoUsd = Math.Max(exchange.HoldNanoUsd, exchange.PlanHoldNanoUsd);
        }

        var isCovered = exchange.HoldNanoUsd <= heldNanoUsd;
        exchange.HoldNanoUsd = heldNanoUsd;
        if (!exchange.IsRacing)
        {
            ModelNotices.Write(exchange, exchange.Arrived.ToUnixTimeMilliseconds());
        }

        return failure ?? (isCovered ? null : new NoModelAvailable("the hold does not cover it"));
    }

    private ApiFailure? Prepare(Exchange exchange, int index)
    {
        exchange.Turn(index);
        return PinPrice.Run(exchange) ?? estimateCost.Run(exchange) ?? TranslateRequest.Run(exchange);
    }

    private static ApiFailure? Finish(Exchange exchange, ApiFailure? failure)
    {
        exchange.OwnHoldNanoUsd = exchange.HoldNanoUsd;
        if (exchange.Route is not null)
        {
            ModelNotices.Write(exchange, exchange.Arrived.ToUnixTimeMilliseconds());
        }

        return failure;
    }
}
