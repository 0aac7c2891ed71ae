using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
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

        Route? route;
        if (exchange.Source is { } source)
        {
            // What is made of a video is made where it lies.
            route = source.RouteIn(exchange.Providers);
            if (route is null)
            {
                return new VideoProviderGone(source.Provider);
            }
        }
        else if (Router.Choose(exchange.Providers, exchange.Request.Model, exchange.Call, out route, exchange.IsBatched) is { } failure)
        {
            return failure;
        }

        exchange.Route = route;
        if (route!.Provider.Quirks?.Drops("service_tier") == true)
        {
            // It is not asked for there, and so neither held nor charged for.
            exchange.Request.ServiceTier = null;
        }

        exchange.AnswerFacts.Format = UsageOf(route, exchange.Call);
        exchange.Pinned = exchange.Prices.Find(route.Model.Priced, exchange.Arrived);
        if (exchange.Pinned is null)
        {
            return new PriceUnknown(route.Model.Id);
        }

        // A service tier is billed at prices of its own; without them it is not asked for.
        return exchange.Billing.IsUnknown
            ? new UnsupportedParameter(
                "service_tier", $"'service_tier: {exchange.Request.ServiceTier}' is billed at prices of its own, and '{route.Model.Id}' has none for it here.")
            : null;
    }

    /// <summary>How the provider of a route writes usage down.</summary>
    public static UsageFormat UsageOf(Route route, ModelCall call) =>
        route.Provider.FormatOf(call).Usage is var usage and not UsageFormat.OpenAiChat ? usage : UsageFormats.OfChat(route.Model.Price.Provider);
}
