using System.Net.Http.Headers;

namespace AiOrchestrator.Core.Providers;

/// <summary>What a provider's row says of requests to it, whatever its wire format: how it is authenticated, headers and query of its own.</summary>
internal static class UpstreamRow
{
    private static readonly string[] CredentialHeaders = ["Authorization", "x-api-key", "api-key", "x-goog-api-key", "xi-api-key"];

    /// <summary>Adds them to a request; what the row says takes the place of what the format has added.</summary>
    public static void Apply(Provider provider, HttpRequestMessage message)
    {
        if (provider.Auth is { } auth)
        {
            Authenticate(provider, auth, message.Headers);
        }

        foreach (var (name, value) in provider.Headers)
        {
            message.Headers.Remove(name);
            message.Headers.TryAddWithoutValidation(name, value);
        }

        if (provider.Query is { } query)
        {
            message.RequestUri = WithQuery(message.RequestUri!, query);
        }
    }

    /// <summary>A text without any secret of a provider: some repeat the key they do not like.</summary>
    public static string Scrubbed(string text, Provider provider)
    {
        foreach (var secret in provider.Secrets)
        {
            text = text.Replace(secret, "[credential]", StringComparison.Ordinal);
        }

        return text;
    }

    private static void Authenticate(Provider provider, string auth, HttpRequestHeaders headers)
    {
        foreach (var name in CredentialHeaders)
        {
            headers.Remove(name);
        }

        if (provider.AuthorizationHeader is not { } authorization || auth == ProviderAuth.None)
        {
            return;
        }

        _ = auth == ProviderAuth.Bearer
            ? headers.TryAddWithoutValidation("Authorization", authorization)
            : headers.TryAddWithoutValidation(auth, provider.Credential);
    }

    private static Uri WithQuery(Uri uri, string query) =>
        new(uri.GetLeftPart(UriPartial.Path) + (uri.Query.Length == 0 ? "?" : uri.Query + "&") + query);
}
