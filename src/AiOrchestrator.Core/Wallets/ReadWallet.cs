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

    /// <summary>Who sits on the wallet's money, this instance's share reported just now.</summary>
    public Task<Result<WalletOutstanding>> OutstandingAsync(string walletId, CancellationToken cancellation) => AskAsync<WalletOutstanding>(
        walletId,
        async () =>
        {
            await leases.ReportAsync(walletId, cancellation);
            return await authority.ReadOutstandingAsync(walletId, cancellation) is { } outstanding ? outstanding : new WalletNotFound();
        },
        cancellation);

    /// <summary>Applies a command; the wallet's figures after it, or why it was not applied. It holds at once for calls of this instance.</summary>
    public Task<Result<Commanded>> CommandAsync(string walletId, WalletCommand command, CommandNote note, CancellationToken cancellation) => AskAsync<Commanded>(
        walletId,
        async () =>
        {
            var outcome = await authority.ApplyAsync(walletId, command, note, cancellation);
            switch (outcome)
            {
                case WalletCommandOutcome.Applied or WalletCommandOutcome.AlreadyApplied:
                    await TellLeasesAsync(walletId, cancellation);
                    return await authority.ReadAsync(walletId, cancellation) is { } state
                        ? new Commanded(state, outcome == WalletCommandOutcome.Applied)
                        : new WalletNotFound();
                case WalletCommandOutcome.WalletUnknown:
                    return new WalletNotFound();
                case WalletCommandOutcome.WalletClosed:
                    return new WalletIsClosed();
                case WalletCommandOutcome.CallsOutstanding:
                    return new WalletHasCalls();
                case WalletCommandOutcome.TransferPending:
                    return new WalletHasTransfers();
                case WalletCommandOutcome.AmountOutOfRange:
                    return new AmountOutOfRange();
                default:
                    throw new InvalidOperationException($"{command.GetType().Name} was checked, and still answered {outcome}");
            }
        },
        cancellation);

    /// <summary>Opens a wallet; its figures.</summary>
    public Task<Result<WalletState>> OpenAsync(string walletId, WalletSettings settings, CommandNote note, CancellationToken cancellation) => AskAsync<WalletState>(
        walletId,
        async () => await authority.OpenAsync(walletId, settings, note, cancellation)
            ? await authority.ReadAsync(walletId, cancellation) is { } state ? state : new WalletNotFound()
            : throw new InvalidOperationException($"the new wallet's id '{walletId}' is taken"),
        cancellation);

    private async Task TellLeasesAsync(string walletId, CancellationToken cancellation)
    {
        try
        {
            await leases.ChangedAsync(walletId, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Safe: the command is applied; the lease learns of it when it next reports.
            log.LogError(e, "the lease on wallet {WalletId} could not be told of a change", walletId);
        }
    }

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

/// <summary>A wallet's figures after a command.</summary>
/// <param name="State">The figures.</param>
/// <param name="IsNew">False when it was applied before.</param>
internal sealed record Commanded(WalletState State, bool IsNew);
