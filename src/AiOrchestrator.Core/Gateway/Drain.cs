using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway;

/// <summary>
/// GW-17: once a stop is asked for no new call starts, running ones go on for the drain window, then they are cut with an in-band error;
/// all are settled either way.
/// </summary>
public sealed class Drain(TimeProvider time, IOptions<GatewayOptions> options) : IReadinessCheck, IDisposable
{
    private readonly CancellationTokenSource _begun = new();
    private readonly CancellationTokenSource _over = new();
    private ITimer? _timer;
    private int _underWay;
    private volatile bool _draining;

    /// <summary>Whether a stop was asked for.</summary>
    public bool IsDraining => _draining;

    /// <summary>Calls under way.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Cancelled when a stop is asked for: what has not been sent yet is not sent any more.</summary>
    internal CancellationToken Begun => _begun.Token;

    /// <summary>Cancelled when the drain window is over.</summary>
    internal CancellationToken Over => _over.Token;

    /// <inheritdoc/>
    public ReadinessReport Check() => _draining
        ? new ReadinessReport("instance", Readiness.NotReady, "The instance is stopping.")
        : new ReadinessReport("instance", Readiness.Ready, null);

    /// <summary>A stop was asked for.</summary>
    public void Begin()
    {
        _draining = true;
        _timer = time.CreateTimer(
            static state => ((CancellationTokenSource)state!).Cancel(), _over, TimeSpan.FromMilliseconds(options.Value.DrainTimeoutMs), Timeout.InfiniteTimeSpan);
        _begun.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _begun.Dispose();
        _over.Dispose();
    }

    internal bool TryEnter()
    {
        Interlocked.Increment(ref _underWay);
        if (!_draining)
        {
            return true;
        }

        Leave();
        return false;
    }

    internal void Leave() => Interlocked.Decrement(ref _underWay);
}
