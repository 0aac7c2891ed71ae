namespace AiOrchestrator.Core.Metering;

/// <summary>
/// Bounds tokens by bytes. Every byte-level vocabulary spends at most one token on a byte of text, so the bound holds for any model without
/// knowing its tokenizer; it is about four times too high for English. The exact tokenizer takes this class's place behind
/// <see cref="ITokenEstimator"/>.
/// </summary>
public sealed class ByteBoundEstimator : ITokenEstimator
{
    /// <summary>Tokens a provider may wrap around one message (role, separators, name); OpenAI's are 3 to 4.</summary>
    public const long OverheadTokensPerMessage = 16;

    /// <summary>Tokens a provider may add once per request (start of the answer, a default system line).</summary>
    public const long OverheadTokensPerRequest = 16;

    /// <summary>
    /// Tokens a provider may add to explain tools to the model; charged once where a request has any. Anthropic's preamble is the longest published
    /// (https://docs.anthropic.com/en/docs/build-with-claude/tool-use, 313 to 530 tokens), and no byte of the request stands for it.
    /// </summary>
    public const long OverheadTokensForTools = 1024;

    private const long ExpectedBytesPerToken = 4;
    private const long ExpectedTokensPerMessage = 4;
    private const long ExpectedTokensPerRequest = 3;

    // What gpt-4o charges for a 1024 x 1024 image in high detail, the most usual one.
    private const long ExpectedTokensPerImage = 765;

    private const int BytesPerReceivedToken = 16;

    /// <inheritdoc/>
    public PromptEstimate Estimate(in PromptShape shape, ModelLimits limits)
    {
        long? max = PromptTokensMax(shape, limits);
        long expected = PromptTokensExpected(shape, limits);
        return new PromptEstimate(max, max is { } bound ? Math.Min(expected, bound) : expected);
    }

    /// <summary>
    /// One token for a delta that holds text, and one more for each full 16 bytes beyond the first 16: most providers send one token per
    /// delta, and one that batches several is not free.
    /// </summary>
    /// <param name="deltaText">The delta's text in UTF-8.</param>
    public long CountReceivedTokens(ReadOnlySpan<byte> deltaText) => deltaText.Length switch
    {
        0 => 0,
        < BytesPerReceivedToken => 1,
        int length => length / BytesPerReceivedToken,
    };

    /// <inheritdoc/>
    public long CountTextTokens(long textBytes) => Quarter(textBytes);

    private static long? PromptTokensMax(in PromptShape shape, ModelLimits limits)
    {
        // A prompt longer than the window is refused upstream and not billed, so the window bounds what can be charged.
        long? window = limits.ContextWindowTokens is { } tokens
            ? tokens * (limits.WindowIsPerInput ? Math.Max(1, shape.Messages) : 1)
            : null;
        bool imagesUnbounded = shape.Images > 0 && limits.MaxImageTokens is null;
        if (shape.HasUnboundedContent || imagesUnbounded)
        {
            return window;
        }

        long bound = shape.TextBytes + shape.OtherBytes
            + (OverheadTokensPerMessage * shape.Messages) + OverheadTokensPerRequest
            + (shape.OtherBytes > 0 ? OverheadTokensForTools : 0)
            + (shape.Images * (limits.MaxImageTokens ?? 0));
        return window is { } cap ? Math.Min(bound, cap) : bound;
    }

    private static long PromptTokensExpected(in PromptShape shape, ModelLimits limits)
        => (ExpectedTokensPerMessage * shape.Messages) + ExpectedTokensPerRequest
            + Quarter(shape.TextBytes) + Quarter(shape.OtherBytes)
            + (shape.Images * Math.Min(limits.MaxImageTokens ?? ExpectedTokensPerImage, ExpectedTokensPerImage));

    private static long Quarter(long bytes) => (bytes + ExpectedBytesPerToken - 1) / ExpectedBytesPerToken;
}
