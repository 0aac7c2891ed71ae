namespace AiOrchestrator.Core.Platform;

/// <summary>
/// Finds the events in a growing buffer of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html):
/// runs of lines ended by an empty line, lines ended by LF or CRLF. Every byte is looked at once, however the pieces arrive.
/// </summary>
public struct SseScanner
{
    private int _scanned;
    private bool _lineIsEmpty;

    /// <summary>A scanner at the start of a line.</summary>
    public SseScanner() => _lineIsEmpty = true;

    /// <summary>
    /// Looks for the end of the first event. <paramref name="buffer"/> starts where the last found event ended and may have grown since.
    /// </summary>
    /// <returns>The event's length with its empty line, or 0 when it is not complete.</returns>
    public int Next(ReadOnlySpan<byte> buffer)
    {
        while (_scanned < buffer.Length)
        {
            if (!_lineIsEmpty)
            {
                var end = buffer[_scanned..].IndexOf((byte)'\n');
                if (end < 0)
                {
                    _scanned = buffer.Length;
                    return 0;
                }

                _scanned += end + 1;
                _lineIsEmpty = true;
                continue;
            }

            var next = buffer[_scanned++];
            if (next == (byte)'\n')
            {
                var length = _scanned;
                _scanned = 0;
                return length;
            }

            _lineIsEmpty = next == (byte)'\r';
        }

        return 0;
    }

    /// <summary>The name of an event; empty where it has none.</summary>
    public static ReadOnlySpan<byte> Name(ReadOnlySpan<byte> sseEvent)
    {
        while (!sseEvent.IsEmpty)
        {
            var end = sseEvent.IndexOf((byte)'\n');
            var line = end < 0 ? sseEvent : sseEvent[..end];
            if (line.StartsWith("event:"u8))
            {
                return line["event:"u8.Length..].Trim(" \r"u8);
            }

            sseEvent = end < 0 ? default : sseEvent[(end + 1)..];
        }

        return default;
    }

    /// <summary>
    /// The payload of an event with exactly one <c>data:</c> line; empty for comments and for events of other shapes.
    /// </summary>
    public static ReadOnlySpan<byte> Data(ReadOnlySpan<byte> sseEvent)
    {
        var data = ReadOnlySpan<byte>.Empty;
        while (!sseEvent.IsEmpty)
        {
            var end = sseEvent.IndexOf((byte)'\n');
            var line = end < 0 ? sseEvent : sseEvent[..end];
            sseEvent = end < 0 ? default : sseEvent[(end + 1)..];
            if (!line.StartsWith("data:"u8))
            {
                continue;
            }

            if (!data.IsEmpty)
            {
                return default;
            }

            data = line["data:"u8.Length..].Trim(" \r"u8);
        }

        return data;
    }
}
