using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Identity;

/// <summary>No credential was sent.</summary>
public sealed record MissingApiKey() : ApiFailure(
    401, "invalid_request_error", "missing_api_key", "No API key was sent. Send it as 'authorization: Bearer <key>', 'x-api-key' or 'api-key'.")
{
    /// <summary>The one instance; it says nothing about a request.</summary>
    public static MissingApiKey Instance { get; } = new() { MayRetry = false };
}

/// <summary>The credential opens nothing. Only who holds the secret of a dead key learns that it is dead.</summary>
public sealed record InvalidApiKey : ApiFailure
{
    private InvalidApiKey(string message)
        : base(401, "invalid_request_error", "invalid_api_key", message) => MayRetry = false;

    /// <summary>Never was a key of ours, or does not even look like one.</summary>
    public static InvalidApiKey Unknown { get; } = new("The API key is not valid.");

    /// <summary>Was revoked.</summary>
    public static InvalidApiKey Revoked { get; } = new("The API key was revoked.");

    /// <summary>Has expired.</summary>
    public static InvalidApiKey Expired { get; } = new("The API key has expired.");

    /// <summary>Was replaced, and its time of grace is over.</summary>
    public static InvalidApiKey Replaced { get; } = new("The API key was rotated: use the new one.");
}

/// <summary>The caller is known, but may not do this.</summary>
public sealed record PermissionDenied : ApiFailure
{
    private PermissionDenied(string message)
        : base(403, "invalid_request_error", "permission_denied", message) => MayRetry = false;

    /// <summary>An API key that does not administer where one is needed that does.</summary>
    public static PermissionDenied NeedsAdministrator { get; } = new("This endpoint needs the admin key, or an API key with the role admin or owner.");

    /// <summary>The admin key where an API key is needed.</summary>
    public static PermissionDenied NeedsApiKey { get; } = new("This endpoint needs an API key: the admin key has no wallet that could pay. Create one at /control/v1/keys.");

    /// <summary>An API key asking about what is not its own.</summary>
    public static PermissionDenied NotYours { get; } = new("An API key only sees what is its own, unless its role is finops, auditor, admin or owner.");

    /// <summary>An auditor's key where something would change.</summary>
    public static PermissionDenied OnlyLooks { get; } = new("An API key with the role auditor sees everything and changes nothing.");

    /// <summary>Giving a role above the own one, or changing a key that has one.</summary>
    public static PermissionDenied RoleAbove { get; } = new("A key can neither give a role above its own nor change a key that has one.");
}

/// <summary>The key is valid, but not from where it was used.</summary>
public sealed record AddressNotAllowed() : ApiFailure(
    403, "invalid_request_error", "address_not_allowed", "The API key may not be used from the address this request came from.")
{
    /// <summary>The one instance; it says nothing about a request.</summary>
    public static AddressNotAllowed Instance { get; } = new() { MayRetry = false };
}

/// <summary>The key may not call this model, whether or not there is one of this name.</summary>
public sealed record ModelNotAllowed : ApiFailure
{
    /// <summary>The one instance; it says nothing about a request.</summary>
    public static ModelNotAllowed Instance { get; } = new() { MayRetry = false };

    private ModelNotAllowed()
        : base(403, "invalid_request_error", "model_not_allowed", "The API key may not call this model. GET /v1/models lists those it may.") =>
        Param = "model";
}

/// <summary>No such key in the caller's organisation.</summary>
public sealed record KeyNotFound() : ApiFailure(404, "invalid_request_error", "key_not_found", "There is no API key with this id.");

/// <summary>A revoked key stays as it is.</summary>
public sealed record KeyRevoked() : ApiFailure(409, "conflict_error", "key_revoked", "The API key was revoked and cannot be changed any more: create a new one.");
