using System.Globalization;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Metering;

/// <summary>
/// The prices of one model at one time: what <see cref="PriceTable"/> finds and <see cref="CostEngine"/> charges by. Immutable. A call
/// pins the one in force when it starts and is held and charged by it, so a change of price in mid-call moves nothing.
/// </summary>
public sealed class ModelPrice
{
    /// <summary>The highest price the file may state, in US dollars per million tokens. See <see cref="TokenUsage.MaxTokens"/>.</summary>
    public const long MaxUsdPerMillion = 1_000_000;

    /// <summary>The highest price the file may state for one request, in US dollars.</summary>
    public const long MaxUsdPerRequest = 1_000_000;

    private readonly RateCard[] _cards;

    internal ModelPrice(RateCard[] cards, long requestNanoUsd, DateOnly? from, DateOnly? until, string source)
    {
        _cards = cards;
        RequestNanoUsd = requestNanoUsd;
        From = from;
        Until = until;
        FromText = from?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        Source = source;
        InputUsdPerMillion = NanoUsd.FormatUsd(cards[0].InputFemtoUsd);
        OutputUsdPerMillion = NanoUsd.FormatUsd(cards[0].OutputFemtoUsd);
    }

    /// <summary>The first day of the price (from 00:00 UTC); null where the source names none: as far back as it knows.</summary>
    public DateOnly? From { get; }

    /// <summary>The day the price ends (at 00:00 UTC, exclusive); null where no end is known.</summary>
    public DateOnly? Until { get; }

    /// <summary><see cref="From"/> as yyyy-MM-dd, made once.</summary>
    public string? FromText { get; }

    /// <summary>Where the figures come from.</summary>
    public string Source { get; }

    /// <summary>US dollars per million prompt tokens in the lowest tier, as decimal text made once; for display and records.</summary>
    public string InputUsdPerMillion { get; }

    /// <summary>US dollars per million completion tokens in the lowest tier, as decimal text made once; for display and records.</summary>
    public string OutputUsdPerMillion { get; }

    /// <summary>Charged once for each request, in nano-dollars; 0 or more.</summary>
    public long RequestNanoUsd { get; }

    /// <summary>The prices in force for a prompt of this length: those of the highest tier it exceeds, for the whole request.</summary>
    internal RateCard CardFor(long promptTokens)
    {
        for (int i = _cards.Length - 1; i > 0; i--)
        {
            if (promptTokens > _cards[i].AboveInputTokens)
            {
                return _cards[i];
            }
        }

        return _cards[0];
    }
}
