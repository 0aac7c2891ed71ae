using System.Net.Http.Headers;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Anthropic;

/// <summary>Anthropic's messages as Anthropic speaks them (https://docs.claude.com/en/api/messages).</summary>
internal sealed class AnthropicFormat : ChatFormat
{
    /// <summary>What rows call it.</summary>
    public const string FormatName = "anthropic";

    /// <summary>The version of the API that requests are written in; a caller's own takes its place.</summary>
    /// <summary>The version that is meant where nothing is said.</summary>
    public const string Version = "2023-06-01";

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override UsageFormat Usage => UsageFormat.Anthropic;

    /// <inheritdoc/>
    public override ApiFailure? Write(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped) =>
        AnthropicRequestWriter.Write(request, terms, writer, dropped);

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, ServedModel model, bool stream) => new(provider.BaseUrl, "messages");

    /// <inheritdoc/>
    public override void AddHeaders(Provider provider, HttpRequestHeaders headers, Func<string, string?> caller)
    {
        if (provider.Credential is { } key)
        {
            headers.TryAddWithoutValidation("x-api-key", key);
        }

        headers.TryAddWithoutValidation("anthropic-version", caller("anthropic-version") ?? Version);
        if (caller("anthropic-beta") is { } beta)
        {
            headers.TryAddWithoutValidation("anthropic-beta", beta);
        }
    }

    /// <inheritdoc/>
    public override ChatAnswerReader CreateReader() => new AnthropicAnswerReader();

    /// <inheritdoc/>
    public override ProviderError? ReadError(JsonElement body) => body.Member("error"u8) is { } error && error.TextOf("message"u8) is { Length: > 0 } message
        ? new ProviderError(error.TextOf("type"u8), message)
        : null;
}
