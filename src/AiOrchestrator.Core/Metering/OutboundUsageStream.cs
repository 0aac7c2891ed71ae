using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Metering;

/// <summary>
/// The usage stream of an instance whose leases are durable elsewhere: what an instance that dies has not sent, its wallets have all the
/// same, as spent where a lease had reported it and in suspense where not. So a start need not be durable before its call is sent; it waits in memory, bounded, and is sent with others. While the hub takes
/// nothing the buffer fills; once it is full, starts wait a moment and are then refused, so that nothing is dropped silently.
/// </summary>
public sealed class OutboundUsageStream(
    IEventSender sender, InstanceIdentity instance, IOptions<OutboundOptions> options, TimeProvider time, ILogger<OutboundUsageStream> log)
    : IUsageStream, IWalletLineSink, IReadinessCheck, IHostedService, IAsyncDisposable
{
    private const int MostDoublings = 5;

    private const int BatchBytes = 2 * UsageEnvelope.MaxBytes;

    /// <summary>For what is appended after <see cref="StopAsync"/>, when calls that were cut are settled.</summary>
    private static readonly TimeSpan LastFlush = TimeSpan.FromSeconds(5);

    private readonly OutboundOptions _options = options.Value;
    private readonly OutboundBuffer _buffer = new(options.Value, time);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _ending = new();
    private Task? _loop;

    /// <summary>Failed sendings since the last one that went through.</summary>
    private volatile int _failures;

    /// <inheritdoc/>
    public ValueTask<bool> AppendStartAsync(in ExchangeStart start) => _buffer.AddWhenRoomAsync(UsageEnvelope.Write(start));

    /// <inheritdoc/>
    public void AppendSettlement(in ExchangeSettlement settlement) =>
        _buffer.AddNow(UsageEnvelope.Write(settlement), mustBeKept: settlement.HoldNanoUsd > 0 || settlement.CostNanoUsd > 0);

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellation) => new(_buffer.FlushedAsync().WaitAsync(cancellation));

    /// <inheritdoc/>
    public async ValueTask PublishAsync(IReadOnlyList<NumberedLine> lines, CancellationToken cancellation)
    {
        foreach (var wallet in lines.GroupBy(static l => l.Line.WalletId, StringComparer.Ordinal))
        {
            foreach (var some in wallet.Chunk(_options.BatchEvents))
            {
                await SendAsync(wallet.Key, [.. some.Select(static l => (ReadOnlyMemory<byte>)UsageEnvelope.Write(l))], cancellation);
            }
        }
    }

    /// <inheritdoc/>
    public ReadinessReport Check()
    {
        var (age, count, failing) = (_buffer.OldestAge(), _buffer.Count, _failures > 0);
        var why = failing ? "sending usage events fails (see the log)" : "sending usage events is slow";
        if (_buffer.IsFull)
        {
            return new ReadinessReport(
                "usage_stream", Readiness.NotReady, string.Create(null, $"{why}: {count} wait, the oldest for {age.TotalSeconds:0} s, and there is room for no more. No call is started."));
        }

        return age.TotalMilliseconds < _options.LagMs
            ? new ReadinessReport("usage_stream", Readiness.Ready, null)
            : new ReadinessReport(
                "usage_stream", Readiness.Degraded, string.Create(null, $"{why}: {count} wait, the oldest for {age.TotalSeconds:0} s. Calls are served and charged."));
    }

    /// <summary>Begins to send.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _loop ??= Task.Run(LoopAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Sends what there is, until it is sent or the host waits no longer. Calls that still run are taken in until this is disposed.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await ((Task)_buffer.FlushedAsync().WaitAsync(cancellationToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Sends the last, within 5 s, and says how many events could not be sent.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_ending.IsCancellationRequested)
        {
            return;
        }

        _buffer.CloseToStarts();
        await _stopping.CancelAsync();
        if (_loop is not null)
        {
            await ((Task)_buffer.FlushedAsync().WaitAsync(LastFlush, time)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _ending.CancelAsync();
        await (_loop ?? Task.CompletedTask);
        if (_buffer.Count > 0 || _buffer.Dropped > 0)
        {
            log.LogError(
                "{Unsent} usage events could not be sent before the process ended, {Dropped} of refused calls were left out before; what they cost is spent or in suspense, and shows in no usage",
                _buffer.Count,
                _buffer.Dropped);
        }
    }

    private async Task LoopAsync()
    {
        ReadOnlyMemory<byte>[] batch = [];
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                if (batch.Length == 0)
                {
                    batch = await GatherAsync();
                }

                await SendAsync(instance.Id, batch, _ending.Token);
                _buffer.Remove(batch.Length);
                batch = [];
                _failures = 0;
            }
            catch (OperationCanceledException) when (_ending.IsCancellationRequested)
            {
                // Safe: DisposeAsync says how many are left; the wallets have been told what they cost, or have it in suspense.
                return;
            }
            catch (Exception e)
            {
                // Safe: the events stay where they are and the same are sent again; readiness tells, and a full buffer refuses calls.
                log.LogError(e, "usage events could not be sent; trying again");
                await RestAsync();
            }
        }
    }

    /// <summary>Waits for the first event, then a little for others; not when somebody waits for them to be sent.</summary>
    private async Task<ReadOnlyMemory<byte>[]> GatherAsync()
    {
        await _buffer.ReachedAsync(1).WaitAsync(_ending.Token);
        if (_options.LingerMs > 0)
        {
            var full = _buffer.ReachedAsync(_options.BatchEvents);
            await ((Task)full.WaitAsync(TimeSpan.FromMilliseconds(_options.LingerMs), time, _ending.Token))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return _buffer.Peek(_options.BatchEvents, BatchBytes);
    }

    /// <summary>Longer after every failure; when the host stops, what is left of the wait is skipped and the next ones are short.</summary>
    private async Task RestAsync()
    {
        var hurries = _stopping.IsCancellationRequested;
        var delay = _options.RetryDelayMs * (hurries ? 1 : 1 << Math.Min(_failures, MostDoublings));
        _failures++;
        await Task.Delay(TimeSpan.FromMilliseconds(delay), time, hurries ? _ending.Token : _stopping.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async ValueTask SendAsync(string partitionKey, IReadOnlyList<ReadOnlyMemory<byte>> bodies, CancellationToken cancellation)
    {
        // Not every client gives up when it is asked to: then it is left behind, and what it may still get through arrives twice.
        using var timeout = new CancellationTokenSource(TimeSpan.FromMilliseconds(_options.SendTimeoutMs), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        await sender.SendAsync(partitionKey, bodies, either.Token).AsTask().WaitAsync(either.Token);
    }
}
