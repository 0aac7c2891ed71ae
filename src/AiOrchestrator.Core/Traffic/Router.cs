using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Traffic.Decision;

namespace AiOrchestrator.Core.Traffic;

/// <summary>
/// Chooses who serves a call: the first provider, by priority, that serves the model and is not UNAVAILABLE; where all are, the first, for health
/// alone refuses no call. Never one at which it is dead.
/// </summary>
public static class Router
{
    private const string ByPriority = "priority";
    private const string ByHealth = "health";

    /// <summary>Finds the route of a model.</summary>
    /// <param name="model">The model that serves the call.</param>
    /// <param name="call">The call it is for.</param>
    /// <param name="unixMs">When.</param>
    /// <param name="health">How the providers are.</param>
    /// <param name="route">The route when null is returned.</param>
    /// <param name="reason">Why this one: <c>priority</c>, or <c>health</c> where one before it is UNAVAILABLE.</param>
    /// <param name="isBatched">Whether it is one of the calls of a batch: only providers that have batches take those.</param>
    public static ApiFailure? Choose(KnownModel model, ModelCall call, long unixMs, HealthBook health, out Route? route, out string reason, bool isBatched = false)
    {
        route = null;
        reason = ByPriority;
        var traits = call.Traits();
        var isServed = false;
        foreach (var candidate in model.Routes)
        {
            if (candidate.Life.IsDeadAt(unixMs) || !Eligibility.Serves(candidate, call))
            {
                continue;
            }

            if (isBatched && !Eligibility.TakesBatches(candidate, call))
            {
                isServed = true;
                continue;
            }

            if (model.Routes.Count == 1 || health.StatusOf(candidate) != HealthStatus.Unavailable)
            {
                reason = route is null ? ByPriority : ByHealth;
                route = candidate;
                return null;
            }

            route ??= candidate;
        }

        return route is not null ? null : isServed ? new BatchesNotServed(model.Id) : new WrongModelKind(model.Id, traits.Needs);
    }
}
