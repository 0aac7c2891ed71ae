using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Preferences;

/// <summary>There are no preferences with this id.</summary>
public sealed record PreferenceNotFound() : ApiFailure(404, "invalid_request_error", "preference_not_found", "There are no preferences with this id.");

/// <summary>Preferences, or the installation, leave nobody who could serve the model.</summary>
public sealed record ModelBlocked : ApiFailure
{
    /// <summary>Names the model and what stands in the way.</summary>
    /// <param name="model">The model.</param>
    /// <param name="why">As the preferences say.</param>
    public ModelBlocked(string model, string why)
        : base(403, "invalid_request_error", "model_blocked", $"The model '{model}' may not be used here: {why}. GET /v1/models lists those that may.")
    {
        Param = "model";
        MayRetry = false;
    }
}
