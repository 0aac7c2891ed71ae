using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Traffic.Classifying;
using AiOrchestrator.Core.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Traffic.Regions;
using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Gateway;

/// <summary>Gathers what is known of a call when it is decided who serves it. What is dear to find out is found out when somebody asks.</summary>
internal sealed class CallFactsOf(LeaseBook leases, TrafficBook traffic, BudgetSight budgets)
{
    private const int MaxTags = 20;
    private const int MaxTagLength = 64;

    /// <summary>A prompt of English has about so many bytes for each token.</summary>
    private const int BytesPerToken = 4;

    /// <summary>The facts of an exchange whose request has been read.</summary>
    public CallFacts Of(Exchange exchange)
    {
        var request = exchange.Request;
        var headers = exchange.Context.Request.Headers;
        var key = exchange.Caller.Key!;
        exchange.Path = leases.PathOf(key.WalletId);
        var (isAutomatic, category) = Automatic(request.Model);
        var needs = PromptReader.Needs(exchange.Body.Span, exchange.Call, request, out var textBytes);
        return new CallFacts
        {
            Call = exchange.Call,
            IsQuestion = AskAsCaller.IsQuestion(exchange),
            Model = request.Model,
            IsAutomatic = isAutomatic,
            CategoryAsked = category,
            Needs = needs,
            FileNames = needs.HasFlag(CallNeeds.Documents) ? PromptReader.FileNames(exchange.Body.Span, request) : [],
            PromptTokens = 1 + (textBytes / BytesPerToken),
            OutputTokensMax = request.RequestedOutputTokens,
            IsStreamed = request.Stream,
            OrganisationId = exchange.Caller.OrganisationId,
            KeyId = key.Id,
            UserId = exchange.Caller.PrincipalId,
            WalletIds = exchange.Path.WalletIds,
            FeatureId = headers.TryGetValue("x-feature-id", out var feature) ? (string?)feature : null,
            Tags = headers.TryGetValue("x-tags", out var tags) ? Tags(tags.ToString()) : [],
            EndUser = request.EndUser,
            Origin = Origin(exchange, key.Id),
            UnixMs = exchange.Arrived.ToUnixTimeMilliseconds(),
            Chance = exchange.Chance,
            ExchangeId = exchange.Id,
            ReadText = _ => PromptReader.Text(exchange.Body.Span, exchange.Call, exchange.Request),
            Classify = TaskClassifier.Classify,
            EstimateCost = facts => CostOf(exchange, facts),
            FindBudgetLeft = facts => budgets.Left(facts.WalletIds),
        };
    }

    private string? Origin(Exchange exchange, string keyId)
    {
        var policy = traffic.RegionsOf(exchange.Caller.OrganisationId);
        if (policy.Stored == StoredRegionPolicy.None)
        {
            return null;
        }

        var headers = exchange.Context.Request.Headers;
        return OriginFinder.Find(
            policy, keyId, exchange.Context.Connection.RemoteIpAddress, headers[OriginFinder.ForwardedHeader].ToString(), headers[OriginFinder.DeclaredHeader].ToString());
    }

    /// <summary>At the model the caller names, by its first route; what it may generate used up.</summary>
    private static long? CostOf(Exchange exchange, CallFacts facts)
    {
        if (facts.IsAutomatic || exchange.Providers.Models.Find(facts.Model, facts.UnixMs).Serving is not { Routes: [var route, ..] }
            || exchange.Prices.Find(route.Model.Priced, exchange.Arrived) is not { } pinned)
        {
            return null;
        }

        var output = facts.OutputTokensMax ?? route.Model.Limits.MaxOutputTokens ?? 0;
        return CostEngine.CostNanoUsd(pinned.Price, new TokenUsage(Math.Min(facts.PromptTokens, TokenUsage.MaxTokens), Math.Min(output, TokenUsage.MaxTokens)));
    }

    private static (bool IsAutomatic, TaskCategory? Category) Automatic(string model)
    {
        const string WithCategory = CallFacts.Automatic + ":";
        return model == CallFacts.Automatic ? (true, null)
            : model.StartsWith(WithCategory, StringComparison.Ordinal) && TaskCategories.Parse(model[WithCategory.Length..]) is { } category ? (true, category)
            : (false, null);
    }

    private static string[] Tags(string given) =>
        [.. given.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(MaxTags).Where(static t => t.Length <= MaxTagLength).Select(static t => t.ToLowerInvariant())];
}
