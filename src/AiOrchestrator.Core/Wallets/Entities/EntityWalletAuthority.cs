using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets.Entities;

/// <summary>Wallets that live as entities, for whoever asks and waits for an answer.</summary>
/// <param name="entities">The way to the entities.</param>
/// <param name="time">The clock.</param>
/// <param name="ids">Where messages' ids come from.</param>
/// <param name="zones">The time zones.</param>
/// <param name="terms">The bounds leases work within; the same as the entities'.</param>
/// <param name="walletIds">The wallets a tick looks after.</param>
public sealed class EntityWalletAuthority(
    IWalletEntities entities, TimeProvider time, IdSource ids, ITimeZones zones, LeaseTerms terms, Func<IEnumerable<string>> walletIds) : IWalletAuthority
{
    /// <inheritdoc/>
    public ValueTask<bool> OpenAsync(string walletId, WalletSettings settings, CommandNote note, CancellationToken cancellation) =>
        throw new NotSupportedException($"{nameof(entities)} {entities is null} {time is null} {ids is null} {zones is null} {terms} {walletIds is null}");

    /// <inheritdoc/>
    public ValueTask<WalletCommandOutcome> ApplyAsync(string walletId, WalletCommand command, CommandNote note, CancellationToken cancellation) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<LeaseReply?> ExchangeAsync(string walletId, LeaseReport report, CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<WalletState?> ReadAsync(string walletId, CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<WalletOutstanding?> ReadOutstandingAsync(string walletId, CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask TickAsync(CancellationToken cancellation) => throw new NotSupportedException();
}
