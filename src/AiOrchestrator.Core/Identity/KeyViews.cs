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
/// <param name="Role">What it may do beside calling models; <c>member</c> when absent. Not above the caller's own.</param>
/// <param name="UserId">The person or service behind it; 1 to 64 visible characters, not <c>admin</c> or <c>*</c>, not beginning with <c>key_</c>.</param>
/// <param name="AllowedModels">Ids of models, and patterns in which <c>*</c> stands for any characters; at most 100. All when absent, null or empty.</param>
/// <param name="IpRanges">Where it may be used from, in CIDR notation, by the address of the connection; at most 100. Anywhere when absent, null or empty.</param>
public sealed record CreateKeyRequest(
    string Name,
    string WalletId,
    string? ExpiresAt = null,
    Role? Role = null,
    string? UserId = null,
    IReadOnlyList<string>? AllowedModels = null,
    IReadOnlyList<string>? IpRanges = null);

/// <summary>The body of <c>PATCH /control/v1/keys/{id}</c>: what is absent stays as it is.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="WalletId">The wallet that pays from the next request on.</param>
/// <param name="ExpiresAt">RFC 3339, in the future; null: never.</param>
/// <param name="Role">Not above the caller's own.</param>
/// <param name="UserId">1 to 64 visible characters; null: none.</param>
/// <param name="AllowedModels">Ids and patterns; null or empty: all.</param>
/// <param name="IpRanges">CIDR notation; null or empty: anywhere.</param>
public sealed record ChangeKeyRequest(
    string? Name = null,
    string? WalletId = null,
    string? ExpiresAt = null,
    Role? Role = null,
    string? UserId = null,
    IReadOnlyList<string>? AllowedModels = null,
    IReadOnlyList<string>? IpRanges = null);

/// <summary>The body of <c>POST /control/v1/keys/{id}/rotate</c>; <c>{}</c> ends the old secret at once.</summary>
/// <param name="GraceS">How long the old secret stays valid, in seconds; 0 to 604800 (a week), 0 when absent.</param>
public sealed record RotateKeyRequest(long? GraceS = null);

/// <summary>An API key as the control API shows it.</summary>
/// <param name="Id"><c>key_…</c>.</param>
/// <param name="Name">For people.</param>
/// <param name="WalletId">The wallet that pays for its calls.</param>
/// <param name="Role">What it may do beside calling models.</param>
/// <param name="UserId">The person or service behind it, or null.</param>
/// <param name="AllowedModels">Ids and patterns; null: all.</param>
/// <param name="IpRanges">CIDR notation; null: anywhere.</param>
/// <param name="Status"><c>live</c>, <c>expired</c> or <c>revoked</c>.</param>
/// <param name="CreatedAt">RFC 3339.</param>
/// <param name="ExpiresAt">RFC 3339, or null.</param>
/// <param name="RevokedAt">RFC 3339, or null.</param>
/// <param name="PreviousSecretUntil">Until when the secret before the present one works, RFC 3339; null when it does not.</param>
public sealed record KeyView(
    string Id,
    string Name,
    string WalletId,
    Role Role,
    string? UserId,
    IReadOnlyList<string>? AllowedModels,
    IReadOnlyList<string>? IpRanges,
    string Status,
    string CreatedAt,
    string? ExpiresAt,
    string? RevokedAt,
    string? PreviousSecretUntil)
{
    internal static KeyView Of(ApiKey key, long nowUnixMs) => new(
        key.Id,
        key.Name,
        key.WalletId,
        key.Role,
        key.UserId,
        key.AllowedModels?.Written,
        key.IpRanges?.Written,
        key.RevokedUnixMs is not null ? "revoked" : key.IsLive(nowUnixMs) ? "live" : "expired",
        Rfc3339.Format(key.CreatedUnixMs),
        Rfc3339.Format(key.ExpiresUnixMs),
        Rfc3339.Format(key.RevokedUnixMs),
        key.RevokedUnixMs is null && key.PreviousUntilUnixMs > nowUnixMs ? Rfc3339.Format(key.PreviousUntilUnixMs) : null);
}

/// <summary>A key that was just created or rotated; the only answers that ever hold a secret.</summary>
/// <param name="Id"><c>key_…</c>.</param>
/// <param name="Name">For people.</param>
/// <param name="WalletId">The wallet that pays for its calls.</param>
/// <param name="Role">What it may do beside calling models.</param>
/// <param name="UserId">The person or service behind it, or null.</param>
/// <param name="AllowedModels">Ids and patterns; null: all.</param>
/// <param name="IpRanges">CIDR notation; null: anywhere.</param>
/// <param name="Status"><c>live</c>, or <c>expired</c> for an expired key that was rotated.</param>
/// <param name="CreatedAt">RFC 3339.</param>
/// <param name="ExpiresAt">RFC 3339, or null.</param>
/// <param name="PreviousSecretUntil">Until when the secret before this one works, RFC 3339; null when it does not.</param>
/// <param name="Key">The secret. Shown this once: it is stored as a hash.</param>
public sealed record CreatedKeyView(
    string Id,
    string Name,
    string WalletId,
    Role Role,
    string? UserId,
    IReadOnlyList<string>? AllowedModels,
    IReadOnlyList<string>? IpRanges,
    string Status,
    string CreatedAt,
    string? ExpiresAt,
    string? PreviousSecretUntil,
    string Key)
{
    /// <summary>Leaves the secret out: a record that is logged must not give it away.</summary>
    public override string ToString() => $"{nameof(CreatedKeyView)} {Id}";

    internal static CreatedKeyView Of(CreatedKey created, long nowUnixMs)
    {
        var view = KeyView.Of(created.Entry.Key, nowUnixMs);
        return new CreatedKeyView(
            view.Id,
            view.Name,
            view.WalletId,
            view.Role,
            view.UserId,
            view.AllowedModels,
            view.IpRanges,
            view.Status,
            view.CreatedAt,
            view.ExpiresAt,
            view.PreviousSecretUntil,
            created.Secret);
    }
}
