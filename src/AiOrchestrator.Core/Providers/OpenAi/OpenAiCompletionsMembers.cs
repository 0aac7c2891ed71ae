using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>Reads a legacy completion for a model of conversations.</summary>
internal static class OpenAiCompletionsMembers
{
    public static ApiFailure? Read(JsonElement root, ChatRequest request)
    {
        request.MaxOutputTokens = OpenAiPlainReader.DefaultMaxTokens;
        return ChatMembers.Each(root, request, Read) ?? CheckBestOf(root, request);
    }

    /// <summary>The prompt of a body that has one; absent where it has several, or none.</summary>
    public static JsonElement? PromptOf(JsonElement root) => root.Member("prompt"u8) switch
    {
        { ValueKind: JsonValueKind.String } text => text,
        { ValueKind: JsonValueKind.Array } texts when texts.GetArrayLength() == 1 && texts[0].ValueKind == JsonValueKind.String => texts[0],
        _ => null,
    };

    private static ApiFailure? Read(string name, JsonElement value, ChatRequest request)
    {
        switch (name)
        {
            case "model" or "stream" or "stream_options" or "best_of" or "echo":
                return null;
            case "prompt":
                return ReadPrompt(request);
            case "max_tokens":
                request.MaxOutputTokens = value.GetInt64();
                return request.MaxOutputTokens == 0
                    ? new UnsupportedParameter(name, "'max_tokens' of 0 cannot be served by this model: its provider has conversations alone, which have no empty answer.")
                    : null;
            case "n":
                request.Choices = value.GetInt32();
                return null;
            case "stop":
                return ChatMembers.ReadStop(name, value, takesOne: true, request);
            case "suffix" when value.ValueKind != JsonValueKind.String || !value.ValueEquals(""u8):
                return ChatRefusals.Cannot(name, "conversations alone, and no text behind the answer");
            case "logprobs":
                return ChatRefusals.Cannot(name, "no probabilities that could be told here");
            default:
                ReadScalar(name, value, request);
                return null;
        }
    }

    private static UnsupportedParameter? ReadPrompt(ChatRequest request)
    {
        if (PromptOf(request.Root) is not { } text)
        {
            return new UnsupportedParameter("prompt", request.Root.GetProperty("prompt"u8).EnumerateArray().Any(static p => p.ValueKind == JsonValueKind.String)
                ? "'prompt' holds several texts, and this model has one conversation for each request: send one text each."
                : "'prompt' holds tokens, which only the tokenizer they come from can read: send the text.");
        }

        var turn = new ChatTurn(ChatRole.User, "prompt");
        turn.Parts.Add(new TextPart(text));
        request.Turns.Add(turn);
        return null;
    }

    private static void ReadScalar(string name, JsonElement value, ChatRequest request)
    {
        switch (name)
        {
            case "user":
                request.EndUser = value;
                break;
            case "suffix":
                break;
            default:
                ChatMembers.ReadSampling(name, value, request);
                break;
        }
    }

    /// <summary>Answers that are made and thrown away cannot be asked for.</summary>
    private static UnsupportedParameter? CheckBestOf(JsonElement root, ChatRequest request) =>
        root.Member("best_of"u8) is { } bestOf && bestOf.GetInt32() > request.Choices
            ? ChatRefusals.Cannot("best_of", "no choice among answers: ask for them with 'n'")
            : null;
}
