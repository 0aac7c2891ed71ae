using System.Buffers;
using AiOrchestrator.Core.Gateway.Batches;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Traffic.Decision;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Takes the place of all that is read, chosen and estimated of one call, for a batch of many: its file was looked at line by line when it was uploaded, and
/// lies at the provider that serves it. What all of them may cost is reckoned by the prices of now, and what the organisation says of its traffic is asked anew.
/// </summary>
internal sealed class TakeOrder(DecideRoute decide, CallFactsOf facts, TimeProvider time)
{
    public ApiFailure? Run(Exchange exchange, BatchOrder order)
    {
        var (file, input) = (order.File, order.Input);
        exchange.Request.Model = input.Model;
        exchange.Route = input.RouteIn(exchange.Providers, file.Provider);
        if (exchange.Route is not { } route || !input.IsOf(route))
        {
            return new FileProviderGone(file.Provider);
        }

        var now = exchange.Arrived.ToUnixTimeMilliseconds();
        if (route.Life.IsDeadAt(now))
        {
            return new ModelRetired(input.Model, route.Life.RetiredUnixMs);
        }

        exchange.Found = FoundNow(exchange.Providers.Models, input, now);
        if (ModelAccess.Check(exchange.Caller.Key!, exchange.Found) is { } refused)
        {
            return refused;
        }

        ModelNotices.Write(exchange, now);
        exchange.Request.ServiceTier = PriceTerms.Batch;
        exchange.Pinned = exchange.Prices.Find(route.Model.Priced, exchange.Arrived);
        if (exchange.Pinned is null)
        {
            return new PriceUnknown(route.Model.Id);
        }

        exchange.PromptTokensExpected = input.PromptTokensExpected;
        exchange.PromptTokensMax = input.PromptTokensMax;
        exchange.OutputTokensMax = input.CompletionTokensMax;
        exchange.HoldNanoUsd = input.WorstCaseNanoUsd(exchange.Billing.Served(answered: null).Price);
        var body = ArrayPool<byte>.Shared.Rent(order.Body.Length);
        order.Body.CopyTo(body);
        exchange.SetBody(body, order.Body.Length);

        // As a whole: its words lie at the provider, and nobody reads them any more.
        exchange.OrderFacts = facts.Of(exchange) with
        {
            PromptTokens = input.PromptTokensExpected,
            OutputTokensMax = input.CompletionTokensMax,
            ReadText = null,
            Classify = null,
            EstimateCost = _ => exchange.HoldNanoUsd,
        };
        return LookAgain(exchange);
    }

    /// <summary>Whether it may still go there: it may have waited since, and what is sent goes on for a day. Null for any other call.</summary>
    public ApiFailure? LookAgain(Exchange exchange) => exchange.OrderFacts is { } known
        ? decide.Refuse(known with { UnixMs = time.GetUtcNow().ToUnixTimeMilliseconds() }, exchange.Route!, exchange.Request.Model)
        : null;

    /// <summary>What the file's name for its model leads to now; where that is another model, the model itself.</summary>
    private static FoundModel FoundNow(ModelMap models, BatchInput input, long now) =>
        input.Named is { } name && models.Find(name, now) is var found && found.Serving?.Id == input.Model ? found : models.Find(input.Model, now);
}
