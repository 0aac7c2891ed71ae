namespace AiOrchestrator.Core.Providers.Bedrock;

/// <summary>What differs between the models Bedrock serves and shows in requests. Profiles named by an ARN are told by what they are priced as.</summary>
internal static class BedrockModels
{
    /// <summary>Anthropic's: what is not Converse's own goes beside it in the words of Anthropic's messages.</summary>
    public static bool IsClaude(ServedModel model) => Is(model, "claude");

    /// <summary>Amazon's Nova.</summary>
    public static bool IsNova(ServedModel model) => Is(model, "nova");

    /// <summary>Nova of the second generation, which thinks (https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html).</summary>
    public static bool IsThinkingNova(ServedModel model) => Is(model, "nova-2");

    /// <summary>OpenAI's open models.</summary>
    public static bool IsOpenAi(ServedModel model) => Is(model, "openai.");

    /// <summary>Cohere's.</summary>
    public static bool IsCohere(ServedModel model) => Is(model, "cohere.");

    private static bool Is(ServedModel model, string word) =>
        model.UpstreamId.Contains(word, StringComparison.Ordinal) || model.Price.Id.Contains(word, StringComparison.Ordinal);
}
