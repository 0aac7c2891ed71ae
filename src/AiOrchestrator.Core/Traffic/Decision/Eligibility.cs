using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Decision;

/// <summary>Whether a route can serve a call at all.</summary>
internal static class Eligibility
{
    /// <summary>Null where it can, or why not.</summary>
    /// <param name="route">The route.</param>
    /// <param name="model">Its model.</param>
    /// <param name="facts">The call.</param>
    /// <param name="isChosenHere">Whether the gateway chose the model: then it must be able to do what the call needs. What a caller names is its own choice.</param>
    public static ApiFailure? Check(Route route, KnownModel model, CallFacts facts, bool isChosenHere) =>
        route.Life.IsDeadAt(facts.UnixMs) ? new ModelRetired(model.Id, route.Life.RetiredUnixMs)
        : !Serves(route, facts.Call) ? new WrongModelKind(model.Id, facts.Call.Traits().Needs)
        : isChosenHere && Lacks(route, model, facts) is { } lacks ? new ModelIncapable(model.Id, lacks)
        : null;

    /// <summary>Whether the model is of the call's kind, and its provider can be told of it: conversations are translated, and what else a format can say; the rest is only relayed.</summary>
    public static bool Serves(Route route, ModelCall call)
    {
        var traits = call.Traits();
        var format = route.Provider.Format;
        return route.Model.Price.Kind == traits.Kind && ((traits.Kind == ModelKind.Chat && format.HasChat) || format is OpenAiChatFormat || call switch
        {
            ModelCall.Embeddings => format.Embeddings is not null,
            ModelCall.Rerank => format.Rerank is not null,
            ModelCall.Speech => format.Speech is not null,
            _ => false,
        });
    }

    /// <summary>What lies in a file is not translated: the provider must have the call itself.</summary>
    public static bool TakesBatches(Route route, ModelCall call) => route.Provider.HasBatches
        && (call != ModelCall.Responses || route.Provider.HasResponses) && (call != ModelCall.Completions || route.Provider.Completes(route.Model));

    /// <summary>The first thing it cannot do of what the call needs; null for none. Where nobody has said what a model can do, it is taken at its word.</summary>
    private static string? Lacks(Route route, KnownModel model, CallFacts facts)
    {
        var (needs, known) = (facts.Needs, model.Capabilities);
        if (route.Model.Limits.ContextWindowTokens is { } window && facts.PromptTokens > window)
        {
            return "a prompt of this length";
        }

        if (model.Entry is null && model.Own is null && known is (ModelCapabilities.None or ModelCapabilities.Text))
        {
            return null;
        }

        return (needs & CallNeeds.Vision) != CallNeeds.None && !known.Cover(ModelCapabilities.Vision) ? "images"
            : (needs & CallNeeds.AudioIn) != CallNeeds.None && !known.Cover(ModelCapabilities.AudioIn) ? "sound"
            : (needs & CallNeeds.AudioOut) != CallNeeds.None && !known.Cover(ModelCapabilities.AudioOut) ? "the wish to speak"
            : null;
    }
}
