using System.Net.Http.Headers;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Embeddings;
using AiOrchestrator.Core.Providers.Reranking;

namespace AiOrchestrator.Core.Providers.Cohere;

/// <summary>Cohere's chat, version 2 (https://docs.cohere.com/reference/chat).</summary>
internal sealed class CohereFormat : ChatFormat
{
    /// <summary>What rows call it.</summary>
    public const string FormatName = "cohere";

    private static readonly CohereEmbeddings TheEmbeddings = new();
    private static readonly CohereRerank TheRerank = new();

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override UsageFormat Usage => UsageFormat.Cohere;

    /// <inheritdoc/>
    public override EmbeddingsFormat Embeddings => TheEmbeddings;

    /// <inheritdoc/>
    public override RerankFormat Rerank => TheRerank;

    /// <inheritdoc/>
    public override ApiFailure? Write(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped) =>
        CohereRequestWriter.Write(request, terms, writer, dropped);

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, ServedModel model, bool stream) => new(provider.BaseUrl, "chat");

    /// <inheritdoc/>
    public override void AddHeaders(Provider provider, HttpRequestHeaders headers, Func<string, string?> caller)
    {
        if (provider.AuthorizationHeader is { } authorization)
        {
            headers.TryAddWithoutValidation("Authorization", authorization);
        }
    }

    /// <inheritdoc/>
    public override ChatAnswerReader CreateReader() => new CohereAnswerReader();

    /// <inheritdoc/>
    public override ProviderError? ReadError(JsonElement body) =>
        body.TextOf("message"u8) is { Length: > 0 } message ? new ProviderError(null, message) : null;
}
