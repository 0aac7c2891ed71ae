using System.Globalization;
using System.Text;

namespace AiOrchestrator.Core.Metering;

/// <summary>
/// The parts of a charge as text in a usage event (<see cref="UsageEvent.CostLines"/>): <c>above=200000;input=600@2.5;web_search=3@0.01/1</c>.
/// A part is a class of tokens or a unit, how many, and US dollars for a million of them, or for so many as a slash names; <c>above</c> is the
/// tier the prompt's length put the request in. Rounded up once, their sum is what was charged at the price.
/// </summary>
public static class CostLineText
{
    private const string Above = "above";
    private const long PerMillion = 1_000_000;

    // Enough to tell a fraction of a femto-dollar, few enough to forget what dividing by an hour left in the last digits.
    private const int NanoUsdDecimals = 12;

    /// <summary>The parts as text; null where prompt tokens at the price of input and completion tokens at that of output say it all.</summary>
    /// <param name="price">The prices that were pinned.</param>
    /// <param name="usage">What was used.</param>
    /// <param name="units">What else was used.</param>
    public static string? Of(ModelPrice price, in TokenUsage usage, ReadOnlySpan<UnitQuantity> units)
    {
        if (IsSimple(price, usage, units))
        {
            return null;
        }

        CostBreakdown breakdown = CostEngine.Price(price, usage, units);
        var text = new StringBuilder();
        if (breakdown.AboveInputTokens > 0)
        {
            _ = text.Append(CultureInfo.InvariantCulture, $"{Above}={breakdown.AboveInputTokens}");
        }

        foreach (CostLine line in breakdown.Lines)
        {
            _ = text.Append(text.Length == 0 ? "" : ";")
                .Append(CultureInfo.InvariantCulture, $"{line.Component}={Plain(line.Quantity)}@{Plain(line.UnitUsd)}");
            if (line.Per != PerMillion)
            {
                _ = text.Append(CultureInfo.InvariantCulture, $"/{line.Per}");
            }
        }

        return text.ToString();
    }

    /// <summary>Reads what <see cref="Of"/> wrote.</summary>
    /// <param name="text">The text; not null.</param>
    /// <exception cref="FormatException">It was not written by <see cref="Of"/>.</exception>
    public static (IReadOnlyList<CostLine> Lines, long AboveInputTokens) Parse(string text)
    {
        long above = 0;
        var lines = new List<CostLine>();
        foreach (string part in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && part[..equals] == Above)
            {
                above = (long)Number(part.AsSpan(equals + 1), part);
                continue;
            }

            int at = part.IndexOf('@', StringComparison.Ordinal);
            if (equals < 1 || at < equals)
            {
                throw new FormatException($"'{part}' is no part of a cost.");
            }

            int slash = part.IndexOf('/', at);
            decimal quantity = Number(part.AsSpan(equals + 1, at - equals - 1), part);
            decimal unitUsd = Number(part.AsSpan(at + 1, (slash < 0 ? part.Length : slash) - at - 1), part);
            long per = slash < 0 ? PerMillion : (long)Number(part.AsSpan(slash + 1), part);
            lines.Add(new CostLine(part[..equals], quantity, unitUsd, per, quantity * unitUsd / per));
        }

        return (lines, above);
    }

    /// <summary>What parts come to: their sum, rounded up once.</summary>
    /// <param name="lines">The parts.</param>
    /// <returns>Nano-dollars.</returns>
    public static long TotalNanoUsd(IEnumerable<CostLine> lines)
        => decimal.ToInt64(decimal.Ceiling(decimal.Round(lines.Sum(static line => line.AmountUsd) * 1e9m, NanoUsdDecimals)));

    private static bool IsSimple(ModelPrice price, in TokenUsage usage, ReadOnlySpan<UnitQuantity> units)
    {
        RateCard card = price.CardFor(usage.PromptTokens);
        if (!units.IsEmpty || price.Units.Request is not null || card.AboveInputTokens > 0)
        {
            return false;
        }

        Span<long> tokens = stackalloc long[PriceComponents.Count];
        TokenSplit.Fill(card, usage, tokens);
        return tokens[(int)PriceComponent.Input] == usage.PromptTokens && tokens[(int)PriceComponent.Output] == usage.CompletionTokens;
    }

    private static string Plain(decimal number) => number.ToString("0.############################", CultureInfo.InvariantCulture);

    private static decimal Number(ReadOnlySpan<char> text, string part)
        => decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            ? number
            : throw new FormatException($"'{part}' is no part of a cost.");
}
