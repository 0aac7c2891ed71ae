using AiOrchestrator.Core.Platform;

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

/// <summary>A thing of the configuration with this id is there already.</summary>
public sealed record PartExists : ApiFailure
{
    /// <summary>Names the id.</summary>
    public PartExists(string id)
        : base(409, "invalid_request_error", "already_exists", $"'{id}' exists already: replace it with PUT.") => MayRetry = false;
}

/// <summary>A thing of the configuration that ships with the product was to be deleted.</summary>
public sealed record ShippedPart : ApiFailure
{
    /// <summary>Names the id.</summary>
    public ShippedPart(string id)
        : base(409, "invalid_request_error", "ships_with_product", $"'{id}' ships with the product and cannot be deleted: replace it with PUT, or disable it so.") =>
        MayRetry = false;
}

/// <summary>There is no chain with this id.</summary>
public sealed record ChainNotFound() : ApiFailure(404, "invalid_request_error", "chain_not_found", "There is no chain with this id.");
