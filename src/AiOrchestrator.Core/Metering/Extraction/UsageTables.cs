using static AiOrchestrator.Core.Metering.Extraction.UsageField;

namespace AiOrchestrator.Core.Metering.Extraction;

/// <summary>
/// What is read of each format. Sources: the providers' API references; the ways compatible servers differ, from recorded answers.
/// </summary>
internal static class UsageTables
{
    private static readonly UsageMembers[] ByFormat =
    [
        Chat(), Responses(), Images(), Transcription(), Anthropic(), Gemini(), Bedrock(), Cohere(), Ocr(), Perplexity(), Chat(), Rerank(),
    ];

    /// <summary>The members of a format's usage object.</summary>
    public static UsageMembers Of(UsageFormat format) => ByFormat[(int)format];

    // https://platform.openai.com/docs/api-reference/chat/object. Beside the details, cached tokens stand as cached_tokens (Moonshot)
    // or prompt_cache_hit_tokens (DeepSeek). Mistral's num_cached_tokens is not read: nobody says that it lowers the bill.
    private static UsageMembers Chat() => UsageMembers.Of(
        ("prompt_tokens", Prompt),
        ("completion_tokens", Completion),
        ("total_tokens", Total),
        ("prompt_tokens_details.cached_tokens", CacheRead),
        ("prompt_tokens_details.cache_write_tokens", CacheWrite),
        ("prompt_tokens_details.audio_tokens", AudioPrompt),
        ("prompt_tokens_details.image_tokens", ImagePrompt),
        ("prompt_tokens_details.video_tokens", VideoPrompt),
        ("completion_tokens_details.reasoning_tokens", Reasoning),
        ("completion_tokens_details.audio_tokens", AudioCompletion),
        ("completion_tokens_details.image_tokens", ImageCompletion),
        ("completion_tokens_details.accepted_prediction_tokens", Accepted),
        ("completion_tokens_details.rejected_prediction_tokens", Rejected),
        ("cached_tokens", CacheReadToo),
        ("prompt_cache_hit_tokens", CacheReadToo),
        ("reasoning_tokens", Reasoning),
        ("prompt_audio_seconds", AudioMilliseconds));

    // https://platform.openai.com/docs/api-reference/responses/object
    private static UsageMembers Responses() => UsageMembers.Of(
        ("input_tokens", Prompt),
        ("output_tokens", Completion),
        ("total_tokens", Total),
        ("input_tokens_details.cached_tokens", CacheRead),
        ("input_tokens_details.cache_write_tokens", CacheWrite),
        ("input_tokens_details.audio_tokens", AudioPrompt),
        ("input_tokens_details.image_tokens", ImagePrompt),
        ("output_tokens_details.reasoning_tokens", Reasoning),
        ("output_tokens_details.audio_tokens", AudioCompletion),
        ("output_tokens_details.image_tokens", ImageCompletion));

    // https://platform.openai.com/docs/api-reference/images/object
    private static UsageMembers Images() => UsageMembers.Of(
        ("input_tokens", Prompt),
        ("output_tokens", Completion),
        ("total_tokens", Total),
        ("input_tokens_details.image_tokens", ImagePrompt),
        ("input_tokens_details.cached_tokens", CacheRead),
        ("output_tokens_details.image_tokens", ImageCompletion),
        ("output_tokens_details.text_tokens", TextCompletion));

    // https://platform.openai.com/docs/api-reference/audio/json-object
    private static UsageMembers Transcription() => UsageMembers.Of(
        ("seconds", AudioMilliseconds),
        ("input_tokens", Prompt),
        ("output_tokens", Completion),
        ("total_tokens", Total),
        ("input_token_details.audio_tokens", AudioPrompt));

    // https://docs.claude.com/en/api/messages
    private static UsageMembers Anthropic() => UsageMembers.Of(
        [("iterations", UsageList.Iterations)],
        [
            ("input_tokens", Prompt),
            ("output_tokens", Completion),
            ("cache_read_input_tokens", CacheRead),
            ("cache_creation_input_tokens", CacheWrite),
            ("cache_creation.ephemeral_5m_input_tokens", CacheWrite5m),
            ("cache_creation.ephemeral_1h_input_tokens", CacheWrite1h),
            ("server_tool_use.web_search_requests", WebSearches),
            ("output_tokens_details.thinking_tokens", Reasoning),
        ]);

    // https://ai.google.dev/api/generate-content#UsageMetadata
    private static UsageMembers Gemini() => UsageMembers.Of(
        [
            ("promptTokensDetails", UsageList.PromptModalities),
            ("candidatesTokensDetails", UsageList.CompletionModalities),
            ("cacheTokensDetails", UsageList.CacheModalities),
            ("toolUsePromptTokensDetails", UsageList.ToolModalities),
        ],
        [
            ("promptTokenCount", Prompt),
            ("toolUsePromptTokenCount", ToolPrompt),
            ("cachedContentTokenCount", CacheRead),
            ("candidatesTokenCount", Completion),
            ("thoughtsTokenCount", Reasoning),
            ("totalTokenCount", Total),
        ]);

    // https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
    private static UsageMembers Bedrock() => UsageMembers.Of(
        [("cacheDetails", UsageList.CacheTimes)],
        [
            ("inputTokens", Prompt),
            ("outputTokens", Completion),
            ("cacheReadInputTokens", CacheRead),
            ("cacheWriteInputTokens", CacheWrite),
        ]);

    // https://docs.cohere.com/reference/chat; of embeddings and rerank the object is meta
    private static UsageMembers Cohere() => UsageMembers.Of(
        ("billed_units.input_tokens", Prompt),
        ("billed_units.output_tokens", Completion),
        ("billed_units.image_tokens", ImagePrompt),
        ("billed_units.search_units", FileSearches),
        ("tokens.input_tokens", FallbackPrompt),
        ("tokens.output_tokens", FallbackCompletion),
        ("cached_tokens", CacheRead));

    // https://docs.mistral.ai/api/endpoint/ocr
    private static UsageMembers Ocr() => UsageMembers.Of(("pages_processed", Pages));

    // https://docs.perplexity.ai/api-reference/chat-completions-post
    private static UsageMembers Perplexity() => UsageMembers.Of(
        ("prompt_tokens", Prompt),
        ("completion_tokens", Completion),
        ("total_tokens", Total),
        ("reasoning_tokens", Reasoning),
        ("citation_tokens", Citation),
        ("num_search_queries", WebSearches));

    // https://jina.ai/reranker, https://docs.voyageai.com/reference/reranker-api, https://docs.together.ai/reference/rerank; OpenRouter adds search_units.
    private static UsageMembers Rerank() => UsageMembers.Of(
        ("total_tokens", Prompt),
        ("prompt_tokens", FallbackPrompt),
        ("search_units", FileSearches));
}
