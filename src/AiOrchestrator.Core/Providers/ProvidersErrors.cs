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

/// <summary>A provider cannot be asked for its models: nothing says where it would list them.</summary>
/// <param name="Provider">Its id.</param>
public sealed record ModelListUnsupported(string Provider) : ApiFailure(
    409, "conflict_error", "model_list_unsupported", $"The provider '{Provider}' has no list of its models: name them in its row, or take 'models: \"catalogue\"'.");

/// <summary>A provider did not tell its models.</summary>
/// <param name="Provider">Its id.</param>
/// <param name="Why">What happened, as the end of a sentence.</param>
public sealed record ModelListUnavailable(string Provider, string Why) : ApiFailure(
    502, "upstream_error", "model_list_unavailable", $"The provider '{Provider}' did not tell its models: {Why}. What was read before still holds.");

/// <summary>Nobody has asked a provider for its models.</summary>
public sealed record ModelListNotFound() : ApiFailure(
    404, "invalid_request_error", "model_list_not_found", "There is no provider with this id whose models were asked for: POST to the same path asks for them.");

/// <summary>A provider that is not in service is not watched.</summary>
public sealed record ProviderNotInService() : ApiFailure(
    404, "invalid_request_error", "provider_not_in_service", "There is no provider with this id in service: GET /control/v1/providers shows all rows, and why one is not served.");
