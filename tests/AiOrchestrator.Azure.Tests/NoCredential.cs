using Azure.Core;

namespace AiOrchestrator.Azure.Tests;

/// <summary>For what must not ask for a token.</summary>
internal sealed class NoCredential : TokenCredential
{
    /// <inheritdoc/>
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("a token was asked for: " + string.Join(' ', requestContext.Scopes));

    /// <inheritdoc/>
    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("a token was asked for: " + string.Join(' ', requestContext.Scopes));
}
