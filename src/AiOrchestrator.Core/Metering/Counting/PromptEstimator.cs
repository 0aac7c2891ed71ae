namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>
/// Bounds and guesses prompt tokens from what was counted. Where the tokenizer is the model's own, or can only count more, the bound is the
/// count and a slack; else it is one token for each byte, which holds for any byte-level vocabulary and is about four times too high for English:
/// text of words no vocabulary knows comes close to it, so no factor on another tokenizer's count would be safe.
/// </summary>
public static class PromptEstimator
{
    /// <summary>Tokens a provider may wrap around one message where its tokenizer is not published.</summary>
    public const long UnknownTokensPerMessage = 16;

    /// <summary>Tokens a provider may add once per request there.</summary>
    public const long UnknownTokensPerRequest = 16;

    /// <summary>
    /// Tokens a provider may add to explain tools to the model there. Anthropic's preamble is the longest published
    /// (https://docs.anthropic.com/en/docs/build-with-claude/tool-use, 159 to 530 tokens), and no byte of the request stands for it.
    /// </summary>
    public const long UnknownTokensForTools = 1024;

    /// <summary>Tokens a rendering may need for a tool beyond its JSON.</summary>
    private const long SlackPerTool = 16;

    /// <summary>Tokens a rendering may need once for tools and schemas beyond their JSON.</summary>
    private const long SlackForSchemas = 32;

    /// <summary>Bounds and guesses the prompt tokens of a request.</summary>
    /// <param name="shape">What it shows.</param>
    /// <param name="family">Of the model that will be shown it, by which it was counted.</param>
    /// <param name="limits">The model's published bounds.</param>
    /// <param name="ratio">What providers report for each token counted; 1 where not enough is known.</param>
    public static PromptEstimate Estimate(in PromptShape shape, ModelFamily family, ModelLimits limits, double ratio = 1)
    {
        ArgumentNullException.ThrowIfNull(family);
        ArgumentNullException.ThrowIfNull(limits);
        var counted = Expected(shape, family);
        var max = Max(shape, family, limits);
        var expected = family.IsExact ? counted : (long)Math.Ceiling(counted * ratio);
        return new PromptEstimate(max, max is { } bound ? Math.Min(expected, bound) : expected, counted);
    }

    private static long Expected(in PromptShape shape, ModelFamily family) => Math.Max(
        0,
        family.Scale(shape.TextTokens + shape.SchemaTokens) + shape.FormatTokens + shape.MediaTokens + (shape.Tools > 0 ? family.TokensForTools : 0));

    private static long? Max(in PromptShape shape, ModelFamily family, ModelLimits limits)
    {
        // A prompt longer than the window is refused upstream and not billed, so the window bounds what can be charged.
        long? window = limits.ContextWindowTokens is { } tokens
            ? tokens * (limits.WindowIsPerInput ? Math.Max(1, shape.Messages) : 1)
            : null;
        if (shape.HasUnboundedContent)
        {
            return window;
        }

        var bound = (family.Bound == CountBound.Count ? MaxByCount(shape, family) : MaxByBytes(shape)) + shape.OtherBytes + shape.MediaTokensMax;
        return window is { } cap ? Math.Min(bound, cap) : bound;
    }

    private static long MaxByCount(in PromptShape shape, ModelFamily family) =>
        Math.Max(0, shape.TextTokens + shape.FormatTokens) + family.SlackPerRequest + MaxOfSchemas(shape, family);

    private static long MaxOfSchemas(in PromptShape shape, ModelFamily family) => shape.SchemaBytes == 0
        ? 0
        : family.RendersTools
            ? Math.Max(shape.SchemaTokens, shape.SchemaTokensMax) + (SlackPerTool * shape.Tools) + SlackForSchemas
            : shape.SchemaBytes + UnknownTokensForTools;

    private static long MaxByBytes(in PromptShape shape) =>
        shape.TextBytes + shape.SchemaBytes + (UnknownTokensPerMessage * shape.Messages) + UnknownTokensPerRequest
        + (shape.SchemaBytes > 0 ? UnknownTokensForTools : 0);
}
