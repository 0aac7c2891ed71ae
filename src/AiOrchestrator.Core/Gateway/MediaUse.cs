using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Gateway;

/// <summary>What can be told of a call's use of units, and of tokens that are no text, from its request and from what was received.</summary>
internal static class MediaUse
{
    /// <summary>
    /// Whether an answer that came to its end must have reported its usage: what is not charged by tokens, or is bare sound or text, has none, nor has a
    /// judgement.
    /// </summary>
    public static bool ReportIsDue(Exchange exchange)
    {
        if (exchange.Rewriting is PlainRewriting plain)
        {
            return plain.ReportsUsage;
        }

        var traits = exchange.Call.Traits();
        return traits.IsMedia
            ? !traits.IsVideo && exchange.Price!.HasTokenPrices && !exchange.Request.Media.IsText && (exchange.Call != ModelCall.Speech || exchange.Request.Stream)
            : traits.Kind != ModelKind.Moderation;
    }

    /// <summary>
    /// Completion tokens where none are reported: of images and sound those the whole was expected to take, for it is made whether or not it is
    /// received. A prompt that is told again was not generated.
    /// </summary>
    public static long CompletionTokens(Exchange exchange) => exchange.Call.Traits().IsMedia && !exchange.Price!.HasTokenPrices ? 0
        : exchange.Request.Echoes && exchange.Translation is null ? Math.Clamp(
            exchange.AnswerFacts.CountedTokens - (exchange.PromptTokensExpected * exchange.Request.ChoicesPerPrompt), 0, Math.Min(exchange.OutputTokensMax * exchange.Request.Choices, TokenUsage.MaxTokens))
        : Math.Max(exchange.AnswerFacts.CountedTokens, Math.Min(exchange.OutputTokensExpected * exchange.Request.Choices, TokenUsage.MaxTokens));

    /// <summary>Units used: what was asked for, corrected by what the answer holds.</summary>
    public static UnitQuantity[] Units(Exchange exchange)
    {
        var (facts, expected) = (exchange.AnswerFacts, exchange.UnitsExpected);
        return expected switch
        {
            [{ Unit: PriceUnit.Image } image] when facts.Images > 0 => [image with { Qualifier = Qualifier(exchange, image.Qualifier), QuantityMilli = facts.Images * 1000L }],
            [{ Unit: PriceUnit.AudioSecond } audio] when facts.AudioMs is { } ms => [audio with { QuantityMilli = ms }],
            [{ Unit: PriceUnit.VideoSecond } video] => [VideoOf(exchange, video)],
            _ => expected,
        };
    }

    /// <summary>The length and size the job has; no more of it is believed than of other reports.</summary>
    private static UnitQuantity VideoOf(Exchange exchange, UnitQuantity held) => held with
    {
        Qualifier = exchange.AnswerFacts.ImageSize is { } size && exchange.Price!.Units.Find(PriceUnit.VideoSecond, size) is { } found ? found.Qualifier : held.Qualifier,
        QuantityMilli = exchange.AnswerFacts.VideoMs is { } ms and > 0 ? Math.Min(ms, held.QuantityMilli * Charge.BelievedTimes) : held.QuantityMilli,
    };

    /// <summary>The size and quality the provider says it made, where both are said and have a price.</summary>
    private static string? Qualifier(Exchange exchange, string? held) =>
        exchange.AnswerFacts is { ImageSize: { } size, ImageQuality: { } quality }
        && exchange.Price!.Units.Find(PriceUnit.Image, $"{size}/{quality}") is { } found
            ? found.Qualifier
            : held;
}
