namespace AiOrchestrator.Core.Traffic.Resilience;

/// <summary>
/// How long to wait before a call is repeated at the same route: twice as long each time, give or take a fifth, up to a cap, and never more than
/// <see cref="TotalMs"/> for one call (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). Pure.
/// </summary>
public static class Backoff
{
    /// <summary>The first wait; milliseconds.</summary>
    public const int FirstMs = 50;

    /// <summary>What each is longer by than the one before.</summary>
    public const int Factor = 2;

    /// <summary>The longest; milliseconds.</summary>
    public const int CapMs = 200;

    /// <summary>Part a wait may be longer or shorter by.</summary>
    public const double Jitter = 0.2;

    /// <summary>All waits of one call together; milliseconds.</summary>
    public const int TotalMs = 400;

    /// <summary>The wait before a repetition; milliseconds.</summary>
    /// <param name="repetition">1 for the first.</param>
    /// <param name="chance">0 to below 1: where between the shortest and the longest.</param>
    public static double DelayMs(int repetition, double chance)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(repetition, 1);
        var plain = repetition > 16 ? CapMs : Math.Min(CapMs, FirstMs * Math.Pow(Factor, repetition - 1));
        return Math.Min(CapMs, plain * (1 - Jitter + (2 * Jitter * Math.Clamp(chance, 0, 1))));
    }

    /// <summary>The time until the first byte that an attempt gets: after a timeout half as long again as the one before had, within what is left of the whole.</summary>
    /// <param name="ownMs">What the provider's row says; milliseconds.</param>
    /// <param name="timedOutMs">What the last attempt had that timed out; milliseconds, 0 where none did.</param>
    /// <param name="leftMs">What is left of the call's whole time; milliseconds.</param>
    public static int FirstByteMs(int ownMs, int timedOutMs, long leftMs) =>
        (int)Math.Clamp(leftMs, 1, Math.Max(ownMs, timedOutMs + (timedOutMs / 2L)));
}
