using System.Collections.Concurrent;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Tests.Metering;

public sealed class OutboundUsageStreamTests : IAsyncDisposable
{
    private readonly SteppedTime _time = new();
    private readonly MemoryEventSender _sender = new();
    private readonly ListLogger _log = new();
    private readonly OutboundOptions _options = new() { LingerMs = 0, MaxBufferedEvents = 4 };
    private readonly ConcurrentQueue<(int Events, long AtMs)> _sendings = new();
    private OutboundUsageStream? _stream;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_stream is not null)
        {
            _sender.BeforeSend = null;
            var disposing = _stream.DisposeAsync().AsTask();
            await AdvanceUntilAsync(() => disposing.IsCompleted);
            await disposing;
        }
    }

    [Fact]
    public async Task Events_are_gathered_for_a_moment_and_sent_in_order_under_the_instances_key()
    {
        _options.LingerMs = 50;
        var stream = Start();
        Assert.True(await stream.AppendStartAsync(StartOf(1)));
        await UntilAsync(() => _time.TimersSet == 1);
        stream.AppendSettlement(EndOf(1));
        Assert.True(await stream.AppendStartAsync(StartOf(2)));
        Assert.Empty(_sender.Sent);
        _time.Advance(50);
        await UntilAsync(() => _sender.Sent.Count == 3);
        Assert.Equal([3], _sendings.Select(static s => s.Events));
        Assert.All(_sender.Sent, static s => Assert.Equal("in_1", s.Key));
        Assert.Equal(["start 1", "end 1", "start 2"], Arrived());
    }

    [Fact]
    public async Task A_full_batch_does_not_linger_and_none_is_larger()
    {
        (_options.LingerMs, _options.BatchEvents, _options.MaxBufferedEvents) = (50, 2, 100);
        var stream = Start();
        for (var i = 0; i < 4; i++)
        {
            Assert.True(await stream.AppendStartAsync(StartOf(i)));
        }

        await UntilAsync(() => _sender.Sent.Count == 4);
        Assert.All(_sendings, static s => Assert.InRange(s.Events, 1, 2));
    }

    [Fact]
    public async Task Starts_do_not_wait_for_the_hub_while_there_is_room()
    {
        var stream = Start(hub: Blocked(out var gate));
        for (var i = 0; i < 4; i++)
        {
            Assert.True(AtOnce(stream.AppendStartAsync(StartOf(i))));
        }

        gate.SetResult();
        await stream.FlushAsync(Cancel);
        Assert.Equal(4, _sender.Sent.Count);
    }

    [Fact]
    public async Task When_it_is_full_starts_wait_in_line_for_room()
    {
        var stream = Start(hub: Blocked(out var gate));
        Fill(stream, 4);
        var waiting = Enumerable.Range(4, 3).Select(i => stream.AppendStartAsync(StartOf(i)).AsTask()).ToList();
        Assert.All(waiting, static w => Assert.False(w.IsCompleted));
        Assert.Equal(Readiness.NotReady, stream.Check().Readiness);
        gate.SetResult();
        Assert.All(await Task.WhenAll(waiting), Assert.True);
        await stream.FlushAsync(Cancel);
        Assert.Equal(["start 0", "start 1", "start 2", "start 3", "start 4", "start 5", "start 6"], Arrived());
        Assert.Equal(Readiness.Ready, stream.Check().Readiness);
    }

    [Fact]
    public async Task A_start_that_finds_no_room_in_time_is_refused_and_never_sent()
    {
        var stream = Start(hub: Blocked(out var gate));
        Fill(stream, 4);
        await UntilAsync(() => _sendings.Count == 1);
        var waiting = stream.AppendStartAsync(StartOf(4)).AsTask();
        _time.Advance(999);
        Assert.False(waiting.IsCompleted);
        _time.Advance(1);
        Assert.False(await waiting);
        gate.SetResult();
        await stream.FlushAsync(Cancel);
        Assert.Equal(4, _sender.Sent.Count);
    }

    [Fact]
    public async Task The_bound_is_in_bytes_too()
    {
        (_options.MaxBufferedEvents, _options.MaxBufferedBytes, _options.StartWaitMs) = (1000, UsageEnvelope.Write(StartOf(0)).Length * 3, 0);
        var stream = Start(hub: Blocked(out var gate));
        Fill(stream, 3);
        Assert.False(await stream.AppendStartAsync(StartOf(3)));
        gate.SetResult();
        await stream.FlushAsync(Cancel);
        Assert.True(await stream.AppendStartAsync(StartOf(4)));
    }

    [Fact]
    public async Task Ends_are_taken_in_beyond_the_bound_and_only_those_of_refused_calls_are_ever_dropped()
    {
        var stream = Start(hub: Blocked(out var gate));
        Fill(stream, 4);
        stream.AppendSettlement(EndOf(10, hold: 0, cost: 0));
        stream.AppendSettlement(EndOf(11, hold: 0, cost: 0));
        for (var i = 20; i < 30; i++)
        {
            stream.AppendSettlement(EndOf(i, hold: i % 2, cost: 1 - (i % 2)));
        }

        gate.SetResult();
        await stream.FlushAsync(Cancel);
        Assert.Equal(4 + 1 + 10, _sender.Sent.Count);
        Assert.Contains("end 10", Arrived());
        Assert.DoesNotContain("end 11", Arrived());
        await stream.DisposeAsync();
        Assert.Contains("1 of refused calls", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_could_not_be_sent_is_sent_again_after_longer_and_longer_waits()
    {
        var fails = 6;
        var stream = Start(hub: (_, _) => Interlocked.Decrement(ref fails) >= 0 ? throw new IOException("hub") : Task.CompletedTask);
        Fill(stream, 3);
        await UntilAsync(() => !_sendings.IsEmpty && _log.Lines.Count == 1);
        await AdvanceUntilAsync(() => stream.Check().Readiness == Readiness.Degraded);
        Assert.Contains("fails", stream.Check().Detail, StringComparison.Ordinal);
        stream.AppendSettlement(EndOf(9));
        await AdvanceUntilAsync(() => _sender.Sent.Count == 4);
        Assert.Equal(["start 0", "start 1", "start 2", "end 9"], Arrived());
        var waits = _sendings.Zip(_sendings.Skip(1), static (a, b) => b.AtMs - a.AtMs).Take(6).ToArray();
        Assert.True(waits is [>= 250, >= 500, >= 1000, >= 2000, >= 4000, >= 8000]);
        Assert.Equal(Readiness.Ready, stream.Check().Readiness);
    }

    [Fact]
    public async Task A_hub_that_does_not_answer_is_left_behind()
    {
        var hangs = true;
        var stream = Start(hub: (_, _) => Volatile.Read(ref hangs) ? new TaskCompletionSource().Task : Task.CompletedTask);
        Fill(stream, 1);
        await UntilAsync(() => _sendings.Count == 1);
        Volatile.Write(ref hangs, false);
        Assert.Empty(_sender.Sent);
        await AdvanceUntilAsync(() => _sender.Sent.Count == 1);
        Assert.True(_sendings.Last().AtMs - _sendings.First().AtMs >= 30_000);
    }

    [Fact]
    public async Task A_flush_waits_for_what_came_before_it_and_does_not_linger()
    {
        (_options.LingerMs, _options.MaxBufferedEvents) = (5000, 100);
        var stream = Start(hub: Blocked(out var gate));
        await stream.FlushAsync(Cancel);
        Fill(stream, 3);
        var flushed = stream.FlushAsync(Cancel).AsTask();
        await UntilAsync(() => _sendings.Count == 1);
        Assert.False(flushed.IsCompleted);
        stream.AppendSettlement(EndOf(9));
        gate.SetResult();
        await flushed;
        Assert.True(_sender.Sent.Count >= 3);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await stream.FlushAsync(new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_stop_sends_the_rest()
    {
        (_options.LingerMs, _options.MaxBufferedEvents) = (5000, 100);
        var stream = Start();
        Fill(stream, 50);
        await stream.StopAsync(Cancel);
        Assert.Equal(50, _sender.Sent.Count);
        stream.AppendSettlement(EndOf(9));
        await stream.DisposeAsync();
        Assert.Equal(51, _sender.Sent.Count);
        Assert.False(await stream.AppendStartAsync(StartOf(60)));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task A_stop_ends_with_the_hosts_patience_and_says_how_many_are_left()
    {
        var stream = Start(hub: static (_, _) => throw new IOException("hub"));
        Fill(stream, 4);
        var waiting = stream.AppendStartAsync(StartOf(5)).AsTask();
        using var patience = new CancellationTokenSource();
        var stopping = stream.StopAsync(patience.Token);
        await UntilAsync(() => _log.Lines.Count >= 1);
        Assert.False(stopping.IsCompleted);
        await patience.CancelAsync();
        await stopping;
        var disposing = stream.DisposeAsync().AsTask();
        await AdvanceUntilAsync(() => disposing.IsCompleted);
        Assert.False(await waiting);
        Assert.StartsWith("4 usage events could not be sent", _log.Lines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("ex_", _log.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_are_sent_at_once_each_wallets_under_its_key()
    {
        var stream = Start();
        await stream.PublishAsync([new(1, Usage.Line("wal_1")), new(9, Usage.Line("wal_2")), new(2, Usage.Line("wal_1"))], Cancel);
        Assert.Equal(["wal_1 1", "wal_1 2", "wal_2 9"], _sender.Sent.Zip(_sender.Messages, static (s, m) => $"{s.Key} {m.Line!.Value.Number}"));
    }

    [Fact]
    public async Task Lines_that_are_not_sure_to_be_durable_are_told()
    {
        var stream = Start(hub: static (_, _) => throw new IOException("hub"));
        await Assert.ThrowsAsync<IOException>(async () => await stream.PublishAsync([new(1, Usage.Line("wal_1"))], Cancel));
        _sender.BeforeSend = static (_, _) => new TaskCompletionSource().Task;
        var hangs = stream.PublishAsync([new(1, Usage.Line("wal_1"))], Cancel).AsTask();
        await AdvanceUntilAsync(() => hangs.IsCompleted);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hangs);
    }

    [Fact]
    public void Options_out_of_bounds_are_all_named()
    {
        Assert.Empty(new OutboundOptions().Validate());
        Assert.Equal(8, new OutboundOptions
        {
            MaxBufferedEvents = 99,
            MaxBufferedBytes = 1,
            BatchEvents = 0,
            LingerMs = -1,
            StartWaitMs = -1,
            RetryDelayMs = 9,
            SendTimeoutMs = 99,
            LagMs = 99,
        }.Validate().Count);
    }

    private static ExchangeStart StartOf(int n) =>
        new(Usage.Id(Usage.Noon, n), Usage.Shares("wal_1"), 1000) { OrganisationId = "org_1", KeyId = "key_1" };

    private static ExchangeSettlement EndOf(int n, long hold = 1000, long cost = 5) => Usage.Settlement(Usage.Id(Usage.Noon, n), hold, cost, "wal_1");

    private OutboundUsageStream Start(Func<int, CancellationToken, Task>? hub = null)
    {
        _sender.BeforeSend = (events, cancellation) =>
        {
            _sendings.Enqueue((events, _time.GetUtcNow().ToUnixTimeMilliseconds()));
            return hub?.Invoke(events, cancellation) ?? Task.CompletedTask;
        };
        _stream = new OutboundUsageStream(_sender, new InstanceIdentity("in_1"), Options.Create(_options), _time, _log);
        _ = _stream.StartAsync(CancellationToken.None);
        return _stream;
    }

    private static Func<int, CancellationToken, Task> Blocked(out TaskCompletionSource gate)
    {
        var opens = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        gate = opens;
        return (_, _) => opens.Task;
    }

    private static void Fill(OutboundUsageStream stream, int starts) => Assert.All(
        Enumerable.Range(0, starts), i => Assert.True(AtOnce(stream.AppendStartAsync(StartOf(i)))));

    private static bool AtOnce(ValueTask<bool> answer) => answer.IsCompletedSuccessfully && answer.Result;

    private IEnumerable<string> Arrived() => _sender.Messages.Select(static m => m switch
    {
        { Start: { } start } => $"start {(uint)(start.Id.Value & uint.MaxValue)}",
        { End: { } end } => $"end {(uint)(end.Id.Value & uint.MaxValue)}",
        _ => "line",
    });

    /// <summary>Moves the clock by a tenth of a second as often as it takes.</summary>
    private Task AdvanceUntilAsync(Func<bool> condition) => UntilAsync(() =>
    {
        var done = condition();
        if (!done)
        {
            _time.Advance(100);
        }

        return done;
    });

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; !condition(); i++)
        {
            Assert.True(i < 10_000, "10 s passed");
            await Task.Delay(1, Cancel);
        }
    }

    private sealed class ListLogger : ILogger<OutboundUsageStream>
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyList<string> Lines => [.. _lines];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));
    }
}

/// <summary>The append half of the suite, on a hub in memory.</summary>
public sealed class OutboundUsageStreamConformanceTests : UsageStreamConformance, IAsyncLifetime
{
    private readonly MemoryEventSender _sender = new();
    private readonly OutboundUsageStream _stream;

    public OutboundUsageStreamConformanceTests() => _stream = new OutboundUsageStream(
        _sender,
        new InstanceIdentity("in_1"),
        Options.Create(new OutboundOptions { LingerMs = 1, BatchEvents = 7 }),
        TimeProvider.System,
        Microsoft.Extensions.Logging.Abstractions.NullLogger<OutboundUsageStream>.Instance);

    protected override IUsageStream Stream => _stream;

    public async ValueTask InitializeAsync() => await _stream.StartAsync(Cancel);

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    protected override async Task<IReadOnlyList<UsageEvent>> ArrivedAsync(int count)
    {
        await _stream.FlushAsync(Cancel);
        UsageEvent[] ends = [.. _sender.Messages.Where(static m => m.End is not null).Select(static m => m.End!.Value.Event)];
        Assert.Equal(count, ends.Length);
        return ends;
    }
}
