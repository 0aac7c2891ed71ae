using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Metering;

/// <summary>
/// Puts every token of a usage under exactly one price. A prompt token is of a modality and may be read from or written to the cache; a completion token is
/// of a modality and may be reasoning or a citation. Where a usage counts both without saying how they overlap, the dearer reading holds: the
/// overlap that costs most is taken to be as large as it can be, then the next. (With one class of either kind that is the dearest
/// of all readings; no provider is known to report two of both.)
/// </summary>
internal static class TokenSplit
{
    private const int Rows = 3;
    private const int Columns = 3;

    private static ReadOnlySpan<PriceComponent> CacheRows => [PriceComponent.CacheRead, PriceComponent.CacheWrite5m, PriceComponent.CacheWrite1h];

    private static ReadOnlySpan<PriceComponent> InputColumns => [PriceComponent.InputAudio, PriceComponent.InputImage, PriceComponent.InputVideo];

    private static ReadOnlySpan<PriceComponent> ThoughtRows => [PriceComponent.Reasoning, PriceComponent.OutputCitation, PriceComponent.OutputCitation];

    private static ReadOnlySpan<PriceComponent> OutputColumns => [PriceComponent.OutputAudio, PriceComponent.OutputImage, PriceComponent.OutputVideo];

    /// <summary>Fills in the tokens by <see cref="PriceComponent"/>; they add up to the usage's totals.</summary>
    /// <param name="card">The prices.</param>
    /// <param name="usage">The counts.</param>
    /// <param name="tokens"><see cref="PriceComponents.Count"/> zeros.</param>
    public static void Fill(RateCard card, in TokenUsage usage, Span<long> tokens)
    {
        bool audio = card.States(PriceComponent.InputAudio) || card.States(PriceComponent.CacheReadAudio);
        bool image = card.States(PriceComponent.InputImage) || card.States(PriceComponent.CacheReadImage);
        bool writes = card.States(PriceComponent.CacheWrite5m) || card.States(PriceComponent.CacheWrite1h);
        long hour = card.States(PriceComponent.CacheWrite1h) ? usage.CacheWrite1hPromptTokens : 0;
        bool reads = card.States(PriceComponent.CacheRead) || card.States(PriceComponent.CacheReadAudio) || card.States(PriceComponent.CacheReadImage);

        // What has no price of its own is what it is part of, and must not stand in the way of what has one.
        Span<long> rows = [reads ? usage.CachedPromptTokens : 0, writes ? Math.Max(0, usage.CacheWritePromptTokens - hour) : 0, hour];
        Span<long> columns =
        [
            audio ? usage.AudioPromptTokens : 0,
            image ? usage.ImagePromptTokens : 0,
            card.States(PriceComponent.InputVideo) ? usage.VideoPromptTokens : 0,
        ];
        Assign(
            new Plane(card, PriceComponent.Input, CacheRows, InputColumns, usage.CachedAudioPromptTokens, usage.CachedImagePromptTokens),
            usage.PromptTokens, rows, columns, tokens);

        rows = [Own(card, PriceComponent.Reasoning, usage.ReasoningTokens), Own(card, PriceComponent.OutputCitation, usage.CitationTokens), 0];
        columns =
        [
            Own(card, PriceComponent.OutputAudio, usage.AudioCompletionTokens),
            Own(card, PriceComponent.OutputImage, usage.ImageCompletionTokens),
            Own(card, PriceComponent.OutputVideo, usage.VideoCompletionTokens),
        ];
        Assign(new Plane(card, PriceComponent.Output, ThoughtRows, OutputColumns, 0, 0), usage.CompletionTokens, rows, columns, tokens);
    }

    private static long Own(RateCard card, PriceComponent component, long count) => card.States(component) ? count : 0;

    private static void Assign(in Plane plane, long total, Span<long> rows, Span<long> columns, Span<long> tokens)
    {
        long inRows = Fit(plane.Card, plane.RowComponents, rows, total);
        long inColumns = Fit(plane.Card, plane.ColumnComponents, columns, total);
        long left = total;
        if (inRows > 0 && inColumns > 0)
        {
            left -= Overlap(plane, total, rows, columns, tokens);
        }

        for (int i = 0; i < Rows; i++)
        {
            tokens[(int)plane.RowComponents[i]] += rows[i];
            left -= rows[i];
        }

        for (int i = 0; i < Columns; i++)
        {
            tokens[(int)plane.ColumnComponents[i]] += columns[i];
            left -= columns[i];
        }

        tokens[(int)plane.Plain] += left;
    }

    /// <summary>Cuts counts that together exceed their total, the cheapest first.</summary>
    /// <returns>Their sum.</returns>
    private static long Fit(RateCard card, ReadOnlySpan<PriceComponent> components, Span<long> counts, long total)
    {
        long sum = counts[0] + counts[1] + counts[2];
        while (sum > total)
        {
            int cheapest = -1;
            for (int i = 0; i < counts.Length; i++)
            {
                if (counts[i] > 0 && (cheapest < 0 || card[components[i]] < card[components[cheapest]]))
                {
                    cheapest = i;
                }
            }

            long cut = Math.Min(counts[cheapest], sum - total);
            counts[cheapest] -= cut;
            sum -= cut;
        }

        return sum;
    }

    /// <summary>Moves tokens that are of a row and of a column to the component of both; at least as many as the total has no other room for.</summary>
    /// <returns>How many were moved.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)] // Rare, and its state would cost the ordinary call its registers.
    private static long Overlap(in Plane plane, long total, Span<long> rows, Span<long> columns, Span<long> tokens)
    {
        Span<bool> done = stackalloc bool[Rows * Columns];
        long moved = 0;
        for (int column = 0; column < 2; column++)
        {
            long known = Math.Min(column == 0 ? plane.KnownFirst : plane.KnownSecond, Math.Min(rows[0], columns[column]));
            if (known > 0)
            {
                moved += Move(plane, 0, column, known, rows, columns, tokens);
                // A provider that says how many were cached says it of every modality.
                done[..Columns].Fill(true);
            }
        }

        while (Dearest(plane, rows, columns, done, out long gain) is var cell and >= 0)
        {
            (int row, int column) = (cell / Columns, cell % Columns);
            long most = Math.Min(rows[row], columns[column]);
            long forced = rows[0] + rows[1] + rows[2] + columns[0] + columns[1] + columns[2] - (total - moved);
            done[cell] = true;
            moved += Move(plane, row, column, gain > 0 ? most : Math.Clamp(forced, 0, most), rows, columns, tokens);
        }

        return moved + Squeeze(plane, total - moved, rows, columns, tokens);
    }

    /// <summary>Overlaps that must be because there are no more tokens, though the provider's own figures deny them.</summary>
    private static long Squeeze(in Plane plane, long left, Span<long> rows, Span<long> columns, Span<long> tokens)
    {
        long moved = 0;
        for (int cell = 0; cell < Rows * Columns; cell++)
        {
            (int row, int column) = (cell / Columns, cell % Columns);
            long forced = rows[0] + rows[1] + rows[2] + columns[0] + columns[1] + columns[2] - (left - moved);
            moved += Move(plane, row, column, Math.Clamp(forced, 0, Math.Min(rows[row], columns[column])), rows, columns, tokens);
        }

        return moved;
    }

    private static int Dearest(in Plane plane, ReadOnlySpan<long> rows, ReadOnlySpan<long> columns, ReadOnlySpan<bool> done, out long gain)
    {
        int dearest = -1;
        gain = 0;
        for (int cell = 0; cell < Rows * Columns; cell++)
        {
            if (done[cell] || rows[cell / Columns] == 0 || columns[cell % Columns] == 0)
            {
                continue;
            }

            long here = plane.Gain(cell / Columns, cell % Columns);
            if (dearest < 0 || here > gain)
            {
                (dearest, gain) = (cell, here);
            }
        }

        return dearest;
    }

    private static long Move(in Plane plane, int row, int column, long count, Span<long> rows, Span<long> columns, Span<long> tokens)
    {
        rows[row] -= count;
        columns[column] -= count;
        tokens[(int)plane.Joint(row, column)] += count;
        return count;
    }

    /// <summary>The prices of one direction, by two properties of a token.</summary>
    private readonly ref struct Plane(
        RateCard card,
        PriceComponent plain,
        ReadOnlySpan<PriceComponent> rows,
        ReadOnlySpan<PriceComponent> columns,
        long knownFirst,
        long knownSecond)
    {
        public readonly RateCard Card = card;
        public readonly PriceComponent Plain = plain;
        public readonly ReadOnlySpan<PriceComponent> RowComponents = rows;
        public readonly ReadOnlySpan<PriceComponent> ColumnComponents = columns;
        public readonly long KnownFirst = knownFirst;
        public readonly long KnownSecond = knownSecond;

        /// <summary>What a token is charged under that is of both: the price for just that, or the dearer of the two.</summary>
        public PriceComponent Joint(int row, int column)
        {
            (PriceComponent first, PriceComponent second) = (RowComponents[row], ColumnComponents[column]);
            if (first == PriceComponent.CacheRead && column < 2)
            {
                PriceComponent both = column == 0 ? PriceComponent.CacheReadAudio : PriceComponent.CacheReadImage;
                if (Card.States(both))
                {
                    return both;
                }
            }

            return Card[first] >= Card[second] ? first : second;
        }

        /// <summary>What a token of both costs more than one of each and none of either would tell apart.</summary>
        public long Gain(int row, int column)
            => Card[Joint(row, column)] - Card[RowComponents[row]] - Card[ColumnComponents[column]] + Card[Plain];
    }
}
