using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Reviews;

/// <summary>No such review of the caller's organisation.</summary>
public sealed record ReviewNotFound() : ApiFailure(
    404, "invalid_request_error", "review_not_found", "There is no review of a call with this id. GET /control/v1/reviews lists those of the last 90 days.");

/// <summary>It was decided otherwise before.</summary>
/// <param name="Verdict">How.</param>
public sealed record ReviewDecided(string Verdict) : ApiFailure(
    409, "conflict_error", "review_decided", $"The review is decided ('{Verdict}') and stays as it is. To correct it, adjust the wallet.");
