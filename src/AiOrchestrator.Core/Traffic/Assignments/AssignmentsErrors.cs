using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Assignments;

/// <summary>There is no assignment with this id.</summary>
public sealed record AssignmentNotFound() : ApiFailure(404, "invalid_request_error", "assignment_not_found", "There is no assignment with this id.");

/// <summary>What goes before everything else is said by owners only.</summary>
public sealed record OverrideNeedsOwner : ApiFailure
{
    /// <summary>The one instance; it says nothing about a request.</summary>
    public static OverrideNeedsOwner Instance { get; } = new() { MayRetry = false };

    private OverrideNeedsOwner()
        : base(403, "invalid_request_error", "override_needs_owner", "An assignment with 'is_override' is made, replaced and deleted with the admin key, or an API key with the role owner.") =>
        Param = "is_override";
}
