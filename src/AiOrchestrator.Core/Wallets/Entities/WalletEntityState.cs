namespace AiOrchestrator.Core.Wallets.Entities;

/// <summary>
/// All an entity remembers: the wallet, its latest answers, and the lines of its statement that are not handed on yet. It is committed together
/// with the signals the entity sends.
/// </summary>
public sealed record WalletEntityState
{
    /// <summary>Grows with every commit: about milliseconds since 1970.</summary>
    public required long Version { get; init; }

    /// <summary>False where the entity only remembers that it was asked for a wallet nobody has opened.</summary>
    public required bool HasWallet { get; init; }

    /// <summary>When a <see cref="WalletMessageKind.Tick"/> would do something, milliseconds since 1970; null for never.</summary>
    public long? DueUnixMs { get; init; }

    /// <summary>The rest, compact.</summary>
    public required byte[] Body { get; init; }
}

/// <summary>What handling a message came to: the head commits it whole, or nothing of it.</summary>
/// <param name="State">The state to keep; null where the entity has nothing to remember and is deleted.</param>
/// <param name="HasOutbox">The head is to send the entity itself a signal to hand on the lines of <see cref="WalletEntityHost.Outbox"/>. Where that is lost, a later message asks again.</param>
/// <param name="WakeAtUnixMs">
/// When a <see cref="WalletMessageKind.Tick"/> would do something; null for never. A nudge: without it, whoever touches the wallet next does it.
/// A head keeps one at a time, and by its own clock at least a second ahead.
/// </param>
public sealed record WalletEntityStep(WalletEntityState? State, bool HasOutbox, long? WakeAtUnixMs);
