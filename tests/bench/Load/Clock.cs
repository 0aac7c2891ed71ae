namespace AiOrchestrator.Bench.Load;

/// <summary>Monotonic nanoseconds.</summary>
internal static class Clock
{
    public const long Microsecond = 1_000;
    public const long Millisecond = 1_000_000;
    public const long Second = 1_000_000_000;

    private static readonly TimeProvider Source = TimeProvider.System;
    private static readonly bool Exact = Source.TimestampFrequency == Second;

    public static long Now
    {
        get
        {
            var stamp = Source.GetTimestamp();
            return Exact ? stamp : (long)(stamp * (Second / (double)Source.TimestampFrequency));
        }
    }

    public static long Of(TimeSpan span) => span.Ticks * 100;
}
