using System.Net.Http.Headers;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Embeddings;

namespace AiOrchestrator.Core.Providers.Gemini;

/// <summary>
/// Gemini's generateContent (https://ai.google.dev/api/generate-content), at AI Studio and on Vertex AI. Which of the two it is shows in the base
/// URL; whether the credential is an API key or an access token, in what the row's secret holds (<see cref="GoogleAccount"/>).
/// </summary>
internal sealed class GeminiFormat : ChatFormat
{
    /// <summary>What rows call it.</summary>
    public const string FormatName = "gemini";

    private static readonly GeminiEmbeddings TheEmbeddings = new();

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override UsageFormat Usage => UsageFormat.Gemini;

    /// <inheritdoc/>
    public override EmbeddingsFormat Embeddings => TheEmbeddings;

    /// <summary>Whether a base URL is Vertex AI's: <c>…/projects/P/locations/R/publishers/google</c>. It refuses some members AI Studio takes.</summary>
    public static bool IsVertex(Uri? baseUrl) => baseUrl?.AbsolutePath.Contains("/publishers/", StringComparison.Ordinal) == true;

    /// <inheritdoc/>
    public override ApiFailure? Write(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped) =>
        GeminiRequestWriter.Write(request, terms, writer, dropped);

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, ServedModel model, bool stream) =>
        UriOf(provider, model, stream ? "streamGenerateContent?alt=sse" : "generateContent");

    /// <summary>Where a method of a model is.</summary>
    public static Uri UriOf(Provider provider, ServedModel model, string method) =>
        new($"{provider.BaseUrl.AbsoluteUri}models/{Uri.EscapeDataString(model.UpstreamId)}:{method}");

    /// <inheritdoc/>
    public override void AddHeaders(Provider provider, HttpRequestHeaders headers, Func<string, string?> caller)
    {
        if (provider.Credential is not { } credential)
        {
            return;
        }

        if (provider.HasAccessToken)
        {
            headers.TryAddWithoutValidation("Authorization", provider.AuthorizationHeader);
        }
        else
        {
            headers.TryAddWithoutValidation("x-goog-api-key", credential);
        }
    }

    /// <inheritdoc/>
    public override ChatAnswerReader CreateReader() => new GeminiAnswerReader();

    /// <inheritdoc/>
    public override ProviderError? ReadError(JsonElement body)
    {
        // A stream that fails before it begins is an array with the error in it.
        var first = body.ValueKind == JsonValueKind.Array && body.GetArrayLength() > 0 ? body[0] : body;
        return first.Member("error"u8, JsonValueKind.Object) is { } error && error.TextOf("message"u8) is { Length: > 0 } message
            ? new ProviderError(error.TextOf("status"u8), message) { RetryAfterSeconds = RetryAfter(error), IsOfCredential = IsOfCredential(error) }
            : null;
    }

    /// <summary>AI Studio refuses a key it does not know with status 400, and says so in <c>google.rpc.ErrorInfo</c>.</summary>
    private static bool IsOfCredential(JsonElement error) => error.Member("details"u8, JsonValueKind.Array) is { } details
        && details.EnumerateArray().Any(static d => d.TextOf("reason"u8) is "API_KEY_INVALID" or "API_KEY_EXPIRED");

    /// <summary>The delay in <c>google.rpc.RetryInfo</c> (<c>34.4s</c>), rounded up; null where there is none.</summary>
    private static int? RetryAfter(JsonElement error)
    {
        if (error.Member("details"u8, JsonValueKind.Array) is not { } details)
        {
            return null;
        }

        foreach (var detail in details.EnumerateArray())
        {
            if (detail.TextOf("retryDelay"u8) is { } delay && delay.EndsWith('s')
                && double.TryParse(delay.AsSpan(0, delay.Length - 1), System.Globalization.CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 86_400)
            {
                return (int)Math.Ceiling(seconds);
            }
        }

        return null;
    }
}
