using System.Net.Http.Headers;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>OpenAI's responses as it and Azure OpenAI speak them; the only API of some of their models.</summary>
internal sealed class OpenAiResponsesFormat : ChatFormat
{
    /// <summary>What rows call it.</summary>
    public const string FormatName = "openai_responses";

    /// <summary>The one that is used where rows of chat completions have responses beside them.</summary>
    public static readonly OpenAiResponsesFormat Instance = new();

    private static readonly OpenAiChatFormat Chat = new();

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override UsageFormat Usage => UsageFormat.OpenAiResponses;

    /// <inheritdoc/>
    public override ApiFailure? Write(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped) =>
        OpenAiResponsesRequestWriter.Write(request, terms, writer, dropped);

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, ServedModel model, bool stream) => provider.UriOf(ModelCall.Responses, model);

    /// <inheritdoc/>
    public override void AddHeaders(Provider provider, HttpRequestHeaders headers, Func<string, string?> caller) => Chat.AddHeaders(provider, headers, caller);

    /// <inheritdoc/>
    public override ChatAnswerReader CreateReader() => new OpenAiResponsesAnswerReader();

    /// <inheritdoc/>
    public override ProviderError? ReadError(JsonElement body) => Chat.ReadError(body);
}
