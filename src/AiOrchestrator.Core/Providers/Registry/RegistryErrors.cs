using System.Globalization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Registry;

/// <summary>The model has ended, and nothing takes its place.</summary>
public sealed record ModelRetired : ApiFailure
{
    /// <summary>About a model.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="retiredUnixMs">When it ended, milliseconds since 1970.</param>
    public ModelRetired(string model, long retiredUnixMs)
        : base(
            404,
            "invalid_request_error",
            "model_retired",
            $"The model '{model}' ended on {ModelDays.Of(retiredUnixMs)}, and nothing that can do the same takes its place here. GET /v1/models lists those "
            + "that are served. An administrator names a replacement with PUT /control/v1/models/{id}, or a default model with PUT /control/v1/model-policy.")
    {
        Param = "model";
        MayRetry = false;
    }
}

/// <summary>The model has ended, and the key may not call what takes its place.</summary>
public sealed record ReplacementNotAllowed : ApiFailure
{
    /// <summary>About the two.</summary>
    /// <param name="model">The model that was asked for.</param>
    /// <param name="replacement">What would serve.</param>
    /// <param name="retiredUnixMs">When the first ended, milliseconds since 1970.</param>
    public ReplacementNotAllowed(string model, string replacement, long retiredUnixMs)
        : base(
            403,
            "invalid_request_error",
            "replacement_not_allowed",
            $"The model '{model}' ended on {ModelDays.Of(retiredUnixMs)}. '{replacement}' takes its place, and the API key may not call that: add it to the key's "
            + "'allowed_models', or name another model. GET /v1/models lists those the key may call.")
    {
        Param = "model";
        MayRetry = false;
    }
}

/// <summary>The organisation has said nothing of the model.</summary>
public sealed record ModelWordNotFound() : ApiFailure(
    404, "invalid_request_error", "model_not_found", "There is no model of this name, or the organisation has said nothing of it: GET /control/v1/models lists all.");

/// <summary>Days as people read them.</summary>
internal static class ModelDays
{
    /// <summary>The day in UTC, such as <c>2026-11-21</c>.</summary>
    public static string Of(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMs).UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
