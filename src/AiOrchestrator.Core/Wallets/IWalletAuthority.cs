using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>Who asked for a command and why: stands on the statement beside it.</summary>
/// <param name="OrganisationId">Whose wallet it is.</param>
/// <param name="Actor">The principal, or a part of the gateway.</param>
/// <param name="Text">What they wrote beside it; or null.</param>
public sealed record CommandNote(string? OrganisationId, string? Actor, string? Text = null)
{
    /// <summary>Nobody in particular.</summary>
    public static CommandNote None { get; } = new(null, null);
}

/// <summary>A call that was started and whose end nobody has reported: its hold is in suspense.</summary>
/// <param name="Id">The exchange; says when it was made.</param>
/// <param name="HoldNanoUsd">In suspense on each wallet of its path.</param>
/// <param name="KeyId">The key it was made with, if known.</param>
public readonly record struct SuspendedCall(ExchangeId Id, long HoldNanoUsd, string? KeyId);

/// <summary>Everybody who sits on a wallet's money.</summary>
/// <param name="Leases">Instances' shares, largest remainder first.</param>
/// <param name="Suspended">Calls in suspense, oldest first.</param>
public sealed record WalletOutstanding(IReadOnlyList<LeaseView> Leases, IReadOnlyList<SuspendedCall> Suspended)
{
    /// <summary>Leases whose holder fell silent, of which something is still in suspense, oldest first; empty where the authority knows every call.</summary>
    public IReadOnlyList<ReclaimedLease> Reclaimed { get; init; } = [];
}

/// <summary>
/// Where wallets live: a journal on the Server, Durable entities on Azure. Off the request path. A wallet that is not known
/// answers null; an authority that cannot answer throws, and the caller refuses calls (fail closed). It begins the periods that are due
/// before it asks a wallet anything.
/// </summary>
public interface IWalletAuthority
{
    /// <summary>Opens a wallet, in the period of its rule that contains now. False when the id is taken.</summary>
    /// <param name="walletId">1 to 64 visible ASCII characters.</param>
    /// <param name="settings">Valid, with a usable rule of periods.</param>
    /// <param name="note">Who opens it.</param>
    /// <param name="cancellation">Gives up waiting; the command may still take effect.</param>
    ValueTask<bool> OpenAsync(string walletId, WalletSettings settings, CommandNote note, CancellationToken cancellation);

    /// <summary>Applies a command; its effect is durable, and its lines on the statement, when the outcome is returned.</summary>
    ValueTask<WalletCommandOutcome> ApplyAsync(string walletId, WalletCommand command, CommandNote note, CancellationToken cancellation);

    /// <summary>Delivers a lease holder's report and returns the wallet's answer; null when the wallet is unknown.</summary>
    ValueTask<LeaseReply?> ExchangeAsync(string walletId, LeaseReport report, CancellationToken cancellation);

    /// <summary>The wallet's figures, as of the last reports; null when it is unknown.</summary>
    ValueTask<WalletState?> ReadAsync(string walletId, CancellationToken cancellation);

    /// <summary>Who sits on the wallet's money; null when it is unknown.</summary>
    ValueTask<WalletOutstanding?> ReadOutstandingAsync(string walletId, CancellationToken cancellation);

    /// <summary>Lets time pass for all wallets: periods that are due begin, leases that are overdue are reclaimed. Repeating it changes nothing.</summary>
    ValueTask TickAsync(CancellationToken cancellation);
}

/// <summary>Shorter ways to ask, and what every authority asks for.</summary>
public static class WalletAuthorityExtensions
{
    private const int MaxIdLength = 64;

    /// <summary>Makes sure that a wallet may be opened so.</summary>
    /// <exception cref="ArgumentException">The id or the settings are out of their bounds.</exception>
    public static void EnsureOpenable(string walletId, WalletSettings settings, ITimeZones zones)
    {
        if (walletId.Length is 0 or > MaxIdLength || walletId.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new ArgumentException($"A wallet's id is 1 to {MaxIdLength} visible ASCII characters.", nameof(walletId));
        }

        if (!settings.IsValid || !settings.Rule.IsUsable(zones))
        {
            throw new ArgumentException("The settings are not within their bounds.", nameof(settings));
        }
    }

    /// <summary>Opens a wallet with one period for ever and no more than a limit.</summary>
    public static ValueTask<bool> OpenAsync(this IWalletAuthority authority, string walletId, long? limitNanoUsd, CancellationToken cancellation) =>
        authority.OpenAsync(walletId, new WalletSettings { LimitNanoUsd = limitNanoUsd }, CommandNote.None, cancellation);

    /// <summary>Applies a command nobody in particular asked for.</summary>
    public static ValueTask<WalletCommandOutcome> ApplyAsync(
        this IWalletAuthority authority, string walletId, WalletCommand command, CancellationToken cancellation) =>
        authority.ApplyAsync(walletId, command, CommandNote.None, cancellation);
}
