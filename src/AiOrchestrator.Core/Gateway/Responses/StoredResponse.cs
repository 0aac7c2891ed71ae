namespace AiOrchestrator.Core.Gateway.Responses;

/// <summary>Where a response lies.</summary>
/// <param name="ProviderId">The row of its provider.</param>
/// <param name="UpstreamId">The provider's name for it: <see cref="IsPlain"/>.</param>
internal readonly record struct StoredResponse(string ProviderId, string UpstreamId)
{
    /// <summary>The longest name of a provider that is sealed, in characters; OpenAI's have some 55.</summary>
    public const int MaxUpstreamIdLength = 256;

    /// <summary>What its provider is asked about it.</summary>
    /// <param name="method">What is to be done.</param>
    /// <param name="suffix">What of it: a path that begins with a slash, a query, or both.</param>
    /// <param name="id">The caller's name for it.</param>
    public UpstreamQuestion Ask(HttpMethod method, string suffix, string id) =>
        new(ProviderId, method, $"responses/{Uri.EscapeDataString(UpstreamId)}{suffix}", new ResponseNotFound(id), new ResponseProviderGone(ProviderId));

    /// <summary>Whether a name can become a part of a path, and be sealed.</summary>
    public static bool IsPlain(string id) => id.Length is > 0 and <= MaxUpstreamIdLength && char.IsAsciiLetterOrDigit(id[0])
        && id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or ':');
}
