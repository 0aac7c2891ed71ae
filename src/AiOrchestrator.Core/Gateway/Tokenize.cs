using System.Text.Json;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Traffic.Decision;

namespace AiOrchestrator.Core.Gateway;

/// <summary>Counts texts by a model's tokenizer, or a conversation by its family's rules. Calls nobody and charges nothing.</summary>
internal sealed class Tokenize(ProviderDirectory providers, CountingRatios ratios, TimeProvider time)
{
    /// <summary>Most texts in one request.</summary>
    private const int MaxInputs = 2048;

    public Result<TokenizeReply> Execute(ApiKey key, byte[] body)
    {
        var members = RequestBody.Parse(body);
        if (members.Failed)
        {
            return members.Failure;
        }

        var asked = members.Value;
        var name = asked.Text("model", 256, required: true);
        var withIds = asked.Flag("ids") ?? false;
        var isChat = asked.Has("messages");
        var input = asked.Raw("input");
        if (isChat == (input is not null))
        {
            asked.Problem("input", "is needed, or 'messages': one of the two");
        }

        if ((isChat ? null : asked.Finish()) is { } invalid)
        {
            return invalid;
        }

        if (name is null || asked.HasProblems)
        {
            return asked.Finish()!;
        }

        return CountedModel.Find(providers.Current, key, name, time.GetUtcNow(), out var route) is { } failure ? failure
            : withIds && (isChat || !route!.Model.Family.IsExact) ? IdsUnknown(isChat, name)
            : isChat ? CountChat(name, route!, body)
            : CountTexts(name, route!.Model.Family, input!.Value, withIds);
    }

    private static InvalidParameter IdsUnknown(bool isChat, string model) => new("ids", isChat
        ? "'ids' are told of 'input', not of 'messages'."
        : $"'ids' are not known of '{model}': its tokenizer is not published, and its tokens are estimated.");

    private static Result<TokenizeReply> CountTexts(string name, ModelFamily family, JsonElement input, bool withIds)
    {
        var isText = input.ValueKind == JsonValueKind.String;
        if (!isText && (input.ValueKind != JsonValueKind.Array || input.GetArrayLength() > MaxInputs
            || input.EnumerateArray().Any(static i => i.ValueKind != JsonValueKind.String)))
        {
            return new InvalidParameter("input", $"'input' must be a string, or an array of at most {MaxInputs} strings.");
        }

        var texts = isText ? [input.GetString()!] : input.EnumerateArray().Select(static i => i.GetString()!).ToArray();
        var counts = texts.Select(t => family.Scale(family.Tokenizer.Count(t))).ToArray();
        return new TokenizeReply(
            name, family.CountsWith, family.IsExact, counts.Sum(), isText ? null : counts, withIds ? [.. texts.Select(t => Ids(family, t))] : null);
    }

    private static List<int> Ids(ModelFamily family, string text)
    {
        var ids = new List<int>();
        family.Tokenizer.Encode(text, ids);
        return ids;
    }

    private Result<TokenizeReply> CountChat(string name, Route route, byte[] body)
    {
        var (family, limits) = (route.Model.Family, route.Model.Limits);
        var facts = new RequestFacts();
        var shape = default(PromptShape);
        if ((OpenAiRequestReader.Read(body, ModelCall.ChatCompletions, facts)
            ?? OpenAiPromptCounter.Count(body, ModelCall.ChatCompletions, facts, family, limits, out shape)) is { } failure)
        {
            return failure;
        }

        var ratio = ratios.Prompt(route.Provider.Id, route.Model.Id).Ratio ?? 1;
        return CountedModel.Total(shape, family, limits, ratio, out var tokens) is { } unknown
            ? unknown
            : new TokenizeReply(name, family.CountsWith, family.IsExact, tokens, Counts: null, Ids: null);
    }
}

/// <summary>What the two ways to count have in common.</summary>
internal static class CountedModel
{
    /// <summary>The route a call would take: of a model that has ended, that of what takes its place; or why there is none.</summary>
    public static ApiFailure? Find(ProviderSnapshot providers, ApiKey key, string name, DateTimeOffset at, out Route? route)
    {
        var now = at.ToUnixTimeMilliseconds();
        var found = providers.Models.Find(name, now);
        var refused = ModelAccess.Check(key, found);
        route = refused is null ? found.Serving!.Routes.First(r => !r.Life.IsDeadAt(now)) : null;
        return refused;
    }

    /// <summary>The tokens expected; or that the request names what nobody here can size.</summary>
    public static ApiFailure? Total(in PromptShape shape, ModelFamily family, Metering.ModelLimits limits, double ratio, out long tokens)
    {
        tokens = PromptEstimator.Estimate(shape, family, limits, ratio).PromptTokensExpected;
        return shape.HasUnboundedContent
            ? new UnsupportedParameter("messages", "The request names content whose tokens cannot be counted here, such as files, or images of unknown size.")
            : null;
    }
}
