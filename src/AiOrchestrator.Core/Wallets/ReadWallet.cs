using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Wallets;

/// <summary>Reads and commands wallets for people: with fresh figures, and with an authority's silence as a failure instead of an exception.</summary>
internal sealed class ReadWallet(IWalletAuthority authority, LeaseBook leases, ILogger<ReadWallet> log)
{
    /// <summary>The wallet's figures, this instance's share of them reported just now; null when the wallet is unknown.</summary>
    public Task<Result<WalletState>> ExecuteAsync(string walletId, CancellationToken cancellation) => AskAsync<WalletState>(
        walletId,
        async () =>
        {
            await leases.ReportAsync(walletId, cancellation);
            return await authority.ReadAsync(walletId, cancellation) is { } state ? state : new WalletNotFound();
        },
        cancellation);

    /// <summary>Applies a command; the wallet's figures after it, or why it was not applied.</summary>
    public Task<Result<WalletState>> CommandAsync(string walletId, WalletCommand command, CancellationToken cancellation) => AskAsync<WalletState>(
        walletId,
        async () =>
        {
            var outcome = await authority.ApplyAsync(walletId, command, cancellation);
            await leases.ChangedAsync(walletId, cancellation);
            return outcome switch
            {
                WalletCommandOutcome.Applied => await authority.ReadAsync(walletId, cancellation) is { } state ? state : new WalletNotFound(),
                WalletCommandOutcome.WalletUnknown => new WalletNotFound(),
                WalletCommandOutcome.WalletClosed => new WalletIsClosed(),
                WalletCommandOutcome.CallsOutstanding => new WalletHasCalls(),
                _ => throw new InvalidOperationException($"{command.GetType().Name} was checked, and still answered {outcome}"),
            };
        },
        cancellation);

    /// <summary>Opens a wallet; its figures.</summary>
    public Task<Result<WalletState>> OpenAsync(string walletId, long? limitNanoUsd, CancellationToken cancellation) => AskAsync<WalletState>(
        walletId,
        async () => await authority.OpenAsync(walletId, limitNanoUsd, cancellation)
            ? await authority.ReadAsync(walletId, cancellation) is { } state ? state : new WalletNotFound()
            : throw new InvalidOperationException($"the new wallet's id '{walletId}' is taken"),
        cancellation);

    private async Task<Result<T>> AskAsync<T>(string walletId, Func<Task<Result<T>>> ask, CancellationToken cancellation)
        where T : class
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is not InvalidOperationException && !(e is OperationCanceledException && cancellation.IsCancellationRequested))
        {
            // Safe: the authority's contract is to throw when it cannot answer; the caller is told so and nothing is assumed about the amount.
            log.LogError(e, "the authority over wallet {WalletId} does not answer", walletId);
            return WalletUnavailable.Instance;
        }
    }
}
