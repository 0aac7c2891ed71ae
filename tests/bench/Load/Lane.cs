using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace AiOrchestrator.Bench.Load;

/// <summary>One keep-alive connection with at most one request under way.</summary>
internal sealed class Lane : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly int _descriptor;
    private int _used;

    public Lane(int port, Poller poller, int token)
    {
        Token = token;
        _socket.Connect(IPAddress.Loopback, port);
        _descriptor = (int)_socket.Handle;
        poller.Add(_descriptor, token);
    }

    public enum Progress
    {
        More,
        Done,
        Broken,
    }

    public int Token { get; }

    public ResponseReader Response { get; } = new();

    /// <summary>When the request was due, which is what latency counts from.</summary>
    public long Due { get; private set; }

    /// <summary>When the last word of a stream came, 0 before the first.</summary>
    public long LastToken { get; set; }

    public bool Busy { get; private set; }

    public bool Send(ReadOnlySpan<byte> request, long due)
    {
        Due = due;
        LastToken = 0;
        Busy = true;
        _used = 0;
        Response.Reset();
        // Requests here are far smaller than an empty socket buffer: a short write means something is wrong.
        return Native.Send(_descriptor, request, request.Length, Native.DontWait | Native.NoSignal) == request.Length;
    }

    /// <summary>One read; the poller tells again when there is more.</summary>
    public Progress Read()
    {
        var room = _buffer.AsSpan(_used);
        var got = (int)Native.Receive(_descriptor, room, room.Length, Native.DontWait);
        if (got < 0 && Marshal.GetLastPInvokeError() is Native.Again or Native.Interrupted) return Progress.More;
        if (got <= 0 || !Busy) return Progress.Broken;
        _used += got;
        var bytes = _buffer.AsSpan(0, _used);
        if (Response.InHead)
        {
            var head = Response.TakeHead(bytes);
            if (head == 0) return _used == _buffer.Length ? Progress.Broken : Progress.More;
            bytes = bytes[head..];
        }

        Response.TakeBody(bytes);
        _used = 0;
        if (Response.IsBroken) return Progress.Broken;
        if (!Response.IsDone) return Progress.More;
        Busy = false;
        return Progress.Done;
    }

    // Closing the descriptor takes it out of the poller too.
    public void Dispose() => _socket.Dispose();
}
