using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Decision;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>
/// Chooses who serves one of the calls of a batch: by the decision for any call, of those that have batches. Where the calls before it go it goes too, if it may.
/// </summary>
internal sealed class ChooseForBatch(DecideRoute decide, CallFactsOf facts)
{
    /// <summary>Chooses, and pins the price; the call's body has been read.</summary>
    /// <param name="exchange">The call.</param>
    /// <param name="before">Where those before it go; null for the first.</param>
    /// <param name="outputTokensCap">The most a rule lets it generate, tokens; null for no bound.</param>
    public ApiFailure? Run(Exchange exchange, Route? before, out long? outputTokensCap)
    {
        outputTokensCap = null;
        var request = new DecisionRequest(facts.Of(exchange) with { IsBatched = true }, exchange.Caller.Key!, exchange.Providers.Models, exchange.Prices, IsRehearsal: true);
        if (decide.Run(request, out var plan) is { } failure)
        {
            return failure;
        }

        var same = plan!.Candidates.FirstOrDefault(c => IsSame(c.Route, before));
        var chosen = same.Route is null ? plan.Candidates[0] : same;
        (exchange.Route, exchange.Found) = (chosen.Route, chosen.Found);
        outputTokensCap = plan.Rule?.Action.Set?.MaxTokensCap;
        return PinPrice.Run(exchange);
    }

    /// <summary>Rows are read anew all the time: the same route may be another object.</summary>
    private static bool IsSame(Route route, Route? other) =>
        other is not null && route.Provider.Id == other.Provider.Id && route.Model.Id == other.Model.Id && route.Model.UpstreamId == other.Model.UpstreamId;
}
