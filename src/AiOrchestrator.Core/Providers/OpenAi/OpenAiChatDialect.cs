using System.Buffers;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>OpenAI's chat completions as callers speak them (https://platform.openai.com/docs/api-reference/chat/create).</summary>
internal sealed class OpenAiChatDialect : ChatDialect
{
    /// <summary>The only one there is.</summary>
    public static readonly OpenAiChatDialect Instance = new();

    /// <inheritdoc/>
    public override string Format => OpenAiChatFormat.FormatName;

    /// <inheritdoc/>
    public override ApiFailure? Read(JsonElement root, ChatRequest request) =>
        OpenAiChatMembers.Read(root, request) ?? OpenAiChatTurns.Read(root, request);

    /// <inheritdoc/>
    public override ChatStreamWriter CreateStream(AnswerTerms terms, AnswerFacts facts, IBufferWriter<byte> output) =>
        new OpenAiChatStreamWriter(terms, facts, output);

    /// <inheritdoc/>
    public override void Write(ChatAnswer answer, AnswerTerms terms, Utf8JsonWriter writer) => OpenAiChatAnswerWriter.Write(answer, terms, writer);
}
