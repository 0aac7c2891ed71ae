using System.Diagnostics;

namespace AiOrchestrator.Bench.Tokens;

/// <summary>
/// Measures from its creation on. On a machine with other work the clock counts that too, the processor's time does not; that counts threads that
/// help, the clock does not: the smaller of the two is what one thread needs.
/// </summary>
internal readonly struct Watch
{
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly TimeSpan _processor = Environment.CpuUsage.TotalTime;

    public Watch()
    {
    }

    /// <summary>By the clock.</summary>
    public double WallSeconds => Stopwatch.GetElapsedTime(_began).TotalSeconds;

    /// <summary>By the clock or by the processor, whichever is less.</summary>
    public double Seconds => Math.Min(WallSeconds, (Environment.CpuUsage.TotalTime - _processor).TotalSeconds);
}
