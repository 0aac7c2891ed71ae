namespace AiOrchestrator.Core.Wallets.Entities;

/// <summary>
/// The way to wallets that live as entities, one for each wallet, which handles one message at a time. Nobody can call an entity: it is
/// signalled, and its state is read.
/// </summary>
public interface IWalletEntities
{
    /// <summary>Sends a message. It is delivered at least once or not at all, late, and in any order. Throws where it could not be sent.</summary>
    ValueTask SignalAsync(string walletId, WalletMessage message, CancellationToken cancellation);

    /// <summary>A state the entity has committed; not always the last. Null when it has none, or had none a while ago. Throws where nobody answers.</summary>
    ValueTask<WalletEntityState?> ReadAsync(string walletId, CancellationToken cancellation);
}
