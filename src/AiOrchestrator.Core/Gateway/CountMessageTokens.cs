using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Anthropic;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Gateway;

/// <summary>Anthropic's way to ask for a prompt's tokens, for any model. Calls nobody and charges nothing.</summary>
internal sealed class CountMessageTokens(ProviderDirectory providers, CountingRatios ratios, TimeProvider time)
{
    public Result<CountTokensReply> Execute(ApiKey key, byte[] body)
    {
        var members = RequestBody.Parse(body);
        if (members.Failed)
        {
            return members.Failure;
        }

        if (members.Value.Text("model", 256, required: true) is not { } name)
        {
            return new MissingParameter("model");
        }

        if (CountedModel.Find(providers.Current, key, name, time.GetUtcNow(), out var route) is { } failure)
        {
            return failure;
        }

        var (family, limits) = (route!.Model.Family, route.Model.Limits);
        if (AnthropicPromptCounter.Count(members.Value, family, limits, out var shape) is { } invalid)
        {
            return invalid;
        }

        var ratio = ratios.Prompt(route.Provider.Id, route.Model.Id).Ratio ?? 1;
        return CountedModel.Total(shape, family, limits, ratio, out var tokens) is { } unknown ? unknown : new CountTokensReply(tokens);
    }
}
