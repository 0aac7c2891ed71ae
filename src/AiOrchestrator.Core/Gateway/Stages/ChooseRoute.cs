using AiOrchestrator.Core.Gateway.Videos;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Traffic;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>Chooses who serves the call and pins the price it is held and charged by.</summary>
internal static class ChooseRoute
{
    public static ApiFailure? Run(Exchange exchange)
    {
        var now = exchange.Arrived.ToUnixTimeMilliseconds();
        if ((exchange.Source is { } source ? FindSource(exchange, source, now, out var route) : Find(exchange, now, out route)) is { } failure)
        {
            return failure;
        }

        exchange.Route = route;
        ModelNotices.Write(exchange, now);
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

    private static ApiFailure? Find(Exchange exchange, long now, out Route? route)
    {
        var found = exchange.Providers.Models.Find(exchange.Request.Model, now);
        route = null;
        if (ModelAccess.Check(exchange.Caller.Key!, found) is { } refused)
        {
            return refused;
        }

        exchange.Found = found;
        return Router.Choose(found.Serving!, exchange.Call, now, out route);
    }

    /// <summary>What is made of a video is made where it lies, by what made it: nothing takes the place of that.</summary>
    private static ApiFailure? FindSource(Exchange exchange, VideoJob source, long now, out Route? route)
    {
        route = null;
        if (!exchange.Caller.Key!.AllowsModel(source.Model))
        {
            return ModelNotAllowed.Instance;
        }

        var models = exchange.Providers.Models;
        route = models.RouteAt(source.Provider, source.Model);
        exchange.Found = models.Find(source.Model, now);
        return route is null ? new VideoProviderGone(source.Provider)
            : route.Life.IsDeadAt(now) ? new ModelRetired(source.Model, route.Life.RetiredUnixMs)
            : null;
    }
}
