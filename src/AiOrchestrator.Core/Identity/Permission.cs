using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Identity;

/// <summary>What an endpoint asks of its caller. Every endpoint states one; a test walks them all.</summary>
public enum Permission
{
    /// <summary>Nothing: liveness, readiness and documentation.</summary>
    Public,

    /// <summary>A live API key: calling models and listing what may be called.</summary>
    CallModels,

    /// <summary>A live API key for what is its own, or for everything in the organisation where the caller <see cref="Caller.SeesAll"/>.</summary>
    ReadUsage,

    /// <summary>A live API key for the wallets it may see, or the admin key for all. Which those are the endpoint decides.</summary>
    UseWallets,

    /// <summary>The admin key, or an API key with the role admin or owner.</summary>
    Administer,
}

/// <summary>The endpoint metadata that states the permission.</summary>
/// <param name="Permission">What is asked.</param>
public sealed record RequiredPermission(Permission Permission);

/// <summary>Who is calling, once known.</summary>
/// <param name="OrganisationId">Whose data may be seen.</param>
/// <param name="Key">The API key used; null for the admin key.</param>
public sealed record Caller(string OrganisationId, ApiKey? Key)
{
    /// <summary>The principal behind the admin key.</summary>
    internal const string AdminPrincipalId = "admin";

    /// <summary>Whether the admin key was used.</summary>
    public bool IsAdmin => Key is null;

    /// <summary>The person or service that acts: the key's user where it has one, else the key; <c>admin</c> for the admin key.</summary>
    public string PrincipalId => Key is null ? AdminPrincipalId : Key.UserId ?? Key.Id;

    /// <summary>The key's role; the admin key is an owner.</summary>
    public Role Role => Key?.Role ?? Role.Owner;

    /// <summary>Whether all of the organisation may be seen, not only what is the caller's own.</summary>
    public bool SeesAll => Role is Role.Finops or Role.Auditor or Role.Admin or Role.Owner;

    /// <summary>Whether the caller has <see cref="Permission.Administer"/>.</summary>
    public bool Administers => Role is Role.Admin or Role.Owner;
}

/// <summary>An API key without its secret.</summary>
/// <param name="Id"><c>key_…</c>.</param>
/// <param name="Name">For people.</param>
/// <param name="OrganisationId">The organisation it belongs to.</param>
/// <param name="WalletId">The wallet that pays for its calls.</param>
/// <param name="CreatedUnixMs">When it was made.</param>
/// <param name="ExpiresUnixMs">When it stops working, or null.</param>
/// <param name="RevokedUnixMs">When it was revoked, or null.</param>
public sealed record ApiKey(
    string Id, string Name, string OrganisationId, string WalletId, long CreatedUnixMs, long? ExpiresUnixMs, long? RevokedUnixMs)
{
    /// <summary>What it may do beside calling models.</summary>
    public Role Role { get; init; }

    /// <summary>The person or service behind it, or null.</summary>
    public string? UserId { get; init; }

    /// <summary>The models it may call; null: all.</summary>
    public ModelPatterns? AllowedModels { get; init; }

    /// <summary>Where it may be used from; null: from anywhere.</summary>
    public AddressRanges? IpRanges { get; init; }

    /// <summary>Until when the secret before the present one works, or null.</summary>
    public long? PreviousUntilUnixMs { get; init; }

    /// <summary>Whether it may be used at a time.</summary>
    public bool IsLive(long nowUnixMs) => RevokedUnixMs is null && (ExpiresUnixMs is not { } expires || nowUnixMs < expires);

    /// <summary>Whether it may call a model.</summary>
    public bool AllowsModel(string model) => AllowedModels?.Allows(model) ?? true;

    /// <summary>Whether it may be used from an address.</summary>
    public bool AllowsAddress(IPAddress? address) => IpRanges?.Contain(address) ?? true;
}

/// <summary>How endpoints state their permission and handlers learn who calls.</summary>
public static class PermissionExtensions
{
    /// <summary>States the permission an endpoint needs.</summary>
    public static TBuilder Requires<TBuilder>(this TBuilder builder, Permission permission)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RequiredPermission(permission));

    /// <summary>The authenticated caller. Only behind an endpoint that requires a permission other than <see cref="Permission.Public"/>.</summary>
    public static Caller GetCaller(this HttpContext context) => context.Features.Get<Caller>()
        ?? throw new InvalidOperationException("the endpoint is public: it has no caller");
}
