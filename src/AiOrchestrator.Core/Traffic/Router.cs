using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Providers.Registry;

namespace AiOrchestrator.Core.Traffic;

/// <summary>The model exists but does something else.</summary>
public sealed record WrongModelKind : ApiFailure
{
    /// <summary>Names the model and what the endpoint needs.</summary>
    public WrongModelKind(string model, string needed)
        : base(400, "invalid_request_error", "wrong_model_kind", $"The model '{model}' cannot be used here: this endpoint needs a model for {needed}.") =>
        Param = "model";
}

/// <summary>Chooses who serves a call: for now the first provider, by priority, that serves the model. Never one at which it is dead.</summary>
public static class Router
{
    /// <summary>Finds the route of a model.</summary>
    /// <param name="model">The model that serves the call.</param>
    /// <param name="call">The call it is for.</param>
    /// <param name="unixMs">When.</param>
    /// <param name="route">The route when null is returned.</param>
    public static ApiFailure? Choose(KnownModel model, ModelCall call, long unixMs, out Route? route)
    {
        route = null;
        var traits = call.Traits();
        foreach (var candidate in model.Routes)
        {
            if (!candidate.Life.IsDeadAt(unixMs) && candidate.Model.Price.Kind == traits.Kind && Speaks(candidate.Provider, call, traits))
            {
                route = candidate;
                return null;
            }
        }

        return new WrongModelKind(model.Id, traits.Needs);
    }

    /// <summary>Conversations are translated, and what else a format can say; the rest is only relayed.</summary>
    private static bool Speaks(Provider provider, ModelCall call, ModelCallTraits traits) =>
        traits.Kind == ModelKind.Chat || provider.Format is OpenAiChatFormat || (call == ModelCall.Embeddings && provider.Format.Embeddings is not null);
}
