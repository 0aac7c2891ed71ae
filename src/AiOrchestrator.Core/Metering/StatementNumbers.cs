using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Metering;

/// <summary>
/// Numbers of statement entries where no journal counts them: the time in milliseconds since 2026, then 13 bits. They sort by time and stay
/// below 2^53, which every JSON reader keeps exactly, until 2060.
/// </summary>
public static class StatementNumbers
{
    /// <summary>2026-01-01, milliseconds since 1970.</summary>
    public const long EpochUnixMs = 1_767_225_600_000;

    private const int LowBits = 13;
    private const long MaxMs = (1L << (53 - LowBits)) - 1;

    /// <summary>The number of a wallet's next line: above the last, whatever the clock says.</summary>
    /// <param name="last">The last line's; 0 for none.</param>
    /// <param name="unixMs">The wallet's time.</param>
    public static long Next(long last, long unixMs) => Math.Max(last + 1, At(unixMs));

    /// <summary>The number of a call: the same whoever works it out, however often. Two calls of one millisecond share theirs once in 8192 times.</summary>
    /// <param name="id">The exchange; its low bits are random.</param>
    /// <param name="settledUnixMs">When it was settled.</param>
    public static long OfCall(ExchangeId id, long settledUnixMs) => At(settledUnixMs) | (long)(id.Value & ((1 << LowBits) - 1));

    private static long At(long unixMs) => Math.Clamp(unixMs - EpochUnixMs, 0, MaxMs) << LowBits;
}
