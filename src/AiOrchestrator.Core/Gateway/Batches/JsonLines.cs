using System.Buffers;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>Reads a text line by line in memory of one line, as it comes. A line ends with LF or CRLF, or where the text does; blank ones are passed over, and so is a mark at the beginning.</summary>
/// <param name="source">The text.</param>
/// <param name="maxLineBytes">The longest line.</param>
internal sealed class JsonLines(Stream source, int maxLineBytes) : IDisposable
{
    private const int FirstBufferBytes = 64 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
    private int _start;
    private int _searched;
    private int _end;
    private bool _ended;

    /// <summary>The number of the line that was read last, from 1 on, blank ones counted.</summary>
    public long Number { get; private set; }

    /// <summary>Bytes read so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether nothing more was read because a line is too long.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>The next line, until the one after it is asked for; null at the end.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellation)
    {
        while (!IsTooLong)
        {
            var length = _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n');
            if (length >= 0 || (_ended && _end > _start))
            {
                var end = length >= 0 ? _searched + length : _end;
                var line = Trim(_buffer.AsMemory(_start, end - _start));
                _start = _searched = Math.Min(end + 1, _end);
                Number++;
                IsTooLong = line.Length > maxLineBytes;
                if (!IsTooLong && !line.IsEmpty)
                {
                    return line;
                }

                continue;
            }

            if (_ended)
            {
                return null;
            }

            _searched = _end;
            await FillAsync(cancellation);
        }

        return null;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private async ValueTask FillAsync(CancellationToken cancellation)
    {
        if (_end - _start > maxLineBytes)
        {
            Number++;
            IsTooLong = true;
            return;
        }

        MakeRoom();
        var read = await source.ReadAsync(_buffer.AsMemory(_end), cancellation);
        _ended = read == 0;
        _end += read;
        Bytes += read;
    }

    private void MakeRoom()
    {
        if (_end < _buffer.Length)
        {
            return;
        }

        var (from, length) = (_buffer, _end - _start);
        if (length > from.Length / 2)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(from.Length * 2);
        }

        from.AsSpan(_start, length).CopyTo(_buffer);
        (_start, _searched, _end) = (0, length, length);
        if (from != _buffer)
        {
            ArrayPool<byte>.Shared.Return(from);
        }
    }

    private ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> line)
    {
        if (Number == 0 && line.Span.StartsWith("\uFEFF"u8))
        {
            line = line["\uFEFF"u8.Length..];
        }

        return line.Trim(" \t\r"u8);
    }
}
