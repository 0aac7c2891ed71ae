namespace AiOrchestrator.Core.Wallets.Entities;

/// <summary>What a <see cref="WalletEntityState"/> holds, unpacked.</summary>
internal sealed class WalletEntityBody
{
}
