using AiOrchestrator.Core.Wallets.Entities;

namespace AiOrchestrator.Functions.Wallets;

/// <summary>The way to <see cref="WalletEntity"/>: a signal, and a look at its state.</summary>
internal sealed class DurableWalletEntities(DurableClientHolder durable) : IWalletEntities
{
    public async ValueTask SignalAsync(string walletId, WalletMessage message, CancellationToken cancellation) =>
        await durable.Client.Entities.SignalEntityAsync(WalletEntity.IdOf(walletId), WalletEntity.Handle, message, null, cancellation);

    public async ValueTask<WalletEntityState?> ReadAsync(string walletId, CancellationToken cancellation) =>
        await durable.Client.Entities.GetEntityAsync<StoredWallet>(WalletEntity.IdOf(walletId), true, cancellation) is { IncludesState: true } entity
            ? entity.State.State
            : null;
}
