namespace AiOrchestrator.Core.Metering;

/// <summary>
/// What one call used, in tokens, as the provider reported it. Totals are gross and the other counts are parts of them, as in OpenAI's
/// <c>usage</c> object (https://platform.openai.com/docs/api-reference/chat/object). No count is negative or above <see cref="MaxTokens"/>.
/// A part larger than its total is clamped to the total: charging stays within what the totals say.
/// </summary>
public readonly record struct TokenUsage
{
    /// <summary>
    /// The largest total a usage may carry: 1,000,000,000 tokens, hundreds of times the largest context window. With the bound on prices
    /// (<see cref="ModelPrice.MaxUsdPerMillion"/>) it keeps every cost inside the range of nano-dollars.
    /// </summary>
    public const long MaxTokens = 1_000_000_000;

    /// <summary>Builds a usage.</summary>
    /// <param name="promptTokens">All prompt tokens, cached and audio ones included; 0 to <see cref="MaxTokens"/>.</param>
    /// <param name="completionTokens">All completion tokens, reasoning, audio and rejected predictions included; 0 to <see cref="MaxTokens"/>.</param>
    /// <param name="cachedPromptTokens">Prompt tokens read from the provider's cache.</param>
    /// <param name="audioPromptTokens">Prompt tokens that are audio.</param>
    /// <param name="reasoningTokens">Completion tokens spent on reasoning that the caller does not see.</param>
    /// <param name="audioCompletionTokens">Completion tokens that are audio.</param>
    /// <param name="acceptedPredictionTokens">Tokens of the caller's prediction that appear in the completion.</param>
    /// <param name="rejectedPredictionTokens">Tokens of the prediction that do not; billed as completion.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative or a total above the bound: the reader of the wire format let it through.</exception>
    public TokenUsage(
        long promptTokens,
        long completionTokens,
        long cachedPromptTokens = 0,
        long audioPromptTokens = 0,
        long reasoningTokens = 0,
        long audioCompletionTokens = 0,
        long acceptedPredictionTokens = 0,
        long rejectedPredictionTokens = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(promptTokens, MaxTokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(completionTokens, MaxTokens);
        ArgumentOutOfRangeException.ThrowIfNegative(promptTokens);
        ArgumentOutOfRangeException.ThrowIfNegative(completionTokens);
        PromptTokens = promptTokens;
        CompletionTokens = completionTokens;
        CachedPromptTokens = Part(cachedPromptTokens, promptTokens);
        AudioPromptTokens = Part(audioPromptTokens, promptTokens);
        ReasoningTokens = Part(reasoningTokens, completionTokens);
        AudioCompletionTokens = Part(audioCompletionTokens, completionTokens);
        AcceptedPredictionTokens = Part(acceptedPredictionTokens, completionTokens);
        RejectedPredictionTokens = Part(rejectedPredictionTokens, completionTokens);
    }

    /// <summary>All prompt tokens, cached and audio ones included.</summary>
    public long PromptTokens { get; }

    /// <summary>Prompt tokens read from the provider's cache; at most <see cref="PromptTokens"/>.</summary>
    public long CachedPromptTokens { get; }

    /// <summary>Prompt tokens that are audio, cached or not; at most <see cref="PromptTokens"/>.</summary>
    public long AudioPromptTokens { get; }

    /// <summary>All completion tokens over all choices, reasoning, audio and rejected predictions included.</summary>
    public long CompletionTokens { get; }

    /// <summary>Completion tokens spent on reasoning; at most <see cref="CompletionTokens"/>.</summary>
    public long ReasoningTokens { get; }

    /// <summary>Completion tokens that are audio; at most <see cref="CompletionTokens"/>.</summary>
    public long AudioCompletionTokens { get; }

    /// <summary>Predicted tokens that appear in the completion; at most <see cref="CompletionTokens"/>.</summary>
    public long AcceptedPredictionTokens { get; }

    /// <summary>Predicted tokens that do not appear but are billed; at most <see cref="CompletionTokens"/>.</summary>
    public long RejectedPredictionTokens { get; }

    /// <summary>Prompt tokens written to the provider's cache, whatever for how long; at most <see cref="PromptTokens"/>.</summary>
    public long CacheWritePromptTokens
    {
        get;
        init => field = Part(value, PromptTokens);
    }

    /// <summary>Of <see cref="CacheWritePromptTokens"/>, those written for an hour (the rest for five minutes, or for whatever the provider's only time is).</summary>
    public long CacheWrite1hPromptTokens
    {
        get;
        init => field = Part(value, PromptTokens);
    }

    /// <summary>Prompt tokens that are images, cached or not; at most <see cref="PromptTokens"/>.</summary>
    public long ImagePromptTokens
    {
        get;
        init => field = Part(value, PromptTokens);
    }

    /// <summary>Prompt tokens that are video, cached or not; at most <see cref="PromptTokens"/>.</summary>
    public long VideoPromptTokens
    {
        get;
        init => field = Part(value, PromptTokens);
    }

    /// <summary>Prompt tokens that are audio and were read from the cache; part of both counts. 0 where the provider does not say which were.</summary>
    public long CachedAudioPromptTokens
    {
        get;
        init => field = Part(value, PromptTokens);
    }

    /// <summary>Prompt tokens that are images and were read from the cache; part of both counts. 0 where the provider does not say which were.</summary>
    public long CachedImagePromptTokens
    {
        get;
        init => field = Part(value, PromptTokens);
    }

    /// <summary>Completion tokens that are images; at most <see cref="CompletionTokens"/>.</summary>
    public long ImageCompletionTokens
    {
        get;
        init => field = Part(value, CompletionTokens);
    }

    /// <summary>Completion tokens that are video; at most <see cref="CompletionTokens"/>.</summary>
    public long VideoCompletionTokens
    {
        get;
        init => field = Part(value, CompletionTokens);
    }

    /// <summary>Completion tokens spent on citations, where priced apart; at most <see cref="CompletionTokens"/>.</summary>
    public long CitationTokens
    {
        get;
        init => field = Part(value, CompletionTokens);
    }

    /// <summary>The same parts of other totals; a part above its total is cut to it.</summary>
    /// <param name="promptTokens">0 to <see cref="MaxTokens"/>.</param>
    /// <param name="completionTokens">0 to <see cref="MaxTokens"/>.</param>
    public TokenUsage WithTotals(long promptTokens, long completionTokens) => new(
        promptTokens,
        completionTokens,
        CachedPromptTokens,
        AudioPromptTokens,
        ReasoningTokens,
        AudioCompletionTokens,
        AcceptedPredictionTokens,
        RejectedPredictionTokens)
    {
        CacheWritePromptTokens = CacheWritePromptTokens,
        CacheWrite1hPromptTokens = CacheWrite1hPromptTokens,
        ImagePromptTokens = ImagePromptTokens,
        VideoPromptTokens = VideoPromptTokens,
        CachedAudioPromptTokens = CachedAudioPromptTokens,
        CachedImagePromptTokens = CachedImagePromptTokens,
        ImageCompletionTokens = ImageCompletionTokens,
        VideoCompletionTokens = VideoCompletionTokens,
        CitationTokens = CitationTokens,
    };

    private static long Part(long part, long total)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        return Math.Min(part, total);
    }
}
