using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace AiOrchestrator.Core.Identity;

/// <summary>
/// Lets a request through to its endpoint when its caller may use it, and tells the endpoint who calls (<see cref="PermissionExtensions.GetCaller"/>).
/// Looks at headers and memory only; the body is untouched.
/// </summary>
public static class AuthenticationMiddleware
{
    private const string Scheme = "Bearer ";

    /// <summary>Belongs after <c>UseRouting</c> and <see cref="UnmatchedRoutes.UseUnmatchedRoutes"/>, before the endpoints.</summary>
    public static IApplicationBuilder UseKeyAuthentication(this IApplicationBuilder app, KeyDirectory keys) => app.Use(next =>
        context =>
        {
            var endpoint = context.GetEndpoint();
            var required = endpoint?.Metadata.GetMetadata<RequiredPermission>()
                ?? throw new InvalidOperationException($"the endpoint '{endpoint?.DisplayName}' states no permission: it would be open to everybody");
            return required.Permission == Permission.Public ? next(context) : AuthenticateAsync(context, required.Permission, keys, next);
        });

    /// <summary>Who presents which credential: the first of <c>authorization: Bearer</c>, <c>x-api-key</c>, <c>api-key</c> that is there.</summary>
    internal static KeyLookup Identify(IHeaderDictionary headers, KeyDirectory keys)
    {
        var authorization = headers.Authorization;
        if (authorization is [{ } value] && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return keys.Find(value.AsSpan(Scheme.Length).Trim(' '));
        }

        // Another scheme (a proxy's Basic, say) does not hide a key that came in its own header.
        var own = headers["x-api-key"];
        if (StringValues.IsNullOrEmpty(own))
        {
            own = headers["api-key"];
        }

        return own.Count switch
        {
            0 => new KeyLookup(authorization.Count == 0 ? KeyOutcome.Missing : KeyOutcome.Malformed, null),
            1 => keys.Find(own[0]),
            _ => new KeyLookup(KeyOutcome.Malformed, null),
        };
    }

    private static Task AuthenticateAsync(HttpContext context, Permission permission, KeyDirectory keys, RequestDelegate next)
    {
        var lookup = Identify(context.Request.Headers, keys);
        if (lookup is not { Outcome: KeyOutcome.Live, Caller: { } caller })
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return ErrorWriter.WriteAsync(context, Refusal(lookup.Outcome));
        }

        // Asked for only where it matters: the connection's description is made on demand.
        if (caller.Key is { IpRanges: not null } key && !key.AllowsAddress(context.Connection.RemoteIpAddress))
        {
            return ErrorWriter.WriteAsync(context, AddressNotAllowed.Instance);
        }

        if (Denial(permission, caller) is { } denial)
        {
            return ErrorWriter.WriteAsync(context, denial);
        }

        context.Features.Set(caller);
        return next(context);
    }

    private static ApiFailure Refusal(KeyOutcome outcome) => outcome switch
    {
        KeyOutcome.Missing => MissingApiKey.Instance,
        KeyOutcome.Revoked => InvalidApiKey.Revoked,
        KeyOutcome.Expired => InvalidApiKey.Expired,
        KeyOutcome.Replaced => InvalidApiKey.Replaced,
        _ => InvalidApiKey.Unknown,
    };

    private static PermissionDenied? Denial(Permission permission, Caller caller) => permission switch
    {
        Permission.Administer when !caller.Administers => PermissionDenied.NeedsAdministrator,
        Permission.CallModels when caller.IsAdmin => PermissionDenied.NeedsApiKey,
        _ => null,
    };
}
