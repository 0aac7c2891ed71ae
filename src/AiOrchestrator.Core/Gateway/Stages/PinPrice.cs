using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>Pins the price a call is held and charged by at its route, and how usage is written down there.</summary>
internal static class PinPrice
{
    public static ApiFailure? Run(Exchange exchange)
    {
        var route = exchange.Route!;
        if (route.Provider.Quirks?.Drops("service_tier") == true)
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
