using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Wallets.Transfers;

/// <summary>No such transfer among those the caller may see.</summary>
public sealed record TransferNotFound() : ApiFailure(404, "invalid_request_error", "transfer_not_found", "There is no transfer with this id among those you may see.");

/// <summary>The transfer is decided.</summary>
/// <param name="State">Where it stands.</param>
public sealed record TransferNotOpen(string State) : ApiFailure(
    409, "conflict_error", "transfer_not_open", $"The transfer is {State}: that cannot be changed any more. Ask for a new one.");
