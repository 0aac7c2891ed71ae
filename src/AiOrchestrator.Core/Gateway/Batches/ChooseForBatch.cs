using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Traffic;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Experiments;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Traffic.Preferences;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>
/// Chooses who serves one of the calls of a batch: its models are chosen as any call's, but no experiment takes part, since nobody counts its variants there; of
/// their routes it is one that has batches and may serve the call, preferred providers first. Where the calls before it go it goes too, if it may.
/// </summary>
internal sealed class ChooseForBatch(TrafficBook book, DecideRoute decide, HealthBook health, CallFactsOf facts)
{
    private static readonly ExperimentSet NoExperiments = new([]);

    /// <summary>Chooses, and pins the price; the call's body has been read.</summary>
    /// <param name="exchange">The call.</param>
    /// <param name="before">Where those before it go; null for the first.</param>
    /// <param name="outputTokensCap">The most a rule lets it generate, tokens; null for no bound.</param>
    public ApiFailure? Run(Exchange exchange, Route? before, out long? outputTokensCap)
    {
        outputTokensCap = null;
        var known = facts.Of(exchange) with { IsBatched = true };
        var said = book.For(known) with { Experiments = NoExperiments };
        var request = new DecisionRequest(known, exchange.Caller.Key!, exchange.Providers.Models, exchange.Prices);
        if (ChooseTarget.Run(request, said, out var target, trace: null) is { } denied)
        {
            return denied;
        }

        var may = new List<(Route Route, FoundModel Found, int Level)>();
        ApiFailure? first = null;
        var level = 0;
        for (var at = target; at is not null; at = at.Behind, level++)
        {
            foreach (var entry in at.Entries)
            {
                if (Gather(request, at, entry, level, may) is { } failure)
                {
                    first ??= failure;
                }
            }
        }

        if (may.Count == 0)
        {
            return first is not null && (!target!.IsChosenHere || first.Status == 403) ? first : new NoModelAvailable(target!.Reason);
        }

        if (may.TrueForAll(m => health.IsRefused(m.Route)))
        {
            return new CredentialRefused(may[0].Route.Provider.Id);
        }

        may.RemoveAll(m => health.IsRefused(m.Route));
        var same = may.FindIndex(m => IsSame(m.Route, before));
        (exchange.Route, exchange.Found, _) = same >= 0 ? may[same] : may.MinBy(m => (!IsWell(m.Route), m.Level, said.Preferences.Rank(m.Route)));
        outputTokensCap = target!.Rule?.Action.Set?.MaxTokensCap;
        return PinPrice.Run(exchange);
    }

    /// <summary>Adds the routes of one model; tells why there are none.</summary>
    private ApiFailure? Gather(in DecisionRequest request, Target target, ChainEntry entry, int level, List<(Route Route, FoundModel Found, int Level)> may)
    {
        var found = request.Models.Find(entry.Model, request.Facts.UnixMs);
        if (ModelAccess.Check(request.Key, found) is { } refused)
        {
            return refused;
        }

        ApiFailure? why = null;
        var before = may.Count;
        foreach (var route in found.Serving!.Routes)
        {
            if (entry.Provider is { } provider && route.Provider.Id != provider)
            {
                continue;
            }

            if (Rejected(route, found.Serving, request.Facts, target) is { } rejected)
            {
                why = why is null || rejected.Status == 403 ? rejected : why;
                continue;
            }

            may.Add((route, found, level));
        }

        return may.Count > before ? null : why ?? new ModelNotFound(entry.Model);
    }

    private ApiFailure? Rejected(Route route, KnownModel model, CallFacts known, Target target) =>
        Eligibility.Check(route, model, known, target.IsChosenHere)
        ?? decide.Refuse(known, route, model.Id)
        ?? (target.Assignment?.Allows(model.Id) == false ? new ModelBlocked(model.Id, $"it is not among the models of the assignment '{target.Assignment.Id}'")
            : Eligibility.TakesBatches(route, known.Call) ? null
            : new BatchesNotServed(model.Id));

    /// <summary>Health alone refuses no call: who is not well comes last.</summary>
    private bool IsWell(Route route) => health.StatusOf(route) != HealthStatus.Unavailable;

    /// <summary>Rows are read anew all the time: the same route may be another object.</summary>
    private static bool IsSame(Route route, Route? other) =>
        other is not null && route.Provider.Id == other.Provider.Id && route.Model.Id == other.Model.Id && route.Model.UpstreamId == other.Model.UpstreamId;
}
