using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Providers;

/// <summary>
/// Which headers cross, both ways: those named here and no others. Credentials, cookies and hop-by-hop headers of one side never reach the other.
/// </summary>
internal static class UpstreamHeaders
{
    /// <summary>Request headers a provider may see as the caller sent them.</summary>
    private static readonly string[] Forwarded = ["OpenAI-Beta"];

    /// <summary>Answer headers a client may see, and the name it sees them under: providers' own rate-limit dialects become one.</summary>
    private static readonly Dictionary<string, string> Relayed = new(StringComparer.OrdinalIgnoreCase)
    {
        ["retry-after"] = "retry-after",
        ["retry-after-ms"] = "retry-after-ms",
        ["openai-processing-ms"] = "openai-processing-ms",
        ["openai-version"] = "openai-version",
        ["openai-model"] = "openai-model",
        ["x-request-id"] = "x-provider-request-id",
        ["request-id"] = "x-provider-request-id",
        ["x-ratelimit-limit-requests"] = "x-ratelimit-limit-requests",
        ["x-ratelimit-remaining-requests"] = "x-ratelimit-remaining-requests",
        ["x-ratelimit-reset-requests"] = "x-ratelimit-reset-requests",
        ["x-ratelimit-limit-tokens"] = "x-ratelimit-limit-tokens",
        ["x-ratelimit-remaining-tokens"] = "x-ratelimit-remaining-tokens",
        ["x-ratelimit-reset-tokens"] = "x-ratelimit-reset-tokens",
        ["anthropic-ratelimit-requests-limit"] = "x-ratelimit-limit-requests",
        ["anthropic-ratelimit-requests-remaining"] = "x-ratelimit-remaining-requests",
        ["anthropic-ratelimit-requests-reset"] = "x-ratelimit-reset-requests",
        ["anthropic-ratelimit-tokens-limit"] = "x-ratelimit-limit-tokens",
        ["anthropic-ratelimit-tokens-remaining"] = "x-ratelimit-remaining-tokens",
        ["anthropic-ratelimit-tokens-reset"] = "x-ratelimit-reset-tokens",
        ["x-ratelimit-limit"] = "x-ratelimit-limit-requests",
        ["x-ratelimit-remaining"] = "x-ratelimit-remaining-requests",
        ["x-ratelimit-reset"] = "x-ratelimit-reset-requests",
    };

    public static void Forward(IHeaderDictionary from, HttpRequestHeaders to)
    {
        foreach (var name in Forwarded)
        {
            if (from.TryGetValue(name, out var value))
            {
                to.TryAddWithoutValidation(name, (string?)value);
            }
        }
    }

    /// <summary>Copies what may be seen; returns the provider's own request id.</summary>
    public static string? Relay(HttpResponseHeaders from, IHeaderDictionary to)
    {
        string? requestId = null;
        foreach (var (name, values) in from.NonValidated)
        {
            if (Relayed.TryGetValue(name, out var seenAs))
            {
                var value = Clean(values.ToString());
                to[seenAs] = value;
                requestId = seenAs == "x-provider-request-id" ? value : requestId;
            }
        }

        return requestId;
    }

    /// <summary>A provider's value may hold bytes that are not allowed in ours, and any number of them.</summary>
    private static string Clean(string value)
    {
        var clean = value.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? string.Concat(value.Where(static x => x is >= ' ' and <= '~'))
            : value;
        return clean.Length <= 256 ? clean : clean[..256];
    }
}
