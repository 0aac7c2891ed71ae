using System.Text.Json;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Conformance;

/// <summary>What every <see cref="IUsageStream"/> does.</summary>
public abstract class UsageStreamConformance
{
    protected abstract IUsageStream Stream { get; }

    /// <summary>The first events that were appended, as they arrive at the other end, in order; fails when they do not come.</summary>
    protected abstract Task<IReadOnlyList<UsageEvent>> ArrivedAsync(int count);

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_start_is_answered_when_its_call_may_be_sent() =>
        Assert.True(await Stream.AppendStartAsync(new ExchangeStart(Usage.Id(Usage.Noon), Usage.Shares("wal_1", "wal_2"), 1000) { OrganisationId = "org_1" }));

    [Fact]
    public async Task Settlements_arrive_in_order_as_they_were_written()
    {
        for (var i = 0; i < 100; i++)
        {
            Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon, i), 10, 5, "wal_1"));
        }

        await Stream.FlushAsync(Cancel);
        var read = await ArrivedAsync(100);
        Assert.Equal(Enumerable.Range(0, 100).Select(static i => Usage.Id(Usage.Noon, i).ToString()), read.Select(static e => e.Id));
        Assert.All(read, static e => Assert.Equal("gpt-4o", e.Model));
    }

    [Fact]
    public async Task An_event_arrives_as_it_was_appended_however_much_it_repeats()
    {
        for (var i = 0; i < 50; i++)
        {
            var usage = Event(i);
            Stream.AppendSettlement(new ExchangeSettlement(Usage.Id(Usage.Noon, i), Usage.Shares("wal_1", "wal_2"), usage.HoldNanoUsd, 5, usage));
        }

        await Stream.FlushAsync(Cancel);
        var read = await ArrivedAsync(50);
        Assert.All(read, static (e, i) => Assert.Equal(Json(Event(i)), Json(e)));
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
                Assert.True(await Stream.AppendStartAsync(new ExchangeStart(id, Usage.Shares("wal_1"), 100) { OrganisationId = "org_1" }));
                Stream.AppendSettlement(Usage.Settlement(id, 100, 50, "wal_1"));
            }
        }

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(CallAsync));
        await Stream.FlushAsync(Cancel);
        var read = await ArrivedAsync(Callers * Calls);
        foreach (var caller in read.GroupBy(static e => e.CreatedUnixMs))
        {
            Assert.Equal(Calls, caller.Count());
            Assert.Equal(caller.Select(static e => e.Id).Order(StringComparer.Ordinal), caller.Select(static e => e.Id));
        }
    }
}
