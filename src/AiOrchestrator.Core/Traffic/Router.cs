using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Traffic;

/// <summary>The model is not served here, or not to this caller.</summary>
/// <param name="Model">As the caller named it.</param>
public sealed record ModelNotFound(string Model) : ApiFailure(
    404, "invalid_request_error", "model_not_found", $"The model '{Printable(Model)}' does not exist here. GET /v1/models lists those that do.")
{
    private static string Printable(string model) =>
        string.Concat(model.Take(100).Select(static c => char.IsControl(c) ? '?' : c));
}

/// <summary>The model exists but does something else.</summary>
/// <param name="Model">The model.</param>
/// <param name="Needed">What the endpoint needs.</param>
public sealed record WrongModelKind(string Model, string Needed) : ApiFailure(
    400, "invalid_request_error", "wrong_model_kind", $"The model '{Model}' cannot be used here: this endpoint needs a model for {Needed}.");

/// <summary>Chooses who serves a call: for now the first provider, by priority, that serves the named model.</summary>
public static class Router
{
    /// <summary>Finds the route of a model.</summary>
    /// <param name="providers">The pinned snapshot.</param>
    /// <param name="model">The model the caller named.</param>
    /// <param name="call">The call it is for.</param>
    /// <param name="route">The route when null is returned.</param>
    public static ApiFailure? Choose(ProviderSnapshot providers, string model, OpenAiCall call, out Route? route)
    {
        route = null;
        if (!providers.RoutesByModel.TryGetValue(model, out var routes))
        {
            return new ModelNotFound(model);
        }

        var kind = call == OpenAiCall.Embeddings ? ModelKind.Embedding : ModelKind.Chat;
        foreach (var candidate in routes)
        {
            if (candidate.Model.Price.Kind == kind)
            {
                route = candidate;
                return null;
            }
        }

        return new WrongModelKind(model, call == OpenAiCall.Embeddings ? "embeddings" : "chat");
    }
}
