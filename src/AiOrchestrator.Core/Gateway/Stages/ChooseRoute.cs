using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
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

        if (Router.Choose(exchange.Providers, exchange.Request.Model, exchange.Call, out var route) is { } failure)
        {
            return failure;
        }

        exchange.Route = route;
        exchange.AnswerFacts.Format = UsageFormats.OfChat(route!.Model.Price.Provider);
        exchange.Pinned = exchange.Prices.Find(route.Model.Priced, exchange.Arrived);
        return exchange.Pinned is null ? new PriceUnknown(route.Model.Id) : PinTier(exchange, exchange.Pinned);
    }

    /// <summary>A service tier is billed at prices of its own; without them it is not asked for.</summary>
    private static UnsupportedParameter? PinTier(Exchange exchange, PinnedPrice pinned)
    {
        if (exchange.Request.ServiceTier is not { } tier)
        {
            return null;
        }

        var terms = new PriceTerms(tier);
        if (pinned.Price.For(terms) is not { } price || pinned.ListPrice.For(terms) is not { } list)
        {
            return new UnsupportedParameter("service_tier", $"'service_tier: {tier}' is billed at prices of its own, and '{exchange.Route!.Model.Id}' has none for it here.");
        }

        exchange.Ordinary = pinned.Price;
        exchange.Pinned = pinned with { Price = price, ListPrice = list };
        return null;
    }
}
