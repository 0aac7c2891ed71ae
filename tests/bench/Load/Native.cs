using System.Runtime.InteropServices;

namespace AiOrchestrator.Bench.Load;

/// <summary>The few calls of libc the load generator is made of.</summary>
internal static partial class Native
{
    public const int DontWait = 0x40;
    public const int NoSignal = 0x4000;
    public const int EpollIn = 1;
    public const int EpollAdd = 1;
    public const int EpollRemove = 2;
    public const int Again = 11;
    public const int Interrupted = 4;
    public const int NotImplemented = 38;

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int poller, int operation, int descriptor, ReadOnlySpan<byte> request);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int poller, Span<byte> ready, int capacity, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "epoll_pwait2", SetLastError = true)]
    public static partial int EpollWait(int poller, Span<byte> ready, int capacity, in TimeSpec timeout, nint signals);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int descriptor, ReadOnlySpan<byte> bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int descriptor, Span<byte> bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [StructLayout(LayoutKind.Sequential)]
    public readonly record struct TimeSpec(long Seconds, long Nanoseconds);
}
