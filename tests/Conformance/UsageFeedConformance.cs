using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Conformance;

/// <summary>What every stream does that is read where it is written.</summary>
public abstract class UsageFeedConformance : UsageStreamConformance
{
    protected abstract IUsageFeed Feed { get; }

    protected override async Task<IReadOnlyList<UsageEvent>> ArrivedAsync(int count) => [.. (await ReadAsync(0, count)).Select(static e => e.Event)];

    [Fact]
    public async Task Reading_resumes_after_a_position()
    {
        for (var i = 0; i < 10; i++)
        {
            Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon, i)));
            await Stream.FlushAsync(Cancel);
        }

        var read = await ReadAsync(0, 10);
        var resumed = await ReadAsync(read[5].Position, 4);
        Assert.Equal(read.Skip(6).Select(static e => e.Event.Id), resumed.Select(static e => e.Event.Id));
    }

    [Fact]
    public async Task Positions_grow()
    {
        for (var i = 0; i < 10; i++)
        {
            Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon, i)));
            await Stream.FlushAsync(Cancel);
        }

        var positions = (await ReadAsync(0, 10)).Select(static e => e.Position).ToArray();
        Assert.All(positions, static p => Assert.True(p > 0));
        Assert.Equal(positions.Order(), positions);
    }

    [Fact]
    public async Task Every_entry_has_a_number_that_grows_and_stays()
    {
        for (var i = 0; i < 20; i++)
        {
            Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon, i), 10, 5, "wal_1"));
            if (i % 5 == 0)
            {
                await Stream.FlushAsync(Cancel);
            }
        }

        await Stream.FlushAsync(Cancel);
        var numbers = (await ReadAsync(0, 20)).Select(static e => e.Number).ToArray();
        Assert.Equal(numbers.Distinct().Order(), numbers);
        Assert.Equal(numbers, (await ReadAsync(0, 20)).Select(static e => e.Number));
    }

    [Fact]
    public async Task A_waiting_reader_gets_what_is_appended_later()
    {
        var reading = ReadAsync(0, 1);
        Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon)));
        Assert.Equal(Usage.Id(Usage.Noon).ToString(), (await reading)[0].Event.Id);
    }

    [Fact]
    public async Task A_settlement_is_durable_before_a_start_appended_after_it()
    {
        for (var i = 0; i < 20; i++)
        {
            Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon, i)));
            Assert.True(await Stream.AppendStartAsync(new ExchangeStart(Usage.Id(Usage.Noon + 1, i), Usage.Shares("wal_1"), 1) { OrganisationId = "org_1" }));
            Assert.Equal(i + 1, (await ReadAsync(0, i + 1)).Count);
        }
    }

    [Fact]
    public async Task A_cancelled_reader_stops()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using var reader = Feed.ReadAsync(0, stop.Token).GetAsyncEnumerator(stop.Token);
        var next = reader.MoveNextAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }

    private async Task<List<(long Position, long Number, UsageEvent Event)>> ReadAsync(long after, int count)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        var read = new List<(long, long, UsageEvent)>();
        await foreach (var batch in Feed.ReadAsync(after, bound.Token))
        {
            foreach (var entry in batch.Entries)
            {
                read.Add((batch.Position, entry.Number, entry.Usage!));
            }

            if (read.Count >= count)
            {
                break;
            }
        }

        Assert.Equal(count, read.Count);
        return read;
    }
}
