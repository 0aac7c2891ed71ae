using System.Net.Http.Headers;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Reranking;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>OpenAI's chat completions as it and all who call themselves compatible speak them.</summary>
internal sealed class OpenAiChatFormat : ChatFormat
{
    /// <summary>What rows call it.</summary>
    public const string FormatName = "openai";

    private static readonly OpenAiRerank TheRerank = new();

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override RerankFormat Rerank => TheRerank;

    /// <inheritdoc/>
    public override UsageFormat Usage => UsageFormat.OpenAiChat;

    /// <inheritdoc/>
    public override ApiFailure? Write(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped) =>
        OpenAiChatRequestWriter.Write(request, terms, writer, dropped);

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, ServedModel model, bool stream) => provider.UriOf(ModelCall.ChatCompletions, model);

    /// <inheritdoc/>
    public override void AddHeaders(Provider provider, HttpRequestHeaders headers, Func<string, string?> caller)
    {
        if (provider.AuthorizationHeader is { } authorization)
        {
            headers.TryAddWithoutValidation("Authorization", authorization);
        }
    }

    /// <inheritdoc/>
    public override ChatAnswerReader CreateReader() => new OpenAiChatAnswerReader();

    /// <inheritdoc/>
    public override ProviderError? ReadError(JsonElement body) => OpenAiErrorReader.Read(body);
}
