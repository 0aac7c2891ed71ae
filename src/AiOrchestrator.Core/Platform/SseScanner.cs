namespace AiOrchestrator.Core.Platform;

/// <summary>
/// Finds the events in a growing buffer of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html):
/// runs of lines ended by an empty line, lines ended by LF, CRLF or CR. Every byte is looked at once, however the pieces arrive.
/// </summary>
public struct SseScanner
{
    private int _scanned;
    private bool _lineIsEmpty;
    private bool _endsLinesWithCr;

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
            var end = _lineIsEmpty ? 0 : buffer[_scanned..].IndexOfAny((byte)'\n', (byte)'\r');
            if (end < 0)
            {
                _scanned = buffer.Length;
                return 0;
            }

            _scanned += end;
            if (buffer[_scanned] is not ((byte)'\n' or (byte)'\r'))
            {
                _lineIsEmpty = false;
            }
            else if (!TryEndLine(buffer))
            {
                return 0;
            }
            else if (_lineIsEmpty)
            {
                var length = _scanned;
                _scanned = 0;
                return length;
            }
            else
            {
                _lineIsEmpty = true;
            }
        }

        return 0;
    }

    /// <summary>
    /// The payload of an event: that of its <c>data:</c> lines, joined by LF where there are several; empty for comments and for events without any.
    /// </summary>
    public static ReadOnlySpan<byte> Data(ReadOnlySpan<byte> sseEvent)
    {
        var data = ReadOnlySpan<byte>.Empty;
        for (var rest = WithoutMark(sseEvent); !rest.IsEmpty; rest = rest[LineLength(rest)..])
        {
            if (!rest.StartsWith("data:"u8))
            {
                continue;
            }

            if (!data.IsEmpty)
            {
                return JoinedData(sseEvent);
            }

            data = rest["data:"u8.Length..LineLength(rest)].Trim(" \r\n"u8);
        }

        return data;
    }

    /// <summary>The name of an event; empty where it has none.</summary>
    public static ReadOnlySpan<byte> Name(ReadOnlySpan<byte> sseEvent)
    {
        for (var rest = WithoutMark(sseEvent); !rest.IsEmpty; rest = rest[LineLength(rest)..])
        {
            if (rest.StartsWith("event:"u8))
            {
                return rest["event:"u8.Length..LineLength(rest)].Trim(" \r\n"u8);
            }
        }

        return default;
    }

    /// <summary>Rare: a payload over several lines is copied together.</summary>
    private static byte[] JoinedData(ReadOnlySpan<byte> sseEvent)
    {
        var joined = new byte[sseEvent.Length];
        var length = 0;
        for (var rest = WithoutMark(sseEvent); !rest.IsEmpty; rest = rest[LineLength(rest)..])
        {
            if (rest.StartsWith("data:"u8))
            {
                var data = rest["data:"u8.Length..LineLength(rest)].Trim(" \r\n"u8);
                data.CopyTo(joined.AsSpan(length));
                length += data.Length;
                joined[length++] = (byte)'\n';
            }
        }

        return joined[..(length - 1)];
    }

    /// <summary>A byte order mark may stand before the first line of a stream.</summary>
    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> sseEvent) => sseEvent.StartsWith("\uFEFF"u8) ? sseEvent["\uFEFF"u8.Length..] : sseEvent;

    /// <summary>Bytes up to the next line, one byte of the line's end included.</summary>
    private static int LineLength(ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOfAny((byte)'\n', (byte)'\r');
        return end < 0 ? rest.Length : end + 1;
    }

    /// <summary>Moves behind a line's end. False where a CR is the last byte so far and LF may follow it.</summary>
    private bool TryEndLine(ReadOnlySpan<byte> buffer)
    {
        if (buffer[_scanned] == (byte)'\n')
        {
            _scanned++;
            return true;
        }

        // Waiting costs nothing in the middle of an event; at its end only a stream that ends lines with CR is not made to wait.
        if (_scanned + 1 == buffer.Length && !(_lineIsEmpty && _endsLinesWithCr))
        {
            return false;
        }

        var hasLf = _scanned + 1 < buffer.Length && buffer[_scanned + 1] == (byte)'\n';
        _endsLinesWithCr = !hasLf;
        _scanned += hasLf ? 2 : 1;
        return true;
    }
}
