using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Anthropic;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Providers.Reranking;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>The most the call can cost: an upper bound of its prompt and n times its enforced output, at the pinned price.</summary>
internal sealed class EstimateCost(CountingRatios ratios)
{
    public ApiFailure? Run(Exchange exchange)
    {
        var (provider, model) = (exchange.Route!.Provider, exchange.Route.Model);
        var limits = model.LimitsFor(exchange.Call);
        exchange.AnswerFacts.CountBy(model.Family, ratios.Completion(provider.Id, model.Id).Ratio ?? 1);
        if (exchange.Call.Traits().IsMedia)
        {
            return EstimateMedia.Run(exchange);
        }

        if (Count(exchange, model.Family, limits, out var shape) is { } invalid)
        {
            return invalid;
        }

        var estimate = PromptEstimator.Estimate(shape, model.Family, limits, ratios.Prompt(provider.Id, model.Id).Ratio ?? 1);
        if ((estimate.PromptTokensMax ?? WhereFree(exchange)) is not { } promptTokensMax)
        {
            return new CostUnbounded(
                $"The request names content of unknown size, and the context window of '{exchange.Route.Model.Id}' is not known: set context_window_tokens on the provider's model.");
        }

        exchange.PromptTokensMax = promptTokensMax;
        exchange.PromptTokensExpected = estimate.PromptTokensExpected;
        exchange.PromptTokensCounted = estimate.PromptTokensCounted;
        exchange.PromptIsText = shape.IsText;
        if (exchange.Call.Traits().Kind == ModelKind.Chat && BoundOutput(exchange, limits) is { } failure)
        {
            return failure;
        }

        if (SearchesWeb(exchange) && AddSearches(exchange) is { } unpriced)
        {
            return unpriced;
        }

        exchange.HoldNanoUsd = exchange.Billing.WorstCaseNanoUsd(
            exchange.PromptTokensMax, exchange.OutputTokensMax, exchange.Request.Choices, exchange.UnitsMax);
        return null;
    }

    private static ApiFailure? Count(Exchange exchange, ModelFamily family, ModelLimits limits, out PromptShape shape) => exchange.Call switch
    {
        ModelCall.Messages => AnthropicPromptCounter.Count(exchange.Body, exchange.Request, family, limits, out shape),
        ModelCall.Responses => OpenAiResponsesPromptCounter.Count(exchange.Body, exchange.Request, family, limits, out shape),
        ModelCall.Completions => CountCompletion(exchange, family, limits, out shape),
        ModelCall.Rerank => CountRerank(exchange, family, limits, out shape),
        _ => OpenAiPromptCounter.Count(exchange.Body, exchange.Call, exchange.Request, family, limits, out shape),
    };

    /// <summary>A prompt as it stands, or as the only message of a conversation.</summary>
    private static ApiFailure? CountCompletion(Exchange exchange, ModelFamily family, ModelLimits limits, out PromptShape shape)
    {
        var failure = OpenAiPromptCounter.Count(exchange.Body, exchange.Call, exchange.Request, family, limits, out shape);
        if (!exchange.Route!.Provider.Completes(exchange.Route.Model))
        {
            shape.FormatTokens += family.TokensPerRequest + ((family.TokensPerMessage + (family.CountsRoles ? 1L : 0)) * exchange.Request.Messages);
        }

        return failure;
    }

    /// <summary>Where the price has searches they are what is charged, and tokens where it has those.</summary>
    private static UnitPriceUnknown? CountRerank(Exchange exchange, ModelFamily family, ModelLimits limits, out PromptShape shape)
    {
        var searches = RerankCounter.Count(exchange.Body, exchange.Request, family, limits, out shape);
        var price = exchange.Price!;
        if (price.Prices(PriceUnit.FileSearch))
        {
            exchange.UnitsMax = [new UnitQuantity(PriceUnit.FileSearch, null, searches.MaxMilli)];
            exchange.UnitsExpected = [new UnitQuantity(PriceUnit.FileSearch, null, searches.ExpectedMilli)];
            return null;
        }

        return price.HasTokenPrices || price.Units.Request is not null ? null : new UnitPriceUnknown(exchange.Route!.Model.Id, "file_search", "model");
    }

    /// <summary>What costs nothing needs no bound: null where a prompt costs anything.</summary>
    private static long? WhereFree(Exchange exchange) =>
        exchange.Billing.WorstCaseNanoUsd(TokenUsage.MaxTokens, 0, 1, []) == exchange.Billing.WorstCaseNanoUsd(0, 0, 1, []) ? TokenUsage.MaxTokens : null;

    /// <summary>Asked to, or a model that does nothing else (https://platform.openai.com/docs/guides/tools-web-search: those named search-preview or search-api).</summary>
    private static bool SearchesWeb(Exchange exchange) => exchange.Request.SearchesWeb
        || exchange.Route!.Model.UpstreamId.Contains("search-preview", StringComparison.Ordinal)
        || exchange.Route!.Model.UpstreamId.Contains("search-api", StringComparison.Ordinal);

    /// <summary>Each choice searches once; what is reported takes the place of that.</summary>
    private static ApiFailure? AddSearches(Exchange exchange)
    {
        if (!exchange.Price!.Prices(PriceUnit.WebSearch))
        {
            return !exchange.Request.SearchesWeb ? new UnitPriceUnknown(exchange.Route!.Model.Id, "web_search", "model") : new UnsupportedParameter(
                "web_search_options", $"'web_search_options' is billed by the search, and the price of '{exchange.Route!.Model.Id}' says nothing of searches.");
        }

        exchange.UnitsMax = exchange.UnitsExpected = [new UnitQuantity(PriceUnit.WebSearch, null, exchange.Request.Choices * 1000L)];
        return null;
    }

    private static ApiFailure? BoundOutput(Exchange exchange, ModelLimits limits)
    {
        var most = limits.MaxOutputTokens ?? limits.ContextWindowTokens;
        var request = exchange.Request;
        if (most is { } bound && request.RequestedOutputTokens > bound)
        {
            return new OutputLimitTooLarge(LimitName(exchange, bound), request.RequestedOutputTokens.Value, bound);
        }

        if ((request.RequestedOutputTokens ?? most) is not { } outputTokensMax)
        {
            return new CostUnbounded(
                $"The request sets no {LimitName(exchange, 0)}, and how much '{exchange.Route!.Model.Id}' can generate is not known: set {LimitName(exchange, 0)}, or max_output_tokens on the provider's model.");
        }

        if (outputTokensMax > TokenUsage.MaxTokens)
        {
            return new OutputLimitTooLarge(LimitName(exchange, 0), outputTokensMax, TokenUsage.MaxTokens);
        }

        exchange.OutputTokensMax = outputTokensMax;
        return null;
    }

    /// <summary>What the caller's dialect calls the bound, of the two in chat completions the one that is beyond.</summary>
    internal static string LimitName(Exchange exchange, long beyond) => exchange.Call == ModelCall.Responses ? "max_output_tokens"
        : exchange.Request.MaxCompletionTokens > beyond ? "max_completion_tokens"
        : "max_tokens";
}
