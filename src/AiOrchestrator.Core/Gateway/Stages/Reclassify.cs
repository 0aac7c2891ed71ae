using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Traffic.Queueing;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// A call whose kind the gateway has guessed, and whose prompt the model found too long, is of another kind than was thought (RT-08): it is decided once more, as
/// long context, and goes on as an exchange of its own to whoever has not been asked and reads more. Any other failure says nothing of the kind of work.
/// </summary>
internal sealed class Reclassify(
    CallFactsOf facts, DecideRoute decide, PrepareRoutes prepare, ProviderQueues queues, CallerLimits limits, HoldMoney hold, TryRoutes tries, Succession succession, TellHealth health)
{
    /// <summary>Null where the caller has its answer after all, else the failure that is told.</summary>
    /// <param name="first">The call, which has been tried.</param>
    /// <param name="failure">How that ended.</param>
    public async ValueTask<ApiFailure?> RunAsync(Exchange first, ApiFailure failure)
    {
        var exchange = first.Last;
        if (exchange.Plan is not { IsGuessed: true } || !TooLong.Says(failure) || exchange.Context.Response.HasStarted || exchange.ClientGone || exchange.IsSettled
            || exchange.Request.PreviousResponseId is not null || Decide(exchange) is not { } plan)
        {
            return failure;
        }

        if (!exchange.IsNoted)
        {
            exchange.NoteFailed(failure);
        }

        health.Run(exchange);
        SettleExchange.NoteRates(exchange, Charge.Of(exchange));
        var going = succession.After(exchange);
        RouteHeaders.Forget(exchange);
        (going.Plan, going.RouteReason, going.PlanHoldNanoUsd) = (plan, plan.Reason, 0);
        if (prepare.Run(going) is not null || await limits.RerouteAsync(going) is not null || await hold.RunAsync(going) is not null)
        {
            Succession.Undo(exchange, going);
            return failure;
        }

        return await tries.RunAsync(going);
    }

    /// <summary>Who else is to be asked; null for nobody.</summary>
    private RoutePlan? Decide(Exchange exchange)
    {
        var known = facts.Of(exchange);
        var window = exchange.Route!.Model.Limits.ContextWindowTokens ?? 0;
        var longer = known with { CategoryAsked = TaskCategory.LongContext, PromptTokens = Math.Max(Math.Max(known.PromptTokens, exchange.PromptTokensExpected), window + 1) };
        if (decide.Run(new DecisionRequest(longer, exchange.Caller.Key!, exchange.Providers.Models, exchange.Prices), out var plan) is not null
            || plan!.ExperimentId is not null || (plan.Rule?.Action.Set is not null && plan.Rule.Id != exchange.Plan!.Rule?.Id))
        {
            // What a rule or an experiment sets has been set already, or is not set any more.
            return null;
        }

        plan.Candidates = [.. plan.Candidates
            .Where(c => !IsTried(exchange, c) && !queues.StandsBefore(exchange.Caller.OrganisationId, c.Route.Provider.Id, exchange.Waits.Priority))
            .Take(plan.MaxAttempts - exchange.FailedAttempts.Count)];
        return plan.Candidates.Count == 0 ? null : plan;
    }

    private static bool IsTried(Exchange exchange, Candidate candidate) =>
        (candidate.Route.Provider.Id == exchange.Route!.Provider.Id && candidate.Route.Model.Id == exchange.Route.Model.Id)
        || exchange.FailedAttempts.Any(a => a.Provider == candidate.Route.Provider.Id && a.Model == candidate.Route.Model.Id);
}
