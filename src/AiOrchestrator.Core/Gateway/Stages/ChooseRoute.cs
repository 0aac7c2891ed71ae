using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>Chooses who serves the call and pins the price it is held and charged by.</summary>
internal static class ChooseRoute
{
    public static ApiFailure? Run(Exchange exchange)
    {
        // Before it is known whether there is such a model: what a key may not call it need not learn about.
        if (!exchange.Caller.Key!.AllowsModel(exchange.Request.Model))
        {
            return ModelNotAllowed.Instance;
        }

        if (Router.Choose(exchange.Providers, exchange.Request.Model, exchange.Call, out var route) is { } failure)
        {
            return failure;
        }

        exchange.Route = route;
        exchange.Pinned = exchange.Prices.Find(route!.Model.Priced, exchange.Arrived);
        return exchange.Pinned is null ? new PriceUnknown(route.Model.Id) : null;
    }
}
