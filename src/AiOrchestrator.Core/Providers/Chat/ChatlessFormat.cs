using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>A wire format that has no conversations: what its providers serve are its other capabilities, and nobody else is routed there.</summary>
internal abstract class ChatlessFormat : ChatFormat
{
    /// <inheritdoc/>
    public sealed override bool HasChat => false;

    /// <inheritdoc/>
    public sealed override UsageFormat Usage => UsageFormat.OpenAiChat;

    /// <inheritdoc/>
    public sealed override ApiFailure? Write(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped) => throw NotRouted();

    /// <inheritdoc/>
    public sealed override Uri UriOf(Provider provider, ServedModel model, bool stream) => throw NotRouted();

    /// <inheritdoc/>
    public sealed override ChatAnswerReader CreateReader() => throw NotRouted();

    private InvalidOperationException NotRouted() => new($"'{Name}' has no conversations");
}
