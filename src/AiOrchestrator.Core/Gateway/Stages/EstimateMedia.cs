using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Media;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// What a call for images, sound or video may use at most, and what is charged where nothing is reported (MT-10): units where the price has them, tokens
/// where it has those. What has no price is refused by name.
/// </summary>
internal static class EstimateMedia
{
    /// <summary>
    /// Tokens a second of generated speech takes: OpenAI states 0.015 dollars a minute at 12 dollars a million
    /// (https://platform.openai.com/docs/pricing).
    /// </summary>
    private const double SpokenTokensPerSecond = 0.015 / 12 * 1_000_000 / 60;

    /// <summary>Characters spoken in a second: of English some fifteen; a bound must hold for slow voices, and scripts that say more with fewer.</summary>
    private const double CharactersPerSecond = 15, FewestCharactersPerSecond = 3;

    /// <summary>Silence before and after.</summary>
    private const int SilenceSeconds = 10;

    /// <summary>Tokens a second of heard audio takes: one for each 100 ms (https://platform.openai.com/docs/guides/realtime-costs); a bound leaves a quarter on top.</summary>
    private const double HeardTokensPerSecond = 10, MostHeardTokensPerSecond = 12.5;

    /// <summary>Tokens of transcript for a second of speech: some 3 of English; an auctioneer in a script of many tokens stays below the bound.</summary>
    private const int WrittenTokensPerSecond = 3, MostWrittenTokensPerSecond = 12, WrittenTokens = 64;

    public static ApiFailure? Run(Exchange exchange)
    {
        var failure = exchange.Call switch
        {
            ModelCall.ImageGenerations => Images(exchange),
            ModelCall.Speech => Speech(exchange),
            ModelCall.Videos or ModelCall.VideoRemixes => Video(exchange),
            _ => Transcription(exchange),
        };
        exchange.HoldNanoUsd = failure is not null ? 0 : exchange.Billing.WorstCaseNanoUsd(
            exchange.PromptTokensMax, exchange.OutputTokensMax, exchange.Request.Choices, exchange.UnitsMax);
        return failure;
    }

    private static ApiFailure? Images(Exchange exchange)
    {
        var (price, request) = (exchange.Price!, exchange.Request);
        var (size, quality) = (request.Media.Size, request.Media.Quality);
        if (price.HasTokenPrices)
        {
            if ((ImageTokens.Most(size, quality) ?? exchange.Route!.Model.Limits.MaxOutputTokens) is not { } tokens)
            {
                return new CostUnbounded($"How many tokens an image of this 'size' and 'quality' takes is not known: ask for 1024x1024, 1024x1536 or 1536x1024, and low, medium or high.");
            }

            Tokens(exchange, request.TextBytes, request.TextBytes / 4, tokens + (request.Media.PartialImages * ImageTokens.Partial));
        }

        if (!ImagePrices.HasAny(price))
        {
            return price.HasTokenPrices ? null : new UnitPriceUnknown(exchange.Route!.Model.Id, "image", "model");
        }

        if (ImagePrices.Dearest(price, size, quality) is not { } qualifier)
        {
            return new UnitPriceUnknown(exchange.Route!.Model.Id, $"image/{size}/{quality}", size is null ? "quality" : "size");
        }

        exchange.UnitsMax = exchange.UnitsExpected = [new UnitQuantity(PriceUnit.Image, qualifier.Length == 0 ? null : qualifier, request.Choices * 1000L)];
        return null;
    }

    private static UnitPriceUnknown? Speech(Exchange exchange)
    {
        var (price, request) = (exchange.Price!, exchange.Request);
        var characters = request.Media.Characters;
        if (price.HasTokenPrices)
        {
            var seconds = SilenceSeconds + (characters / FewestCharactersPerSecond / Math.Min(1, request.Media.Speed));
            var text = request.TextBytes + request.OtherBytes;
            Tokens(exchange, text, text / 4, exchange.Route!.Model.Limits.MaxOutputTokens ?? Whole(seconds * SpokenTokensPerSecond));
            exchange.OutputTokensExpected = Math.Min(exchange.OutputTokensMax, Whole(characters / CharactersPerSecond / request.Media.Speed * SpokenTokensPerSecond));
        }

        if (price.Prices(PriceUnit.Character))
        {
            exchange.UnitsMax = exchange.UnitsExpected = [new UnitQuantity(PriceUnit.Character, null, characters * 1000)];
        }

        return price.HasTokenPrices || exchange.UnitsMax.Length > 0 ? null : new UnitPriceUnknown(exchange.Route!.Model.Id, "character", "model");
    }

    /// <summary>Seconds of the size asked for; a remix has its source's. Tokens the price may have beside are charged as reported.</summary>
    private static UnitPriceUnknown? Video(Exchange exchange)
    {
        var (price, media, source) = (exchange.Price!, exchange.Request.Media, exchange.Source);
        var size = source?.Size ?? media.Size ?? OpenAiVideoReader.DefaultSize;
        if (price.Units.Find(PriceUnit.VideoSecond, size) is not { } found)
        {
            return new UnitPriceUnknown(exchange.Route!.Model.Id, $"video_second/{size}", "size");
        }

        var lengthMilli = source?.LengthMs ?? ((media.Seconds ?? OpenAiVideoReader.DefaultSeconds) * 1000L);
        exchange.UnitsMax = exchange.UnitsExpected = [new UnitQuantity(PriceUnit.VideoSecond, found.Qualifier, lengthMilli)];
        return null;
    }

    private static UnitPriceUnknown? Transcription(Exchange exchange)
    {
        var (price, request) = (exchange.Price!, exchange.Request);
        var file = request.Media.File;
        var length = AudioLength.Of(exchange.Body.Span.Slice(file.Start, file.Length));
        if (price.HasTokenPrices)
        {
            var seconds = length.Ms / 1000.0;
            Tokens(
                exchange,
                request.TextBytes + Whole(seconds * MostHeardTokensPerSecond),
                (request.TextBytes / 4) + Whole(seconds * HeardTokensPerSecond),
                exchange.Route!.Model.Limits.MaxOutputTokens ?? WrittenTokens + Whole(seconds * MostWrittenTokensPerSecond));
            exchange.OutputTokensExpected = Math.Min(exchange.OutputTokensMax, Whole(seconds * WrittenTokensPerSecond));
        }

        if (price.Prices(PriceUnit.AudioSecond))
        {
            // Providers round up to the second, and say so only afterwards.
            exchange.UnitsMax = [new UnitQuantity(PriceUnit.AudioSecond, null, ((length.Ms / 1000) + 1) * 1000)];
            exchange.UnitsExpected = [new UnitQuantity(PriceUnit.AudioSecond, null, length.Ms)];
        }

        return price.HasTokenPrices || exchange.UnitsMax.Length > 0 ? null : new UnitPriceUnknown(exchange.Route!.Model.Id, "audio_second", "model");
    }

    private static void Tokens(Exchange exchange, long promptMax, long promptExpected, long output)
    {
        // A text never has more tokens than bytes; a few belong to no text.
        exchange.PromptTokensMax = promptMax + 16;
        exchange.PromptTokensExpected = Math.Max(1, promptExpected);
        exchange.OutputTokensMax = Math.Min(output, TokenUsage.MaxTokens);
        exchange.OutputTokensExpected = exchange.OutputTokensMax;
    }

    private static long Whole(double tokens) => (long)Math.Ceiling(tokens);
}
