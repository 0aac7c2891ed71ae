using System.Collections.Concurrent;
using AiOrchestrator.Core.Platform;
using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Azure.Secrets;

/// <summary>
/// Tokens of this process's own identity as secrets, <c>entra:SCOPE</c>: for providers that know it, such as Azure OpenAI. A token is kept
/// until <see cref="RenewBefore"/> its end; from then on the credential is asked again on every reading, and the token it gave last is used
/// as long as it is good.
/// </summary>
/// <remarks>
/// Safe for concurrent use. Azure.Identity keeps tokens too, and hands out a new one only in the last five minutes of the old: so whoever
/// holds a token from here must ask more often than that near its end, which <see cref="AreEnding"/> tells.
/// </remarks>
internal sealed partial class EntraSecretStore(TokenCredential credential, TimeProvider time, ILogger<EntraSecretStore> log) : ISecretStore, IExpiringSecrets
{
    private const string Scheme = "entra:";
    private const int MaxScopeLength = 500;

    /// <summary>A token with less left than this is asked for again.</summary>
    internal static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(10);

    /// <summary>Bounds one asking, with all that the credential repeats in it.</summary>
    private static readonly TimeSpan AskingFor = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, AccessToken> _kept = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool AreEnding => _kept.Values.Any(t => t.ExpiresOn - time.GetUtcNow() < RenewBefore);

    /// <inheritdoc/>
    public bool Understands(string reference) =>
        reference.StartsWith(Scheme, StringComparison.Ordinal)
        && reference.Length <= MaxScopeLength
        && Uri.TryCreate(reference[Scheme.Length..], UriKind.Absolute, out var scope)
        && scope.AbsolutePath.Length > 1;

    /// <summary>A token for the scope that is good for some time yet.</summary>
    /// <exception cref="AuthenticationFailedException">None is to be had, and none is left.</exception>
    public async ValueTask<string?> GetAsync(string reference, CancellationToken cancellation)
    {
        if (!Understands(reference))
        {
            return null;
        }

        var scope = reference[Scheme.Length..];
        var hasToken = _kept.TryGetValue(scope, out var kept);
        if (hasToken && kept.ExpiresOn - time.GetUtcNow() >= RenewBefore)
        {
            return kept.Token;
        }

        try
        {
            using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            bound.CancelAfter(AskingFor);
            kept = await credential.GetTokenAsync(new TokenRequestContext([scope]), bound.Token);
            _kept[scope] = kept;
            return kept.Token;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested && hasToken && kept.ExpiresOn > time.GetUtcNow())
        {
            // Safe: the token is good until its end, and is asked for again before that.
            NotRenewed(log, scope, e.GetType().Name);
            return kept.Token;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The token for {Scope} could not be renewed: {Reason}")]
    private static partial void NotRenewed(ILogger logger, string scope, string reason);
}
