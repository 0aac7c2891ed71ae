using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;
using AiOrchestrator.Server.Storage;

namespace AiOrchestrator.Server.Tests.Storage;

/// <summary>The disk is made full by bounding the database's pages. SQLite reports that exactly as it reports a full disk.</summary>
public sealed class DiskFullTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly ManualTime _time = new();
    private readonly StorageSet _set;
    private SqliteDatabase? _database;

    public DiskFullTests() =>
        _set = Sets.Open(_directory, Sets.Small with { Opened = database => _database = database, MaxKeptBytes = 5_000 }, _time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _set.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Starts_and_commands_are_refused_and_ready_says_so()
    {
        var readiness = new JournalReadiness(_set.Journal);
        Assert.Equal(Readiness.Ready, readiness.Check().Readiness);
        await FillAsync();
        Assert.False(await _set.Stream.AppendStartAsync(Start(1)));
        await Assert.ThrowsAsync<StorageException>(async () => await _set.Wallets.OpenAsync("wal_9", 1, Cancel));
        Assert.Null(await _set.Wallets.ReadAsync("wal_9", Cancel));
        Assert.Equal(Readiness.NotReady, readiness.Check().Readiness);
        Assert.Contains("full", readiness.Check().Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settlements_are_kept_and_written_when_there_is_space_again()
    {
        await FillAsync();
        for (var i = 0; i < 20; i++)
        {
            _set.Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon, i), 100, 50, "wal_1"));
        }

        var before = _set.Journal.Committed.DurableSeq;
        var flush = _set.Stream.FlushAsync(Cancel).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.False(flush.IsCompleted);

        await SpaceReturnsAsync(flush);
        Assert.Null(_set.Journal.Failure);
        Assert.Equal(before + 1, _set.Journal.Committed.DurableSeq);
        Assert.True(await _set.Stream.AppendStartAsync(Start(2)));
        var ids = await ReadIdsAsync(20);
        Assert.Equal(Enumerable.Range(0, 20).Select(static i => Usage.Id(Usage.Noon, i).ToString()), ids);
    }

    [Fact]
    public async Task Statement_lines_are_kept_too()
    {
        await FillAsync();
        _set.Journal.AppendLine(Usage.Line("wal_1"));
        Assert.False(await _set.Journal.AppendCommandAsync("wal_1", new WalletCommand.Close(), Usage.Noon, [Usage.Line("wal_1", kind: "closed")]));
        await SpaceReturnsAsync(_set.Stream.FlushAsync(Cancel).AsTask());
        await foreach (var batch in _set.Stream.ReadAsync(0, Cancel))
        {
            if (batch.Entries.Count > 0)
            {
                Assert.Equal("topped_up", Assert.Single(batch.Entries).Line!.Kind);
                break;
            }
        }
    }

    [Fact]
    public async Task Recovers_by_itself_when_nothing_is_kept()
    {
        await FillAsync();
        var next = _set.Journal.Committed.WaitBeyondAsync(_set.Journal.Committed.DurableSeq);
        await SpaceReturnsAsync(next);
        Assert.Equal(Readiness.Ready, new JournalReadiness(_set.Journal).Check().Readiness);
    }

    [Fact]
    public async Task Beyond_the_bound_only_events_that_cost_nothing_are_dropped()
    {
        await FillAsync();
        for (var i = 0; i < 200; i++)
        {
            _set.Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon, i)));
        }

        var dropped = _set.Journal.DroppedEvents;
        Assert.InRange(dropped, 50, 199);
        _set.Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon + 1), 100, 50, "wal_1"));
        Assert.Equal(dropped, _set.Journal.DroppedEvents);

        await SpaceReturnsAsync(_set.Stream.FlushAsync(Cancel).AsTask());
        var ids = await ReadIdsAsync((int)(201 - dropped));
        Assert.Equal(Usage.Id(Usage.Noon + 1).ToString(), ids[^1]);
    }

    [Fact]
    public async Task What_was_refused_never_happened_and_what_was_settled_did()
    {
        _ = await _set.Wallets.OpenAsync("wal_1", 1000, Cancel);
        Assert.True(await _set.Stream.AppendStartAsync(new ExchangeStart(Usage.Id(Usage.Noon), Usage.Shares("wal_1"), 100)));
        await FillAsync();
        Assert.False(await _set.Stream.AppendStartAsync(new ExchangeStart(Usage.Id(Usage.Noon, 1), Usage.Shares("wal_1"), 400)));
        _set.Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon), 100, 60, "wal_1"));
        await SpaceReturnsAsync(_set.Stream.FlushAsync(Cancel).AsTask());
        _set.Dispose();

        using var again = Sets.Open(_directory);
        var state = await again.Wallets.ReadAsync("wal_1", Cancel);
        Assert.Equal((60, 0), (state!.SpentNanoUsd, state.SuspenseNanoUsd));
    }

    private static ExchangeStart Start(int n) => new(Usage.Id(Usage.Noon + 5000, n), Usage.Shares(new string('w', 3000)), 0);

    private async Task FillAsync()
    {
        Assert.True(await _set.Stream.AppendStartAsync(Start(0)));

        // Nothing is pending and no timer runs by itself, so the writer is not using the connection.
        _database!.Execute($"PRAGMA max_page_count = {_database.QueryInt64("PRAGMA page_count")}");
        for (var i = 1; await _set.Stream.AppendStartAsync(Start(i)); i++)
        {
            Assert.True(i < 10, "the bound has no effect");
        }
    }

    private async Task SpaceReturnsAsync(Task until)
    {
        // The writer told the caller about the failure after its last use of the connection, and waits for a retry since.
        _database!.Execute("PRAGMA max_page_count = 1000000");
        for (var i = 0; i < 1000 && !until.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
            _ = await Task.WhenAny(until, Task.Delay(10, Cancel));
        }

        await until.WaitAsync(TimeSpan.FromSeconds(1), Cancel);
    }

    private async Task<List<string>> ReadIdsAsync(int count)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        var ids = new List<string>();
        await foreach (var batch in _set.Stream.ReadAsync(0, bound.Token))
        {
            ids.AddRange(batch.Entries.Where(static e => e.Usage is not null).Select(static e => e.Usage!.Id));
            if (ids.Count >= count)
            {
                break;
            }
        }

        Assert.Equal(count, ids.Count);
        return ids;
    }
}
