using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers;

/// <summary>No provider serves a model of this name.</summary>
public sealed record ModelNotFound : ApiFailure
{
    private const int MostShown = 100;

    /// <summary>About a model, whose name is shown up to 100 characters.</summary>
    public ModelNotFound(string model)
        : base(
            404,
            "invalid_request_error",
            "model_not_found",
            $"The model '{(model.Length > MostShown ? model[..MostShown] + "…" : model)}' does not exist here. GET /v1/models lists those that do.")
    {
        Param = "model";
        MayRetry = false;
    }
}

/// <summary>No such provider row.</summary>
public sealed record ProviderNotFound() : ApiFailure(404, "invalid_request_error", "provider_not_found", "There is no provider with this id.");

/// <summary>A stored row has this id.</summary>
public sealed record ProviderExists() : ApiFailure(
    409, "conflict_error", "provider_exists", "There is a stored provider with this id already: change it with PUT.");

/// <summary>The row is not a stored one.</summary>
/// <param name="Source">Where it comes from.</param>
public sealed record ProviderNotStored(string Source) : ApiFailure(
    409,
    "conflict_error",
    "provider_not_stored",
    $"This provider comes from '{Source}' and cannot be changed here: POST a provider with the same id to take its place.");
