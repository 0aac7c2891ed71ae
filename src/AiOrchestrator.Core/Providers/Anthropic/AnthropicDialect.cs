using System.Buffers;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Anthropic;

/// <summary>Anthropic's messages as callers speak them (https://docs.claude.com/en/api/messages).</summary>
internal sealed class AnthropicDialect : ChatDialect
{
    /// <summary>The only one there is.</summary>
    public static readonly AnthropicDialect Instance = new();

    private static readonly byte[] Stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8.ToArray();

    /// <inheritdoc/>
    public override string Format => AnthropicFormat.FormatName;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> EndMarker => Stop;

    /// <inheritdoc/>
    public override ApiFailure? Read(JsonElement root, ChatRequest request)
    {
        try
        {
            return AnthropicMemberReader.Read(root, request) ?? AnthropicTurnReader.Read(root, request);
        }
        catch (InvalidOperationException)
        {
            // A word that is compared here and was passed over when the body was checked: JSON, but not text.
            return new InvalidJson("a name or a text in it holds an escape that is half a surrogate pair.");
        }
    }

    /// <inheritdoc/>
    public override ChatStreamWriter CreateStream(AnswerTerms terms, AnswerFacts facts, IBufferWriter<byte> output) =>
        new AnthropicStreamWriter(terms, facts, output);

    /// <inheritdoc/>
    public override void Write(ChatAnswer answer, AnswerTerms terms, Utf8JsonWriter writer) => AnthropicAnswerWriter.Write(answer, terms, writer);
}
