using System.Text;
using AiOrchestrator.Core.Gateway.Responses;
using AiOrchestrator.Core.Gateway.Videos;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Traffic;
using AiOrchestrator.Core.Traffic.Decision;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>Chooses who serves the call and pins the price it is held and charged by.</summary>
internal static class ChooseRoute
{
    public static ApiFailure? Run(Exchange exchange, HealthBook health)
    {
        var now = exchange.Arrived.ToUnixTimeMilliseconds();
        if ((exchange.Source is { } source ? FindSource(exchange, source, now, out var route) : Find(exchange, health, now, out route)) is { } failure)
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

    private static ApiFailure? Find(Exchange exchange, HealthBook health, long now, out Route? route)
    {
        var found = exchange.Providers.Models.Find(exchange.Request.Model, now);
        route = null;
        if (ModelAccess.Check(exchange.Caller.Key!, found) is { } refused)
        {
            return refused;
        }

        exchange.Found = found;
        if (Router.Choose(found.Serving!, exchange.Call, now, health, out route, out var reason, exchange.IsBatched) is { } failure)
        {
            return failure;
        }

        exchange.RouteReason = reason;
        return exchange.Request.PreviousResponseId is { } previous ? Follow(exchange, previous, now, ref route) : null;
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

    /// <summary>What goes on with a response goes on where it lies; whose it is is decided by its seal.</summary>
    private static ApiFailure? Follow(Exchange exchange, string previous, long now, ref Route? route)
    {
        if (!exchange.ResponseIds.TryOpen(exchange.Caller, previous, out var response))
        {
            // Where nothing is stored, what is said of that helps more.
            return route!.Provider.FormatOf(exchange.Call) is OpenAiResponsesFormat ? new PreviousResponseNotFound(previous) : null;
        }

        var model = route!.Model.Id;
        exchange.Request.PreviousUpstreamJson = Encoding.ASCII.GetBytes($"\"{response.UpstreamId}\"");
        route = exchange.Providers.Models.RouteAt(response.ProviderId, model);
        return route?.Model.Price.Kind != ModelKind.Chat || route.Life.IsDeadAt(now) ? new PreviousResponseElsewhere(response.ProviderId, model) : null;
    }
    /// <summary>How the provider of a route writes usage down.</summary>
    public static UsageFormat UsageOf(Route route, ModelCall call) =>
        route.Provider.FormatOf(call).Usage is var usage and not UsageFormat.OpenAiChat ? usage : UsageFormats.OfChat(route.Model.Price.Provider);
}
