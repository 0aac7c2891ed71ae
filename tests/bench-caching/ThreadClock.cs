using System.Runtime.InteropServices;

namespace AiOrchestrator.Bench.Caching;

/// <summary>The time a thread has been running on a core: what others on the machine do is left out, except for their use of its memory.</summary>
internal static partial class ThreadClock
{
    private const int ThreadCpuTime = 3;

    /// <summary>Microseconds this thread has run; not a number where the system has another way to tell.</summary>
    public static double Microseconds =>
        OperatingSystem.IsLinux() && GetTime(ThreadCpuTime, out var time) == 0 ? (time.Seconds * 1e6) + (time.Nanoseconds / 1e3) : double.NaN;

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);
}
