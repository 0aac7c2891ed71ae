using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight;

/// <summary>No such call among those the caller may see.</summary>
public sealed record UsageNotFound() : ApiFailure(
    404, "invalid_request_error", "usage_not_found", "There is no recorded call with this id. A call is listed shortly after it has ended.");

/// <summary>No such re-rating of the caller's organisation.</summary>
public sealed record ReratingNotFound() : ApiFailure(
    404, "invalid_request_error", "rerating_not_found", "There is no re-rating with this id. GET /control/v1/reratings lists those there are.");

/// <summary>No such export of the caller's organisation.</summary>
public sealed record ExportNotFound() : ApiFailure(
    404, "invalid_request_error", "export_not_found", "There is no export of this name. GET /control/v1/exports lists those there are.");
