using System.Numerics;

namespace AiOrchestrator.Core.Providers.Health;

/// <summary>
/// What the last signals came to, in one word of 64 bits, so that it is replaced by compare-and-swap. Pure. Going down and coming back have
/// thresholds of their own, so that one answer more or less moves nothing to and fro:
/// <list type="bullet">
/// <item>UNAVAILABLE: a refused credential; or <see cref="FailuresDown"/> failures in a row that make half of the last <see cref="Window"/> signals (of
/// those there are) or more; or <see cref="ProbesDown"/> failed probes with no good answer between.</item>
/// <item>DEGRADED, from HEALTHY: <see cref="BadDegraded"/> failures or refusals for load that make a quarter of the last <see cref="Window"/> or more.</item>
/// <item>back from UNAVAILABLE to DEGRADED: <see cref="SuccessesBack"/> good answers in a row.</item>
/// <item>back to HEALTHY: <see cref="SuccessesHealthy"/> good answers in a row, the last bad one <see cref="CalmSeconds"/> seconds ago.</item>
/// </list>
/// </summary>
/// <param name="Bits">
/// From the lowest: 20 signals of 2 bits, newest first; status (2 bits); good answers in a row (3), failures in a row (3), failed probes since the last good
/// answer (2); seconds of the last bad one, modulo 2^14.
/// </param>
internal readonly record struct HealthState(ulong Bits)
{
    /// <summary>Signals that are remembered.</summary>
    public const int Window = 20;

    /// <summary>Failures in a row that may mean an outage.</summary>
    public const int FailuresDown = 3;

    /// <summary>Failed probes in a row that mean one.</summary>
    public const int ProbesDown = 2;

    /// <summary>Bad signals that may mean trouble.</summary>
    public const int BadDegraded = 3;

    /// <summary>Good answers in a row that end an outage.</summary>
    public const int SuccessesBack = 2;

    /// <summary>Good answers in a row that end trouble.</summary>
    public const int SuccessesHealthy = 5;

    /// <summary>How long nothing bad may have happened before trouble is over; seconds.</summary>
    public const int CalmSeconds = 30;

    private const ulong HistoryMask = (1UL << (2 * Window)) - 1;
    private const ulong LowBits = 0x5555_5555_5555_5555;
    private const int StatusAt = 2 * Window;
    private const int SuccessesAt = StatusAt + 2;
    private const int FailuresAt = SuccessesAt + 3;
    private const int ProbesAt = FailuresAt + 3;
    private const int BadAt = ProbesAt + 2;
    private const ulong BadMask = (1UL << (64 - BadAt)) - 1;

    /// <summary>The status.</summary>
    public HealthStatus Status => (HealthStatus)(Bits >> StatusAt & 3);

    /// <summary>Whether it is UNAVAILABLE and the last signal was good: one more, and it is not.</summary>
    public bool IsComingBack => Status == HealthStatus.Unavailable && Successes > 0;

    private ulong History => Bits & HistoryMask;

    private ulong Successes => Bits >> SuccessesAt & 7;

    private ulong Failures => Bits >> FailuresAt & 7;

    private ulong FailedProbes => Bits >> ProbesAt & 3;

    private ulong LastBad => Bits >> BadAt & BadMask;

    /// <summary>The state after one more signal.</summary>
    /// <param name="signal">What was seen.</param>
    /// <param name="isProbe">Whether a probe saw it.</param>
    /// <param name="unixSeconds">When, seconds since 1970.</param>
    public HealthState After(HealthSignal signal, bool isProbe, long unixSeconds)
    {
        var isOk = signal == HealthSignal.Ok;
        var fails = signal is HealthSignal.Failed or HealthSignal.Refused;
        var history = (History << 2 | (isOk ? 1UL : fails ? 3UL : 2UL)) & HistoryMask;
        var successes = isOk ? Math.Min(Successes + 1, 7) : 0;
        var failures = isOk ? 0 : Math.Min(Failures + (fails ? 1UL : 0), 7);
        var probes = isOk ? 0 : Math.Min(FailedProbes + (fails && isProbe ? 1UL : 0), 3);
        var bad = isOk ? LastBad : (ulong)unixSeconds & BadMask;
        var status = signal == HealthSignal.Refused ? HealthStatus.Unavailable
            : isOk ? Up(successes, ((ulong)unixSeconds - bad) & BadMask)
            : Down(history, failures, probes);

        // Whoever is well again begins anew: an outage that is over must not make the next hiccup another.
        return Of(status == HealthStatus.Healthy && Status != HealthStatus.Healthy ? 0 : history, status, successes, failures, probes, bad);
    }

    /// <summary>The state in which one that is UNAVAILABLE is tried again: the next failure makes it so again at once. Another stays as it is.</summary>
    public HealthState Trial() => Status == HealthStatus.Unavailable ? Of(0, HealthStatus.Degraded, 0, FailuresDown, FailedProbes, LastBad) : this;

    /// <summary>The state of one that is known to have a status and nothing else.</summary>
    /// <param name="status">The status.</param>
    /// <param name="unixSeconds">Since when, seconds since 1970.</param>
    public static HealthState Known(HealthStatus status, long unixSeconds) => Of(0, status, 0, 0, 0, (ulong)unixSeconds & BadMask);

    private HealthStatus Up(ulong successes, ulong calmSeconds) => Status switch
    {
        HealthStatus.Unavailable => successes >= SuccessesBack ? HealthStatus.Degraded : HealthStatus.Unavailable,
        HealthStatus.Degraded => successes >= SuccessesHealthy && calmSeconds >= CalmSeconds ? HealthStatus.Healthy : HealthStatus.Degraded,
        _ => HealthStatus.Healthy,
    };

    private HealthStatus Down(ulong history, ulong failures, ulong probes)
    {
        var known = BitOperations.PopCount((history | history >> 1) & LowBits);
        var failed = BitOperations.PopCount(history & history >> 1 & LowBits);
        if ((failures >= FailuresDown && 2 * failed >= known) || probes >= ProbesDown)
        {
            return HealthStatus.Unavailable;
        }

        var bad = BitOperations.PopCount(history >> 1 & LowBits);
        return Status == HealthStatus.Healthy && bad >= BadDegraded && 4 * bad >= known ? HealthStatus.Degraded : Status;
    }

    private static HealthState Of(ulong history, HealthStatus status, ulong successes, ulong failures, ulong probes, ulong bad) =>
        new(history | (ulong)status << StatusAt | successes << SuccessesAt | failures << FailuresAt | probes << ProbesAt | bad << BadAt);
}
