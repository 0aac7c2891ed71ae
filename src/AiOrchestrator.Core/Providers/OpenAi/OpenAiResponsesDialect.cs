using System.Buffers;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>OpenAI's responses as callers speak them (https://platform.openai.com/docs/api-reference/responses/create).</summary>
internal sealed class OpenAiResponsesDialect : ChatDialect
{
    /// <summary>The only one there is.</summary>
    public static readonly OpenAiResponsesDialect Instance = new();

    /// <inheritdoc/>
    public override string Format => OpenAiResponsesFormat.FormatName;

    /// <inheritdoc/>
    public override ApiFailure? Read(JsonElement root, ChatRequest request)
    {
        try
        {
            return OpenAiResponsesMembers.Read(root, request) ?? OpenAiResponsesItems.Read(root, request);
        }
        catch (InvalidOperationException)
        {
            // A word that is compared here and was passed over when the body was checked: JSON, but not text.
            return new InvalidJson("a name or a text in it holds an escape that is half a surrogate pair.");
        }
    }

    /// <inheritdoc/>
    public override ChatStreamWriter CreateStream(AnswerTerms terms, AnswerFacts facts, IBufferWriter<byte> output) =>
        new OpenAiResponsesStreamWriter(terms, facts, output);

    /// <inheritdoc/>
    public override void Write(ChatAnswer answer, AnswerTerms terms, Utf8JsonWriter writer)
    {
        var choice = answer.Choices.Count > 0 ? answer.Choices[0] : new ChatChoice(0);
        OpenAiResponsesAnswerWriter.Write(choice.Blocks, choice.Finish ?? ChatFinish.Stop, answer.Facts, terms, writer);
    }
}
