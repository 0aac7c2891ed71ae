using System.Collections.Concurrent;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Tests.Insight;

public sealed class UsageProjectionTests : IAsyncDisposable
{
    private readonly MemoryUsageStream _stream = new();
    private readonly MemoryUsageStore _store = new();
    private readonly MemoryDocumentStore _documents = new();
    private readonly InsightOptions _options = new() { RunEvents = 10, RetryDelayMs = 10, LagMs = 100 };
    private readonly UsageProjection _projection;

    public UsageProjectionTests() => _projection = new UsageProjection(
        _stream,
        _store,
        Reviews.None(TimeProvider.System),
        Reviews.LastResort(_documents, TimeProvider.System),
        Options.Create(_options),
        TimeProvider.System,
        NullLogger<UsageProjection>.Instance);

    public async ValueTask DisposeAsync()
    {
        await _projection.StopAsync(CancellationToken.None);
        _projection.Dispose();
    }

    [Fact]
    public async Task What_was_there_and_what_comes_is_stored_in_bounded_runs()
    {
        var runs = new ConcurrentQueue<int>();
        _store.BeforeStore = batches =>
        {
            runs.Enqueue(batches.Sum(static b => b.Entries.Count));
            return Task.CompletedTask;
        };
        AppendMany(1, 35);

        await _projection.StartAsync(CancellationToken.None);
        await UntilAsync(() => _store.Count == 35);
        AppendMany(36, 1);
        await UntilAsync(() => _store.Count == 36);

        Assert.All(runs, static r => Assert.InRange(r, 1, 10));
        Assert.Contains(10, runs);
        await UntilAsync(() => _projection.Check().Readiness == Readiness.Ready);
        Assert.Equal(36, await _store.PositionAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_failing_store_is_told_retried_and_loses_nothing()
    {
        var fails = true;
        _store.BeforeStore = _ => Volatile.Read(ref fails) ? throw new IOException("disk") : Task.CompletedTask;
        AppendMany(1, 25);

        await _projection.StartAsync(CancellationToken.None);
        await UntilAsync(() => _projection.Check().Readiness == Readiness.Degraded);
        Assert.Contains("fails", _projection.Check().Detail, StringComparison.Ordinal);
        AppendMany(26, 5);
        Volatile.Write(ref fails, false);

        await UntilAsync(() => _store.Count == 30);
        await UntilAsync(() => _projection.Check().Readiness == Readiness.Ready);
    }

    [Fact]
    public async Task A_slow_store_is_told()
    {
        var gate = new TaskCompletionSource();
        _store.BeforeStore = _ => gate.Task;
        AppendMany(1, 1);

        await _projection.StartAsync(CancellationToken.None);
        await UntilAsync(() => _projection.Check().Readiness == Readiness.Degraded);
        Assert.Contains("slow", _projection.Check().Detail, StringComparison.Ordinal);
        gate.SetResult();
        await UntilAsync(() => _projection.Check().Readiness == Readiness.Ready);
    }

    [Fact]
    public async Task A_call_at_the_price_of_last_resort_raises_its_alert_before_it_counts_as_read()
    {
        var usage = TestUsage.Event(1, "org_1", "key_1", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        usage.PriceId = "last_resort";
        _stream.Append(usage);

        await _projection.StartAsync(CancellationToken.None);
        await UntilAsync(() => _store.Count == 1);

        var book = new AlertBook(_documents, TimeProvider.System, NullLogger<AlertBook>.Instance);
        Assert.Equal("last_resort_price", Assert.Single((await book.ListAsync("org_1", null, null, 10, CancellationToken.None)).Alerts).Kind);
    }

    [Fact]
    public async Task Stopping_does_not_wait_for_events()
    {
        await _projection.StartAsync(CancellationToken.None);
        await _projection.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Options_out_of_bounds_are_all_named()
    {
        Assert.Empty(new InsightOptions().Validate());
        Assert.Equal(3, new InsightOptions { RunEvents = 0, RetryDelayMs = 0, LagMs = 0 }.Validate().Count);
    }

    private void AppendMany(int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            _stream.Append(TestUsage.Event(i, "org_1", "key_1"));
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; !condition(); i++)
        {
            Assert.True(i < 1000, "10 s passed");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
