using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Writes a whole answer as a legacy completion (https://platform.openai.com/docs/api-reference/completions/object), which has text alone: what was
/// thought is left out, a refusal is told as the text.
/// </summary>
internal static class OpenAiCompletionsAnswerWriter
{
    public static void Write(ChatAnswer answer, AnswerTerms terms, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteInside("id"u8, answer.Id.Length > 0 ? answer.Id : AnswerId(terms));
        writer.WriteString("object"u8, "text_completion"u8);
        writer.WriteNumber("created"u8, terms.Created.ToUnixTimeSeconds());
        writer.WriteString("model"u8, answer.Facts.Model ?? terms.Model);
        writer.WriteStartArray("choices"u8);
        foreach (var choice in answer.Choices)
        {
            writer.WriteStartObject();
            writer.WriteInside("text"u8, TextOf(choice, Echo(terms)));
            writer.WriteNumber("index"u8, choice.Index);
            writer.WriteNull("logprobs"u8);
            writer.WriteString("finish_reason"u8, Word(choice.Finish ?? ChatFinish.Stop));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WritePropertyName("usage"u8);
        OpenAiChatAnswerWriter.WriteUsage(answer.Facts, writer);
        writer.WriteEndObject();
    }

    /// <summary>What an answer is called that its provider has no name for.</summary>
    public static byte[] AnswerId(AnswerTerms terms) => Encoding.ASCII.GetBytes($"cmpl-{terms.Id}");

    /// <summary>OpenAI's word for why a text ended: it cannot ask for functions.</summary>
    public static string Word(ChatFinish finish) => finish == ChatFinish.ToolCalls ? ChatFinish.Stop.Word() : finish.Word();

    /// <summary>What each choice begins with: the prompt, where that is asked for. The inside of a JSON string.</summary>
    public static ReadOnlySpan<byte> Echo(AnswerTerms terms) =>
        terms.Request.Echoes && terms.Asked is { } asked && OpenAiCompletionsMembers.PromptOf(asked) is { } prompt ? ChatJson.Inside(prompt) : default;

    private static ReadOnlySpan<byte> TextOf(ChatChoice choice, ReadOnlySpan<byte> echo)
    {
        var blocks = choice.Blocks.FindAll(static b => b.Kind is ChatBlockKind.Text or ChatBlockKind.Refusal);
        if (blocks is [var only] && echo.IsEmpty)
        {
            return only.Text;
        }

        var text = new List<byte>(echo.ToArray());
        blocks.ForEach(b => text.AddRange(b.Text));
        return text.ToArray();
    }
}
