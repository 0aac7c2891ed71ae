using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Wallets.Requests;

/// <summary>No such budget request among those the caller may see.</summary>
public sealed record BudgetRequestNotFound() : ApiFailure(
    404, "invalid_request_error", "budget_request_not_found", "There is no budget request with this id among those you may see.");

/// <summary>The budget request is decided.</summary>
/// <param name="State">Where it stands.</param>
public sealed record BudgetRequestNotOpen(string State) : ApiFailure(
    409, "conflict_error", "budget_request_not_open", $"The budget request is {State}: that cannot be changed any more. Make a new one.");
