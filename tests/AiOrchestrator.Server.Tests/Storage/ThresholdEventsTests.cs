using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;
using AiOrchestrator.Server.Storage;

namespace AiOrchestrator.Server.Tests.Storage;

/// <summary>The journal is the outbox of crossed thresholds: each is in it once, however often the process begins again.</summary>
public sealed class ThresholdEventsTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly ManualTime _time = new();
    private StorageSet _set;
    private LeaseHolder _holder;
    private int _calls;

    public ThresholdEventsTests()
    {
        _set = Sets.Open(_directory, time: _time);
        _holder = NewHolder();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _set.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Each_crossing_is_told_once_per_period_over_restarts()
    {
        var settings = new WalletSettings { LimitNanoUsd = 1000, ThresholdPercents = [50, 80], Rule = new PeriodRule(PeriodKind.Daily, 1, "UTC") };
        Assert.True(await _set.Wallets.OpenAsync("wal_1", settings, new CommandNote("org_1", "admin"), Cancel));
        await SpendAsync(600, period: 1);
        Restart();
        await SpendAsync(10, period: 1);
        Restart();
        await SpendAsync(390, period: 1);
        Restart();
        _time.Advance(TimeSpan.FromDays(1));
        await SpendAsync(500, period: 2);
        Restart();

        var first = (await _set.Wallets.ReadAsync("wal_1", Cancel))!;
        Assert.Equal(2, first.PeriodNumber);
        var events = await EventsAsync();
        Assert.Equal(
            [(50, 600), (80, 1000), (100, 1000), (50, 500)],
            events.Select(static e => (e.Percent, e.SpentNanoUsd)));
        Assert.Equal(3, events.Count(e => e.Period == events[0].Period));
        Assert.NotEqual(events[0].Period, events[3].Period);
    }

    [Fact]
    public async Task A_statement_has_the_calls_of_the_journal_in_the_periods_they_were_held_in()
    {
        var settings = new WalletSettings { LimitNanoUsd = 1000, ThresholdPercents = [], Rule = new PeriodRule(PeriodKind.Daily, 1, "UTC") };
        Assert.True(await _set.Wallets.OpenAsync("wal_1", settings, CommandNote.None, Cancel));
        await SpendAsync(100, period: 1);
        _time.Advance(TimeSpan.FromDays(1));
        await SpendAsync(200, period: 2);
        await _set.Stream.FlushAsync(Cancel);
        await ProjectAsync();
        var statement = await _set.Usage.StatementAsync(new StatementQuery("wal_1"), Cancel);
        var periods = statement.Where(static e => e.Line?.Kind == "period_opened").Select(static e => e.Period).ToList();
        Assert.Equal(
            [(periods[0], 100), (periods[1], 200)],
            statement.Where(static e => e.Call is not null).Select(static e => (e.Period, e.Call!.CostNanoUsd)));
        Assert.Equal(
            [200],
            (await _set.Usage.StatementAsync(new StatementQuery("wal_1") { Kind = "call", Period = periods[1] }, Cancel)).Select(static e => e.Call!.CostNanoUsd));
        Assert.Equal(statement.Select(static e => e.Number), statement.Select(static e => e.Number).Order());
    }

    /// <summary>A call as the gateway makes it: a lease, a durable start, a settlement, a report.</summary>
    private async Task SpendAsync(long amountNanoUsd, int period)
    {
        _holder.Learn("wal_1", await _set.Wallets.ExchangeAsync("wal_1", _holder.Next("wal_1", amountNanoUsd, amountNanoUsd), Cancel));
        var id = Usage.Id(_time.GetUtcNow().ToUnixTimeMilliseconds(), ++_calls);
        WalletShare[] wallets = [new("wal_1", period)];
        Assert.True(await _set.Stream.AppendStartAsync(new ExchangeStart(id, wallets, amountNanoUsd)));
        var usage = Usage.Event(id);
        (usage.WalletPath, usage.HoldNanoUsd, usage.CostNanoUsd) = ("wal_1", amountNanoUsd, amountNanoUsd);
        _set.Stream.AppendSettlement(new ExchangeSettlement(id, wallets, amountNanoUsd, amountNanoUsd, usage));
        _holder.Spend("wal_1", amountNanoUsd);
        _holder.Learn("wal_1", await _set.Wallets.ExchangeAsync("wal_1", _holder.Next("wal_1", closing: true), Cancel));
    }

    private LeaseHolder NewHolder() => new(() => _time.GetUtcNow().ToUnixTimeMilliseconds());

    private void Restart()
    {
        _set.Dispose();
        _set = Sets.Open(_directory, time: _time);
        _holder = NewHolder();
    }

    private async Task<List<ThresholdEvent>> EventsAsync()
    {
        using var wallets = new WalletDirectory(_set.Documents);
        var last = await LastAsync();
        var read = new List<ThresholdEvent>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await foreach (var crossed in new ThresholdEvents(_set.Stream, wallets).ReadAsync(default, enough.Token))
        {
            read.Add(crossed);
            if (crossed.Number == last)
            {
                break;
            }
        }

        return read;
    }

    private async Task<long> LastAsync()
    {
        await _set.Stream.FlushAsync(Cancel);
        await ProjectAsync();
        return (await _set.Usage.LinesAsync(new StatementQuery("wal_1") { Kind = "threshold_crossed" }, Cancel))[^1].Number;
    }

    /// <summary>Stores everything the stream has by now; a line at the end says where that is.</summary>
    private async Task ProjectAsync()
    {
        _set.Journal.AppendLine(Usage.Line("wal_end"));
        await _set.Stream.FlushAsync(Cancel);
        await foreach (var batch in _set.Stream.ReadAsync(0, Cancel))
        {
            await _set.Usage.StoreAsync([batch], Cancel);
            if (batch.Entries.Any(static e => e.Line?.WalletId == "wal_end"))
            {
                break;
            }
        }
    }
}
