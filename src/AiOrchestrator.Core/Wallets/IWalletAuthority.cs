using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>
/// Where wallets live: a journal on the Server, Durable entities on Azure. Off the request path. A wallet that is not known
/// answers null; an authority that cannot answer throws, and the caller refuses calls (fail closed).
/// </summary>
public interface IWalletAuthority
{
    /// <summary>Opens a wallet. False when the id is taken.</summary>
    /// <param name="walletId">1 to 64 visible ASCII characters.</param>
    /// <param name="limitNanoUsd">0 or more; null tracks only.</param>
    /// <param name="cancellation">Gives up waiting; the command may still take effect.</param>
    ValueTask<bool> OpenAsync(string walletId, long? limitNanoUsd, CancellationToken cancellation);

    /// <summary>Applies a command; its effect is durable when the outcome is returned.</summary>
    ValueTask<WalletCommandOutcome> ApplyAsync(string walletId, WalletCommand command, CancellationToken cancellation);

    /// <summary>Delivers a lease holder's report and returns the wallet's answer; null when the wallet is unknown.</summary>
    ValueTask<LeaseReply?> ExchangeAsync(string walletId, LeaseReport report, CancellationToken cancellation);

    /// <summary>The wallet's figures, as of the last reports; null when it is unknown.</summary>
    ValueTask<WalletState?> ReadAsync(string walletId, CancellationToken cancellation);
}
