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

/// <summary>Of the models a call may go to none can be called: nobody here serves them to this key, or they cannot do what it needs. Asking again does not help.</summary>
public sealed record NoModelAvailable : ApiFailure
{
    /// <summary>Says what chose the models.</summary>
    /// <param name="reason">What decided.</param>
    internal NoModelAvailable(string reason)
        : base(
            503,
            "server_error",
            "no_model_available",
            $"None of the models this call may go to ({reason}) can be called here. An administrator learns why with POST /control/v1/routes/explain; and adds a provider that serves one, or names other models.")
    {
        MayRetry = false;
        Param = "model";
    }
}

/// <summary>The model cannot do what the call needs.</summary>
public sealed record ModelIncapable : ApiFailure
{
    /// <summary>Names the model and what it cannot do.</summary>
    public ModelIncapable(string model, string lacks)
        : base(400, "invalid_request_error", "model_incapable", $"The model '{model}' does not take {lacks}.") => Param = "model";
}

/// <summary>The provider has not taken our credential, and nobody has found since that it does.</summary>
public sealed record CredentialRefused(string Provider) : ApiFailure(
    502,
    "upstream_error",
    "upstream_authentication_failed",
    $"The provider '{Provider}' refused the gateway's credential, and is not asked again before a probe finds it well or an administrator mends it.");

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
