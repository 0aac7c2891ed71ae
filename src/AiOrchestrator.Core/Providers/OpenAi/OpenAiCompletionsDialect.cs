using System.Buffers;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// OpenAI's legacy completions as callers speak them (https://platform.openai.com/docs/api-reference/completions/create), for models of conversations:
/// the prompt is all the user says, the answer what follows it.
/// </summary>
internal sealed class OpenAiCompletionsDialect : ChatDialect
{
    /// <summary>The only one there is.</summary>
    public static readonly OpenAiCompletionsDialect Instance = new();

    /// <summary>Of no row: whether a provider has them depends on its row and the model (<see cref="Provider.Completes"/>).</summary>
    public override string Format => "openai_completions";

    /// <inheritdoc/>
    public override ApiFailure? Read(JsonElement root, ChatRequest request) => OpenAiCompletionsMembers.Read(root, request);

    /// <inheritdoc/>
    public override ChatStreamWriter CreateStream(AnswerTerms terms, AnswerFacts facts, IBufferWriter<byte> output) =>
        new OpenAiCompletionsStreamWriter(terms, facts, output);

    /// <inheritdoc/>
    public override void Write(ChatAnswer answer, AnswerTerms terms, Utf8JsonWriter writer) => OpenAiCompletionsAnswerWriter.Write(answer, terms, writer);
}
