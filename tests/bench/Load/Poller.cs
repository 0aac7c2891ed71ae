using System.ComponentModel;
using System.Runtime.InteropServices;

namespace AiOrchestrator.Bench.Load;

/// <summary>epoll, level-triggered, for reading, with timeouts in nanoseconds where the system has them.</summary>
internal sealed class Poller : IDisposable
{
    private const int Capacity = 256;

    // struct epoll_event is packed on x86-64 alone.
    private static readonly bool Packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int Stride = Packed ? 12 : 16;
    private static readonly int DataOffset = Packed ? 4 : 8;

    private readonly byte[] _ready = new byte[Capacity * 16];
    private readonly int _descriptor;
    private bool _fineTimeouts = true;

    public Poller()
    {
        _descriptor = Native.EpollCreate(0);
        if (_descriptor < 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    public void Add(int descriptor, int token)
    {
        Span<byte> request = stackalloc byte[16];
        request.Clear();
        MemoryMarshal.Write(request, Native.EpollIn);
        MemoryMarshal.Write(request[DataOffset..], token);
        if (Native.EpollControl(_descriptor, Native.EpollAdd, descriptor, request) < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>How many lanes can be read; 0 when the time was up.</summary>
    public int Wait(long timeoutNanos)
    {
        var count = _fineTimeouts && timeoutNanos > 0 ? WaitFine(timeoutNanos) : WaitCoarse(timeoutNanos);
        return Math.Max(count, 0);
    }

    public int Token(int index) => MemoryMarshal.Read<int>(_ready.AsSpan((index * Stride) + DataOffset));

    public void Dispose() => _ = Native.Close(_descriptor);

    private int WaitFine(long timeoutNanos)
    {
        try
        {
            var timeout = new Native.TimeSpec(timeoutNanos / Clock.Second, timeoutNanos % Clock.Second);
            var count = Native.EpollWait(_descriptor, _ready, Capacity, in timeout, 0);
            if (count >= 0) return count;
            if (Marshal.GetLastPInvokeError() != Native.NotImplemented) return Checked(count);
        }
        catch (EntryPointNotFoundException)
        {
            // An older libc: whole milliseconds and a longer spin must do.
        }

        _fineTimeouts = false;
        return WaitCoarse(timeoutNanos);
    }

    // Rounds down: waking early costs a spin, waking late would spoil a due time.
    private int WaitCoarse(long timeoutNanos) =>
        Checked(Native.EpollWait(_descriptor, _ready, Capacity, (int)(timeoutNanos / Clock.Millisecond)));

    private static int Checked(int count)
    {
        if (count >= 0) return count;
        var error = Marshal.GetLastPInvokeError();
        return error == Native.Interrupted ? 0 : throw new Win32Exception(error);
    }
}
