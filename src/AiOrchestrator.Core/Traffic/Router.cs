using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Traffic;

/// <summary>The model exists but does something else.</summary>
public sealed record WrongModelKind : ApiFailure
{
    /// <summary>Names the model and what the endpoint needs.</summary>
    public WrongModelKind(string model, string needed)
        : base(400, "invalid_request_error", "wrong_model_kind", $"The model '{model}' cannot be used here: this endpoint needs a model for {needed}.") =>
        Param = "model";
}

/// <summary>The model is served, but by no provider that takes such calls in batches.</summary>
public sealed record BatchesNotServed : ApiFailure
{
    /// <summary>Names the model.</summary>
    public BatchesNotServed(string model)
        : base(400, "invalid_request_error", "batches_not_served", $"No provider that serves '{model}' here takes calls of this kind in batches. Send them one by one.") =>
        Param = "model";
}

/// <summary>Chooses who serves a call: for now the first provider, by priority, that serves the named model.</summary>
public static class Router
{
    /// <summary>Finds the route of a model.</summary>
    /// <param name="providers">The pinned snapshot.</param>
    /// <param name="model">The model the caller named.</param>
    /// <param name="call">The call it is for.</param>
    /// <param name="route">The route when null is returned.</param>
    /// <param name="isBatched">Whether it is one of the calls of a batch: only providers that have batches take those.</param>
    public static ApiFailure? Choose(ProviderSnapshot providers, string model, ModelCall call, out Route? route, bool isBatched = false)
    {
        route = null;
        if (!providers.RoutesByModel.TryGetValue(model, out var routes))
        {
            return new ModelNotFound(model);
        }

        var traits = call.Traits();
        var isServed = false;
        foreach (var candidate in routes)
        {
            if (candidate.Model.Price.Kind != traits.Kind || !Speaks(candidate.Provider, call, traits))
            {
                continue;
            }

            if (isBatched && !TakesBatches(candidate.Provider, call))
            {
                isServed = true;
                continue;
            }

            route = candidate;
            return null;
        }

        return isServed ? new BatchesNotServed(model) : new WrongModelKind(model, traits.Needs);
    }

    /// <summary>What lies in a file is not translated: the provider must have the call itself.</summary>
    private static bool TakesBatches(Provider provider, ModelCall call) => provider.HasBatches && (call != ModelCall.Responses || provider.HasResponses);

    /// <summary>Conversations are translated, and what else a format can say; the rest is only relayed.</summary>
    private static bool Speaks(Provider provider, ModelCall call, ModelCallTraits traits) =>
        traits.Kind == ModelKind.Chat || provider.Format is OpenAiChatFormat || (call == ModelCall.Embeddings && provider.Format.Embeddings is not null);
}
