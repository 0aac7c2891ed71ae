using System.Text;
using AiOrchestrator.Core.Gateway.Responses;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Traffic;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>Chooses who serves the call and pins the price it is held and charged by.</summary>
internal static class ChooseRoute
{
    public static ApiFailure? Run(Exchange exchange, HealthBook health)
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
        else if (Router.Choose(exchange.Providers, exchange.Request.Model, exchange.Call, health, out route, out var reason) is { } failure)
        {
            return failure;
        }
        else if (exchange.Request.PreviousResponseId is { } previous && Follow(exchange, previous, ref route) is { } unknown)
        {
            return unknown;
        }
        else
        {
            exchange.RouteReason = reason;
        }

        exchange.Route = route;
        if (route!.Provider.Quirks?.Drops("service_tier") == true)
        {
            // It is not asked for there, and so neither held nor charged for.
            exchange.Request.ServiceTier = null;
        }

        exchange.AnswerFacts.Format = route.Provider.FormatOf(exchange.Call).Usage is var usage and not UsageFormat.OpenAiChat ? usage : UsageFormats.OfChat(route.Model.Price.Provider);
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

    /// <summary>What goes on with a response goes on where it lies; whose it is is decided by its seal.</summary>
    private static ApiFailure? Follow(Exchange exchange, string previous, ref Route? route)
    {
        if (!exchange.ResponseIds.TryOpen(exchange.Caller, previous, out var response))
        {
            // Where nothing is stored, what is said of that helps more.
            return route!.Provider.FormatOf(exchange.Call) is OpenAiResponsesFormat ? new PreviousResponseNotFound(previous) : null;
        }

        var model = route!.Model.Id;
        exchange.Request.PreviousUpstreamJson = Encoding.ASCII.GetBytes($"\"{response.UpstreamId}\"");
        route = exchange.Providers.RoutesByModel[model].FirstOrDefault(r => r.Provider.Id == response.ProviderId && r.Model.Price.Kind == ModelKind.Chat);
        return route is null ? new PreviousResponseElsewhere(response.ProviderId, model) : null;
    }
}
