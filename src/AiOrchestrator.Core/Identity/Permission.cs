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

    /// <summary>A live API key for what is its own, or the admin key for everything in the organisation.</summary>
    ReadUsage,

    /// <summary>The admin key.</summary>
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
    /// <summary>Whether the admin key was used.</summary>
    public bool IsAdmin => Key is null;
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
    /// <summary>Whether it may be used at a time.</summary>
    public bool IsLive(long nowUnixMs) => RevokedUnixMs is null && (ExpiresUnixMs is not { } expires || nowUnixMs < expires);
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
