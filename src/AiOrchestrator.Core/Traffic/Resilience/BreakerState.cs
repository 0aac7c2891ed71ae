namespace AiOrchestrator.Core.Traffic.Resilience;

/// <summary>What a circuit breaker lets through.</summary>
public enum BreakerPhase
{
    /// <summary>Everything.</summary>
    Closed,

    /// <summary>Nothing.</summary>
    Open,

    /// <summary>One call, to see.</summary>
    HalfOpen,
}

/// <summary>
/// A circuit breaker (M. Nygard, Release It!, 2nd ed. 2018, chapter 5) in one word of 64 bits, so that it is replaced by compare-and-swap. Pure. It opens after
/// <see cref="FailuresInARow"/> failures in a row, or when half of the last calls failed (<see cref="MinCalls"/> or more, the older ones counting ever
/// less); stays open for <see cref="OpenMs"/>; then lets one call through, whose end closes it or opens it again.
/// </summary>
/// <param name="Bits">From the lowest: calls (8 bits), failures (8), failures in a row (4), whether one is on trial (1), open until in milliseconds since 1970 (43).</param>
internal readonly record struct BreakerState(ulong Bits)
{
    /// <summary>Failures in a row that open it.</summary>
    public const int FailuresInARow = 5;

    /// <summary>So many calls must have been seen before their part counts.</summary>
    public const int MinCalls = 20;

    /// <summary>How long it stays open; milliseconds.</summary>
    public const int OpenMs = 10_000;

    private const uint MaxCalls = 100;
    private const int FailuresAt = 8;
    private const int RowAt = 16;
    private const int TrialAt = 20;
    private const int UntilAt = 21;

    private uint Calls => (uint)(Bits & 0xFF);

    private uint Failures => (uint)(Bits >> FailuresAt & 0xFF);

    private uint Row => (uint)(Bits >> RowAt & 0xF);

    /// <summary>Whether one call has been let through and has not come back.</summary>
    public bool IsOnTrial => (Bits >> TrialAt & 1) != 0;

    private long OpenUntilUnixMs => (long)(Bits >> UntilAt);

    /// <summary>What it lets through at a time. A trial whose end is never told is over after as long as it would have been open.</summary>
    public BreakerPhase PhaseAt(long unixMs) => OpenUntilUnixMs == 0 ? BreakerPhase.Closed
        : unixMs < OpenUntilUnixMs ? BreakerPhase.Open
        : BreakerPhase.HalfOpen;

    /// <summary>The state of one that is known to be down: open, as after failures of its own.</summary>
    public static BreakerState Opened(long unixMs) => Of(0, 0, 0, isOnTrial: false, unixMs + OpenMs);

    /// <summary>The state once the one call of a half-open breaker is on its way: to all others it is open again.</summary>
    public BreakerState Tried(long unixMs) => Of(Calls, Failures, Row, isOnTrial: true, unixMs + OpenMs);

    /// <summary>The state after a call has ended.</summary>
    /// <param name="failed">Whether it was the route's failure.</param>
    /// <param name="unixMs">When.</param>
    public BreakerState After(bool failed, long unixMs)
    {
        if (OpenUntilUnixMs != 0)
        {
            return Ended(failed, unixMs);
        }

        var (calls, failures) = Calls < MaxCalls ? (Calls, Failures) : (Calls / 2, Failures / 2);
        (calls, failures) = (calls + 1, failures + (failed ? 1u : 0));
        var row = failed ? Math.Min(Row + 1, 0xF) : 0;
        return row >= FailuresInARow || (failed && calls >= MinCalls && 2 * failures >= calls)
            ? Opened(unixMs)
            : Of(calls, failures, row, isOnTrial: false, 0);
    }

    /// <summary>A call ends while it is open: the one on trial, or one that was under way when it opened, whose failure is no news.</summary>
    private BreakerState Ended(bool failed, long unixMs) => !failed ? default
        : IsOnTrial || unixMs >= OpenUntilUnixMs ? Opened(unixMs)
        : this;

    private static BreakerState Of(uint calls, uint failures, uint row, bool isOnTrial, long untilUnixMs) =>
        new(calls | (ulong)failures << FailuresAt | (ulong)row << RowAt | (isOnTrial ? 1UL << TrialAt : 0) | (ulong)untilUnixMs << UntilAt);
}
