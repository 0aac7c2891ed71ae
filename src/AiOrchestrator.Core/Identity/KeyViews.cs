using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Identity;

/// <summary>What a wallet is to a key that wants to charge it.</summary>
public enum WalletStanding
{
    /// <summary>There is no such wallet in the organisation.</summary>
    Unknown,

    /// <summary>It pays for nothing any more.</summary>
    Closed,

    /// <summary>It can pay.</summary>
    Open,
}

/// <summary>Asks how a wallet stands. Wallets registers the answer: Identity comes before it and may not know it.</summary>
/// <param name="organisationId">The organisation it must belong to.</param>
/// <param name="walletId">The wallet.</param>
/// <param name="cancellation">Gives up asking.</param>
/// <returns>How it stands, or why nobody can tell.</returns>
public delegate ValueTask<(WalletStanding Standing, ApiFailure? Failure)> FindWalletStanding(string organisationId, string walletId, CancellationToken cancellation);

/// <summary>The body of <c>POST /control/v1/keys</c>.</summary>
/// <param name="Name">For people; 1 to 200 characters.</param>
/// <param name="WalletId">The wallet that pays for the key's calls.</param>
/// <param name="ExpiresAt">When it stops working (RFC 3339, in the future); never when absent or null.</param>
public sealed record CreateKeyRequest(string Name, string WalletId, string? ExpiresAt = null);

/// <summary>The body of <c>PATCH /control/v1/keys/{id}</c>: what is absent stays as it is.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="WalletId">The wallet that pays from the next request on.</param>
/// <param name="ExpiresAt">RFC 3339, in the future; null: never.</param>
public sealed record ChangeKeyRequest(string? Name = null, string? WalletId = null, string? ExpiresAt = null);

/// <summary>An API key as the control API shows it.</summary>
/// <param name="Id"><c>key_…</c>.</param>
/// <param name="Name">For people.</param>
/// <param name="WalletId">The wallet that pays for its calls.</param>
/// <param name="Status"><c>live</c>, <c>expired</c> or <c>revoked</c>.</param>
/// <param name="CreatedAt">RFC 3339.</param>
/// <param name="ExpiresAt">RFC 3339, or null.</param>
/// <param name="RevokedAt">RFC 3339, or null.</param>
public sealed record KeyView(
    string Id, string Name, string WalletId, string Status, string CreatedAt, string? ExpiresAt, string? RevokedAt)
{
    internal static KeyView Of(ApiKey key, long nowUnixMs) => new(
        key.Id,
        key.Name,
        key.WalletId,
        key.RevokedUnixMs is not null ? "revoked" : key.IsLive(nowUnixMs) ? "live" : "expired",
        Rfc3339.Format(key.CreatedUnixMs),
        Rfc3339.Format(key.ExpiresUnixMs),
        Rfc3339.Format(key.RevokedUnixMs));
}

/// <summary>A key that was just created; the only answer that ever holds a secret.</summary>
/// <param name="Id"><c>key_…</c>.</param>
/// <param name="Name">For people.</param>
/// <param name="WalletId">The wallet that pays for its calls.</param>
/// <param name="Status"><c>live</c>.</param>
/// <param name="CreatedAt">RFC 3339.</param>
/// <param name="ExpiresAt">RFC 3339, or null.</param>
/// <param name="Key">The secret. Shown this once: it is stored as a hash.</param>
public sealed record CreatedKeyView(
    string Id, string Name, string WalletId, string Status, string CreatedAt, string? ExpiresAt, string Key)
{
    /// <summary>Leaves the secret out: a record that is logged must not give it away.</summary>
    public override string ToString() => $"{nameof(CreatedKeyView)} {Id}";
}
