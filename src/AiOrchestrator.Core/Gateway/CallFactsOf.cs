using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Gateway;

/// <summary>Gathers what is known of a call when it is decided who serves it.</summary>
internal sealed class CallFactsOf(LeaseBook leases)
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
        return new CallFacts
        {
            Call = exchange.Call,
            Model = request.Model,
            IsAutomatic = isAutomatic,
            CategoryAsked = category,
            Needs = (request.Images > 0 ? CallNeeds.Vision : CallNeeds.None) | (request.Tools > 0 ? CallNeeds.Tools : CallNeeds.None),
            PromptTokens = 1 + (request.PromptRange.Length / BytesPerToken),
            OutputTokensMax = request.RequestedOutputTokens,
            IsStreamed = request.Stream,
            OrganisationId = exchange.Caller.OrganisationId,
            KeyId = key.Id,
            UserId = exchange.Caller.PrincipalId,
            WalletIds = exchange.Path.WalletIds,
            FeatureId = headers.TryGetValue("x-feature-id", out var feature) ? (string?)feature : null,
            Tags = headers.TryGetValue("x-tags", out var tags) ? Tags(tags.ToString()) : [],
            EndUser = request.EndUser,
            UnixMs = exchange.Arrived.ToUnixTimeMilliseconds(),
            Chance = exchange.Chance,
        };
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
