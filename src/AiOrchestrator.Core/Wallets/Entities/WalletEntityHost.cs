using AiOrchestrator.Core.Metering;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets.Entities;

/// <summary>What a wallet's entity does with a message. Without I/O: whoever hosts the entity loads, commits and signals.</summary>
/// <param name="terms">The bounds leases work within.</param>
/// <param name="zones">The time zones.</param>
/// <param name="time">The clock.</param>
public sealed class WalletEntityHost(LeaseTerms terms, ITimeZones zones, TimeProvider time)
{
    /// <summary>Handles one message.</summary>
    /// <param name="walletId">The wallet, and the entity's name.</param>
    /// <param name="state">What the entity remembers; null for nothing.</param>
    /// <param name="message">The message.</param>
    public WalletEntityStep Handle(string walletId, WalletEntityState? state, WalletMessage message) =>
        throw new NotSupportedException($"{walletId} {state} {message} {terms} {zones} {time}");

    /// <summary>The lines that are not handed on yet, in order.</summary>
    public IReadOnlyList<NumberedLine> Outbox(WalletEntityState? state) => throw new NotSupportedException($"{state}");

    /// <summary>The state after the lines up to a number were handed on, and are durable.</summary>
    public WalletEntityState Published(WalletEntityState state, long throughNumber) => throw new NotSupportedException($"{state} {throughNumber}");
}
