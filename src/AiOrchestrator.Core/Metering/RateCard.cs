namespace AiOrchestrator.Core.Metering;

/// <summary>
/// One set of prices per token, in femto-dollars (10⁻¹⁵ USD): a price per million tokens with up to nine decimals is a whole number of them,
/// so every sum is exact in integers. Where the file gives a class no price of its own, the dearer class it belongs to stands in.
/// </summary>
internal sealed class RateCard
{
    private readonly long?[] _stated;

    /// <param name="aboveInputTokens">The card holds for prompts longer than this many tokens; 0 for the first card.</param>
    /// <param name="statedFemtoUsd">Prices by <see cref="PriceComponent"/>, null where the file states none. Input is stated.</param>
    /// <param name="previous">The card of the next lower tier, if any.</param>
    public RateCard(long aboveInputTokens, long?[] statedFemtoUsd, RateCard? previous)
    {
        _stated = statedFemtoUsd;
        AboveInputTokens = aboveInputTokens;
        InputFemtoUsd = Stated(PriceComponent.Input) ?? throw new ArgumentException("a card states at least the price of input", nameof(statedFemtoUsd));
        CacheReadFemtoUsd = Stated(PriceComponent.CacheRead) ?? InputFemtoUsd;
        InputAudioFemtoUsd = Stated(PriceComponent.InputAudio) ?? InputFemtoUsd;
        // Only embeddings may leave out the output price; should one report completion tokens, they are not free.
        OutputFemtoUsd = Stated(PriceComponent.Output) ?? InputFemtoUsd;
        OutputAudioFemtoUsd = Stated(PriceComponent.OutputAudio) ?? OutputFemtoUsd;
        ReasoningFemtoUsd = Stated(PriceComponent.Reasoning) ?? OutputFemtoUsd;
        DearestInputFemtoUsd = Math.Max(
            Math.Max(InputFemtoUsd, CacheReadFemtoUsd),
            Math.Max(InputAudioFemtoUsd, previous?.DearestInputFemtoUsd ?? 0));
        DearestOutputFemtoUsd = Math.Max(
            Math.Max(OutputFemtoUsd, OutputAudioFemtoUsd),
            Math.Max(ReasoningFemtoUsd, previous?.DearestOutputFemtoUsd ?? 0));
    }

    public long AboveInputTokens { get; }

    public long InputFemtoUsd { get; }

    public long CacheReadFemtoUsd { get; }

    public long InputAudioFemtoUsd { get; }

    public long OutputFemtoUsd { get; }

    public long OutputAudioFemtoUsd { get; }

    public long ReasoningFemtoUsd { get; }

    /// <summary>The dearest prompt token of this card and of all lower tiers: a prompt within a bound may stop short of its tier.</summary>
    public long DearestInputFemtoUsd { get; }

    /// <summary>The dearest completion token of this card and of all lower tiers.</summary>
    public long DearestOutputFemtoUsd { get; }

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

    private long? Stated(PriceComponent component) => _stated[(int)component];
}
