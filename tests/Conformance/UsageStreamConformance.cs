using System.Text.Json;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Conformance;

/// <summary>What every <see cref="IUsageStream"/> does.</summary>
public abstract class UsageStreamConformance
{
    protected abstract IUsageStream Stream { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_start_is_answered_when_it_is_durable() =>
        Assert.True(await Stream.AppendStartAsync(new ExchangeStart(Usage.Id(Usage.Noon), Usage.Shares("wal_1", "wal_2"), 1000)));

    [Fact]
    public async Task Settlements_are_read_in_order_as_they_were_written()
    {
        for (var i = 0; i < 100; i++)
        {
            Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon, i), 10, 5, "wal_1"));
        }

        await Stream.FlushAsync(Cancel);
        var read = await ReadAsync(0, 100);
        Assert.Equal(Enumerable.Range(0, 100).Select(static i => Usage.Id(Usage.Noon, i).ToString()), read.Select(static e => e.Event.Id));
        Assert.All(read, static e => Assert.Equal("gpt-4o", e.Event.Model));
    }

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
    public async Task An_event_is_read_as_it_was_appended_however_much_it_repeats()
    {
        for (var i = 0; i < 50; i++)
        {
            var usage = Event(i);
            Stream.AppendSettlement(new ExchangeSettlement(Usage.Id(Usage.Noon, i), Usage.Shares("wal_1", "wal_2"), usage.HoldNanoUsd, 5, usage));
        }

        await Stream.FlushAsync(Cancel);
        var read = await ReadAsync(0, 50);
        Assert.All(read, static (e, i) => Assert.Equal(Json(Event(i)), Json(e.Event)));
    }

    private static UsageEvent Event(int i)
    {
        var usage = Usage.Event(Usage.Id(Usage.Noon, i));
        usage.KeyId = "key_" + (i % 3);
        usage.UserAgent = new string('\u00e9', i % 7);
        usage.Status = (UsageStatus)(i % 6);
        usage.RequestId = i % 2 == 0 ? "req_0af7651916cd43dd8448eb211c80319c" : "REQ_0AF7651916CD43DD8448EB211C80319C" + i;
        usage.HoldNanoUsd = i * 1_000_000_007L;
        usage.PromptTokens = i;
        usage.HttpStatus = i % 4 == 0 ? 0 : 200;
        usage.Attempts = i % 3;
        usage.Choices = i % 2;
        usage.Stream = i % 2 == 0;
        usage.CreatedUnixMs += i - 25;
        return usage;
    }

    private static string Json(UsageEvent usage) => JsonSerializer.Serialize(usage, UsageEventJson.Default.UsageEvent);

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
            Assert.True(await Stream.AppendStartAsync(new ExchangeStart(Usage.Id(Usage.Noon + 1, i), Usage.Shares("wal_1"), 1)));
            Assert.Equal(i + 1, (await ReadAsync(0, i + 1)).Count);
        }
    }

    [Fact]
    public async Task Many_callers_lose_and_repeat_nothing_and_each_keeps_its_order()
    {
        const int Callers = 32;
        const int Calls = 50;
        async Task CallAsync(int caller)
        {
            await Task.Yield();
            for (var i = 0; i < Calls; i++)
            {
                var id = Usage.Id(Usage.Noon + caller, i);
                Assert.True(await Stream.AppendStartAsync(new ExchangeStart(id, Usage.Shares("wal_1"), 100)));
                Stream.AppendSettlement(Usage.Settlement(id, 100, 50, "wal_1"));
            }
        }

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(CallAsync));
        await Stream.FlushAsync(Cancel);
        var read = await ReadAsync(0, Callers * Calls);
        foreach (var caller in read.GroupBy(static e => e.Event.CreatedUnixMs))
        {
            Assert.Equal(Calls, caller.Count());
            Assert.Equal(caller.Select(static e => e.Event.Id).Order(StringComparer.Ordinal), caller.Select(static e => e.Event.Id));
        }
    }

    [Fact]
    public async Task A_cancelled_reader_stops()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using var reader = Stream.ReadAsync(0, stop.Token).GetAsyncEnumerator(stop.Token);
        var next = reader.MoveNextAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }

    private async Task<List<(long Position, long Number, UsageEvent Event)>> ReadAsync(long after, int count)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        var read = new List<(long, long, UsageEvent)>();
        await foreach (var batch in Stream.ReadAsync(after, bound.Token))
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
