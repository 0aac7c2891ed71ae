using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Server.Storage;

/// <summary>A call that was started and whose end nobody reported before the process ended: its hold is in suspense.</summary>
/// <param name="Id">The exchange; says when it was made.</param>
/// <param name="Wallets">Leaf to root.</param>
/// <param name="HoldNanoUsd">In suspense on each of them.</param>
/// <param name="OrganisationId">Whose call it was, if its start said so.</param>
/// <param name="KeyId">The key it was made with, if its start said so.</param>
internal sealed record UnfinishedCall(
    ExchangeId Id, IReadOnlyList<WalletShare> Wallets, long HoldNanoUsd, string? OrganisationId, string? KeyId);
