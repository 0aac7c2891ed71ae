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
    ExchangeId Id, IReadOnlyList<WalletShare> Wallets, long HoldNanoUsd, string? OrganisationId, string? KeyId)
{
    /// <summary>What it comes to by rule: the whole hold, marked as nobody's word.</summary>
    public ExchangeSettlement ChargedInFull() => new(Id, Wallets, HoldNanoUsd, CostNanoUsd: HoldNanoUsd, new UsageEvent
    {
        Id = Id.ToString(),
        CreatedUnixMs = Id.CreatedUnixMs,
        OrganisationId = OrganisationId,
        KeyId = KeyId,
        WalletId = Wallets.Count > 0 ? Wallets[0].WalletId : null,
        WalletPath = Wallets.Count > 0 ? string.Join('/', Wallets.Select(static w => w.WalletId)) : null,
        Status = UsageStatus.Cut,
        ErrorCode = "unsettled",
        UsageSource = "rule",
        HoldNanoUsd = HoldNanoUsd,
        CostNanoUsd = HoldNanoUsd,
    });
}
