namespace AiOrchestrator.Core.Metering.Extraction;

/// <summary>How a provider writes down what an answer used. docs/operations/usage.md says which member is read as what.</summary>
public enum UsageFormat
{
    /// <summary>OpenAI chat completions, legacy completions and embeddings, and what calls itself compatible.</summary>
    OpenAiChat,

    /// <summary>OpenAI responses.</summary>
    OpenAiResponses,

    /// <summary>OpenAI images: what comes out are image tokens unless it says otherwise.</summary>
    OpenAiImages,

    /// <summary>OpenAI transcriptions: tokens or seconds.</summary>
    OpenAiTranscription,

    /// <summary>Anthropic messages: input excludes what the cache gave or took; compactions and advisors stand apart.</summary>
    Anthropic,

    /// <summary>Gemini generateContent: thinking and tool use stand apart.</summary>
    Gemini,

    /// <summary>Bedrock Converse: input excludes the cache.</summary>
    Bedrock,

    /// <summary>Cohere v2: what is billed is not what was counted.</summary>
    Cohere,

    /// <summary>Mistral's document reading: pages.</summary>
    MistralOcr,

    /// <summary>Perplexity: reasoning and citations are billed beside the completion, searches beside tokens.</summary>
    Perplexity,

    /// <summary>xAI: reasoning is billed beside the completion.</summary>
    XAi,

    /// <summary>Rerankers other than Cohere's: all tokens are those of the query and the documents; some count searches.</summary>
    Rerank,
}

/// <summary>Which format a provider of OpenAI's chat completions really writes.</summary>
public static class UsageFormats
{
    /// <summary>The format of a provider's chat completions.</summary>
    /// <param name="priceProvider">The price table's id of it.</param>
    public static UsageFormat OfChat(string priceProvider) => priceProvider switch
    {
        "perplexity" => UsageFormat.Perplexity,
        "x-ai" => UsageFormat.XAi,
        _ => UsageFormat.OpenAiChat,
    };
}
