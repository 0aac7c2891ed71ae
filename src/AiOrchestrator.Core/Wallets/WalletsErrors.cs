using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Wallets;

/// <summary>No such wallet in the caller's organisation.</summary>
public sealed record WalletNotFound() : ApiFailure(404, "invalid_request_error", "wallet_not_found", "There is no wallet with this id.");

/// <summary>A closed wallet stays as it is.</summary>
public sealed record WalletIsClosed() : ApiFailure(409, "conflict_error", "wallet_closed", "The wallet is closed and cannot be changed any more.");

/// <summary>Keys still charge the wallet.</summary>
/// <param name="KeyIds">Some of them.</param>
/// <param name="Count">How many.</param>
public sealed record WalletInUse(IReadOnlyList<string> KeyIds, int Count) : ApiFailure(
    409,
    "conflict_error",
    "wallet_in_use",
    string.Create(null, $"{Count} live API key(s) charge this wallet ({string.Join(", ", KeyIds)}{(Count > KeyIds.Count ? ", …" : "")}): revoke them or give them another wallet first."));

/// <summary>Calls that the wallet pays for are not settled.</summary>
public sealed record WalletHasCalls() : ApiFailure(
    409, "conflict_error", "calls_outstanding", "Calls that this wallet pays for are under way or not accounted for: close it when held_usd and suspense_usd are 0.");

/// <summary>Open wallets hang below the wallet.</summary>
/// <param name="ChildIds">Some of them.</param>
public sealed record WalletHasChildren(IReadOnlyList<string> ChildIds) : ApiFailure(
    409,
    "conflict_error",
    "wallet_has_children",
    $"Open wallets hang below this one ({string.Join(", ", ChildIds)}): close them or give them another parent first.");

/// <summary>Transfers wait for the wallet.</summary>
public sealed record WalletHasTransfers() : ApiFailure(
    409, "conflict_error", "transfers_pending", "Transfers from or to this wallet are under way ('pending_transfers'): close it when they are done.");

/// <summary>The wallet, such as it stands, cannot take the amount.</summary>
public sealed record AmountOutOfRange() : ApiFailure(
    409,
    "conflict_error",
    "amount_out_of_range",
    "As the wallet stands, the amount is too large: a refund is at most what was spent in the period, and the sums of a period are bounded.");

/// <summary>Whoever keeps the wallet does not answer.</summary>
public sealed record WalletUnavailable() : ApiFailure(
    503, "server_error", "wallet_unavailable", "The wallet cannot be read or changed at the moment.")
{
    /// <summary>The failure, worth repeating soon.</summary>
    public static WalletUnavailable Instance { get; } = new() { RetryAfterSeconds = 2 };
}
