namespace AiOrchestrator.Core.Metering;

/// <summary>
/// One set of prices per token, in femto-dollars (10⁻¹⁵ USD): a price per million tokens with up to nine decimals is a whole number of them,
/// so every sum is exact in integers. Where the file gives a class no price of its own, the class it belongs to stands in, and of two the dearer.
/// </summary>
internal sealed class RateCard
{
    private readonly long?[] _stated;
    private readonly long[] _femtoUsd = new long[PriceComponents.Count];

    /// <param name="aboveInputTokens">The card holds for prompts longer than this many tokens; 0 for the first card.</param>
    /// <param name="statedFemtoUsd">
    /// Prices by <see cref="PriceComponent"/>, null where the file states none. Input is stated, or nothing is: a model that is charged by units alone.
    /// </param>
    /// <param name="previous">The card of the next lower tier, if any.</param>
    public RateCard(long aboveInputTokens, long?[] statedFemtoUsd, RateCard? previous)
    {
        _stated = statedFemtoUsd;
        AboveInputTokens = aboveInputTokens;
        HasTokenPrices = Stated(PriceComponent.Input) is not null;
        if (!HasTokenPrices && Array.Exists(statedFemtoUsd, static price => price is not null))
        {
            throw new ArgumentException("a card states at least the price of input", nameof(statedFemtoUsd));
        }

        long input = Resolve(PriceComponent.Input, 0);
        long cacheRead = Resolve(PriceComponent.CacheRead, input);
        // The rules of genai-prices: a class without a price is charged as the class that holds it.
        long cacheWrite = Resolve(PriceComponent.CacheWrite5m, input);
        _ = Resolve(PriceComponent.CacheWrite1h, cacheWrite);
        long audio = Resolve(PriceComponent.InputAudio, input);
        long image = Resolve(PriceComponent.InputImage, input);
        _ = Resolve(PriceComponent.InputVideo, input);
        // A discount stated for text is not one for what costs more than text.
        _ = Resolve(PriceComponent.CacheReadAudio, States(PriceComponent.InputAudio) ? Math.Max(audio, cacheRead) : cacheRead);
        _ = Resolve(PriceComponent.CacheReadImage, States(PriceComponent.InputImage) ? Math.Max(image, cacheRead) : cacheRead);
        // Only embeddings may leave out the output price; should one report completion tokens, they are not free.
        long output = Resolve(PriceComponent.Output, input);
        for (var component = PriceComponent.OutputAudio; component <= PriceComponent.Reasoning; component++)
        {
            _ = Resolve(component, output);
        }

        DearestInputFemtoUsd = Math.Max(Dearest(PriceComponent.Input, PriceComponent.CacheReadImage), previous?.DearestInputFemtoUsd ?? 0);
        DearestOutputFemtoUsd = Math.Max(Dearest(PriceComponent.Output, PriceComponent.Reasoning), previous?.DearestOutputFemtoUsd ?? 0);
    }

    public long AboveInputTokens { get; }

    /// <summary>False for a model that is charged by units alone.</summary>
    public bool HasTokenPrices { get; }

    public long InputFemtoUsd => this[PriceComponent.Input];

    public long CacheReadFemtoUsd => this[PriceComponent.CacheRead];

    public long OutputFemtoUsd => this[PriceComponent.Output];

    /// <summary>The dearest prompt token of this card and of all lower tiers: a prompt within a bound may stop short of its tier.</summary>
    public long DearestInputFemtoUsd { get; }

    /// <summary>The dearest completion token of this card and of all lower tiers.</summary>
    public long DearestOutputFemtoUsd { get; }

    /// <summary>The price of a class, its own or the one that stands in.</summary>
    public long this[PriceComponent component] => _femtoUsd[(int)component];

    /// <summary>True where the file states a price for the class itself.</summary>
    public bool States(PriceComponent component) => Stated(component) is not null;

    /// <summary>True where both cards state prices for the same classes.</summary>
    public bool StatesSameAs(RateCard other)
    {
        for (int i = 0; i < _stated.Length; i++)
        {
            if (_stated[i] is null != other._stated[i] is null)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The same card at other prices: each that is stated times millionths, rounded up.</summary>
    public RateCard Times(long millionths, RateCard? previous) => new(
        AboveInputTokens,
        Array.ConvertAll(_stated, price => price is { } femtoUsd ? (long?)checked((long)ModelPrice.Scale(femtoUsd, millionths)) : null),
        previous);

    private long? Stated(PriceComponent component) => _stated[(int)component];

    private long Resolve(PriceComponent component, long fallbackFemtoUsd)
        => _femtoUsd[(int)component] = Stated(component) ?? fallbackFemtoUsd;

    private long Dearest(PriceComponent first, PriceComponent last)
    {
        long dearest = 0;
        for (var component = first; component <= last; component++)
        {
            dearest = Math.Max(dearest, this[component]);
        }

        return dearest;
    }
}
