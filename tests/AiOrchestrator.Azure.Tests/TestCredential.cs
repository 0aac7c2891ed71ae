using System.Collections.Concurrent;
using Azure.Core;

namespace AiOrchestrator.Azure.Tests;

/// <summary>Hands out a token for whatever is asked for, and remembers what that was.</summary>
internal sealed class TestCredential(Func<string, string>? token = null) : TokenCredential
{
    /// <summary>The token of a scope, when no other way of making one is given.</summary>
    public static string TokenOf(string scope) => "token-for-" + scope;

    /// <summary>The scopes that were asked for, in order.</summary>
    public ConcurrentQueue<string> Scopes { get; } = [];

    /// <summary>The tenants that were named with them; null where none was.</summary>
    public ConcurrentQueue<string?> Tenants { get; } = [];

    /// <inheritdoc/>
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        var scope = Assert.Single(requestContext.Scopes);
        Scopes.Enqueue(scope);
        Tenants.Enqueue(requestContext.TenantId);
        return new AccessToken((token ?? TokenOf)(scope), DateTimeOffset.UtcNow.AddHours(1));
    }

    /// <inheritdoc/>
    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        new(GetToken(requestContext, cancellationToken));
}
