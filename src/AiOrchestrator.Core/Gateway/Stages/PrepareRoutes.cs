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

        var count = Math.Min(plan.Candidates.Count, plan.MaxAttempts);
        if (count == 1)
        {
            return Finish(exchange, Prepare(exchange, 0));
        }

        // From the last to the first, so that the first is what stands in the end.
        var usable = new List<Candidate>(count);
        ApiFailure? first = null;
        long holdNanoUsd = 0;
        for (var index = count - 1; index >= 0; index--)
        {
            first = Prepare(exchange, index);
            if (first is null)
            {
                usable.Insert(0, plan.Candidates[index]);
                holdNanoUsd = Math.Max(holdNanoUsd, exchange.HoldNanoUsd);
            }
        }

        if (usable.Count == 0)
        {
            return first;
        }

        plan.Candidates = usable;
        var failure = first is null ? null : Prepare(exchange, 0);
        exchange.OwnHoldNanoUsd = exchange.HoldNanoUsd;
        exchange.HoldNanoUsd = exchange.PlanHoldNanoUsd = holdNanoUsd;
        ModelNotices.Write(exchange, exchange.Arrived.ToUnixTimeMilliseconds());
        return failure;
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
            (exchange.ClampedTo, exchange.OutputTokensMax, exchange.HoldNanoUsd) = (clampedTo, outputTokensMax, heldNanoUsd);
            return failure;
        }

        if (exchange.Hold.Path is null)
        {
            // Nothing is held yet: what is to be held covers this one, and the others.
            heldNanoUsd = Math.Max(exchange.HoldNanoUsd, exchange.PlanHoldNanoUsd);
        }

        var isCovered = exchange.HoldNanoUsd <= heldNanoUsd;
        exchange.HoldNanoUsd = heldNanoUsd;
        ModelNotices.Write(exchange, exchange.Arrived.ToUnixTimeMilliseconds());
        return failure ?? (isCovered ? null : new NoModelAvailable("the hold does not cover it", first: null));
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
