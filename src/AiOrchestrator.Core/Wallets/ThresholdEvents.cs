using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Wallets;

/// <summary>How far a reader of <see cref="ThresholdEvents"/> has got: keep it with what was done about the event, and go on after it.</summary>
/// <param name="Position">Where to read the stream from.</param>
/// <param name="Number">The last event's number.</param>
public readonly record struct ThresholdCursor(long Position, long Number);

/// <summary>A wallet's spending crossed a threshold, for the first time in its period.</summary>
/// <param name="Number">Unique, grows, and the same whenever it is read again.</param>
/// <param name="WalletId">The wallet.</param>
/// <param name="OrganisationId">Whose wallet it is; null where that is not known any more.</param>
/// <param name="Period">The id of the period.</param>
/// <param name="Percent">Of the allowance: 1 to 100.</param>
/// <param name="AtUnixMs">When, milliseconds since 1970.</param>
/// <param name="SpentNanoUsd">What was spent in the period then; 0 where the line is older than that it is told.</param>
/// <param name="Cursor">Where to go on after it.</param>
public sealed record ThresholdEvent(
    long Number, string WalletId, string? OrganisationId, string Period, int Percent, long AtUnixMs, long SpentNanoUsd, ThresholdCursor Cursor);

/// <summary>
/// Crossed thresholds, each once, out of the stream (WL-06): the wallet writes the line when it crosses, and a journal that is replayed knows
/// which were told. Whoever acts on them keeps the cursor and misses none; where it acts and keeps the cursor in two steps, the number
/// tells it what it has done already.
/// </summary>
public sealed class ThresholdEvents(IUsageFeed feed, WalletDirectory wallets)
{
    /// <summary>All events after a cursor (its default: from the first), then new ones as they become durable, until cancelled.</summary>
    public async IAsyncEnumerable<ThresholdEvent> ReadAsync(ThresholdCursor after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // A position names a batch's end: to find the rest of a batch again, it is read from the end of the one before.
        var before = after.Position;
        await foreach (var batch in feed.ReadAsync(after.Position, cancellation))
        {
            foreach (var entry in batch.Entries)
            {
                if (entry.Number > after.Number && entry.Line is { } line && line.Kind == WalletLines.ThresholdCrossed)
                {
                    yield return Read(entry.Number, line, new ThresholdCursor(before, entry.Number));
                }
            }

            before = batch.Position;
        }
    }

    private ThresholdEvent Read(long number, WalletLine line, ThresholdCursor cursor) => new(
        number,
        line.WalletId,
        line.OrganisationId ?? wallets.OrganisationOf(line.WalletId),
        line.Period,
        line.Percent,
        line.AtUnixMs,
        line.SpentNanoUsd,
        cursor);
}
