using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets;

public sealed class ThresholdEventsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Crossed_thresholds_are_read_out_of_the_stream_and_nothing_else()
    {
        var stream = new MemoryUsageStream();
        using var wallets = new WalletDirectory(new MemoryDocumentStore());
        stream.Append(Line("frozen", 0), Line("threshold_crossed", 80));
        stream.Append(TestUsage.Event(1, "org_1", "key_1"));
        stream.Append(Line("threshold_crossed", 90) with { OrganisationId = "org_1", SpentNanoUsd = 95 });

        var read = await TakeAsync(new ThresholdEvents(stream, wallets), default, 2);

        Assert.Equal(new ThresholdEvent(1001, "wal_1", null, "day-1", 80, 7, 0, new ThresholdCursor(0, 1001)), read[0]);
        Assert.Equal(new ThresholdEvent(3000, "wal_1", "org_1", "day-1", 90, 7, 95, new ThresholdCursor(2, 3000)), read[1]);
    }

    [Fact]
    public async Task Whoever_goes_on_after_an_event_misses_none_and_gets_none_twice()
    {
        var stream = new MemoryUsageStream();
        using var wallets = new WalletDirectory(new MemoryDocumentStore());
        var events = new ThresholdEvents(stream, wallets);
        stream.Append(Line("threshold_crossed", 50), Line("threshold_crossed", 60), Line("threshold_crossed", 70));
        stream.Append(Line("threshold_crossed", 80));

        var cursor = default(ThresholdCursor);
        var seen = new List<int>();
        for (var i = 0; i < 4; i++)
        {
            var next = (await TakeAsync(events, cursor, 1))[0];
            cursor = next.Cursor;
            seen.Add(next.Percent);
        }

        Assert.Equal([50, 60, 70, 80], seen);
    }

    private static WalletLine Line(string kind, int percent) =>
        new() { WalletId = "wal_1", Period = "day-1", AtUnixMs = 7, Kind = kind, Percent = percent };

    private static async Task<List<ThresholdEvent>> TakeAsync(ThresholdEvents events, ThresholdCursor after, int count)
    {
        var taken = new List<ThresholdEvent>();
        await foreach (var crossed in events.ReadAsync(after, Cancel))
        {
            taken.Add(crossed);
            if (taken.Count == count)
            {
                break;
            }
        }

        return taken;
    }
}
