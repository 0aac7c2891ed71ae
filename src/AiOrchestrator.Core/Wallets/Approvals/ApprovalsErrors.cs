using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Wallets.Approvals;

/// <summary>Who asked decides.</summary>
public sealed record OwnRequest : ApiFailure
{
    /// <summary>Says so.</summary>
    public OwnRequest()
        : base(403, "invalid_request_error", "own_request", "Nobody approves or rejects what they asked for themselves: somebody else must. To call it off, cancel it.") =>
        MayRetry = false;
}

/// <summary>The caller does not decide on this amount, or on these wallets.</summary>
public sealed record ApprovalNotPermitted : ApiFailure
{
    /// <summary>Names the roles that do.</summary>
    /// <param name="roles">As they are written.</param>
    public ApprovalNotPermitted(IReadOnlyList<string> roles)
        : base(
            403,
            "invalid_request_error",
            "approval_not_permitted",
            $"Deciding on this takes one of these roles: {string.Join(", ", roles)}; a team lead decides only on wallets at or below its key's own. Only who asked, or an administrator, calls it off.") =>
        MayRetry = false;
}

/// <summary>The id a caller gave is taken by something else.</summary>
public sealed record IdTaken() : ApiFailure(
    409, "conflict_error", "id_taken", "There is another object with this id, made from another request: choose another id, or repeat the request as it was.")
{
    /// <summary>The failure about the member that holds the id.</summary>
    public static IdTaken Instance { get; } = new() { Param = "id" };
}
