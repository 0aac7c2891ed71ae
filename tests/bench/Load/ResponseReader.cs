using System.Buffers.Text;
using System.Text;

namespace AiOrchestrator.Bench.Load;

/// <summary>
/// Reads one HTTP/1.1 response bit by bit: status, content-length or chunks. Of the body it counts the words the mock sends
/// (" tok…") and keeps the last bytes: enough to know a right answer, and nearly free.
/// </summary>
internal sealed class ResponseReader
{
    private const int TailSize = 24;
    private const int HeadSampleSize = 300;

    private enum Part
    {
        Head,
        Fixed,
        ChunkSize,
        ChunkExtension,
        ChunkData,
        ChunkEnd,
        Trailer,
        Done,
        Broken,
    }

    private readonly byte[] _tail = new byte[TailSize];
    private readonly byte[] _sample = new byte[HeadSampleSize];
    private Part _part;
    private long _left;
    private int _trailerLength;
    private int _tailLength;
    private int _sampleLength;

    public int Status { get; private set; }

    /// <summary>Words of the mock seen so far.</summary>
    public int Tokens { get; private set; }

    public bool IsDone => _part == Part.Done;

    public bool IsBroken => _part == Part.Broken;

    public bool InHead => _part == Part.Head;

    private static ReadOnlySpan<byte> Word => " tok"u8;

    public void Reset()
    {
        _part = Part.Head;
        _tailLength = 0;
        _sampleLength = 0;
        Status = 0;
        Tokens = 0;
    }

    /// <summary>Null when the answer is the expected one, else what is wrong with it.</summary>
    public string? Judge(int tokens, bool stream)
    {
        var tail = _tail.AsSpan(0, _tailLength);
        var ended = stream ? tail.IndexOf("[DONE]"u8) >= 0 : !tail.IsEmpty && tail.TrimEnd("\r\n "u8)[^1] == (byte)'}';
        if (Status == 200 && Tokens == tokens && ended) return null;
        var sample = Encoding.UTF8.GetString(_sample, 0, _sampleLength);
        return $"status {Status}, {Tokens} of {tokens} tokens, {(ended ? "ended well" : "not ended")}: {sample}";
    }

    /// <summary>Takes the head once it is whole; returns its length, or 0 when more is needed.</summary>
    public int TakeHead(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0) return 0;
        var head = bytes[..(end + 2)];
        _part = Part.Broken;
        if (head.Length > 12 && Utf8Parser.TryParse(head[9..12], out int status, out _)) Status = status;
        var line = head.IndexOf("\r\n"u8) + 2;
        while (line < head.Length)
        {
            var rest = head[line..];
            var length = rest.IndexOf("\r\n"u8);
            Header(rest[..length]);
            line += length + 2;
        }

        if (_part == Part.Fixed && _left == 0) _part = Part.Done;
        return end + 4;
    }

    public void TakeBody(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && _part is not (Part.Done or Part.Broken)) bytes = bytes[Step(bytes)..];
        // Nothing is pipelined here, so bytes after the end are a framing fault.
        if (!bytes.IsEmpty) _part = Part.Broken;
    }

    private void Header(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon < 0) return;
        var name = line[..colon];
        var value = line[(colon + 1)..].Trim((byte)' ');
        if (name.Length == 14 && Ascii.EqualsIgnoreCase(name, "content-length"u8) && Utf8Parser.TryParse(value, out long length, out _))
        {
            _part = Part.Fixed;
            _left = length;
        }
        else if (name.Length == 17 && Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8) && Ascii.EqualsIgnoreCase(value, "chunked"u8))
        {
            _part = Part.ChunkSize;
            _left = 0;
        }
    }

    private int Step(ReadOnlySpan<byte> bytes)
    {
        switch (_part)
        {
            case Part.Fixed or Part.ChunkData:
                var take = (int)Math.Min(_left, bytes.Length);
                Content(bytes[..take]);
                _left -= take;
                if (_left == 0) _part = _part == Part.Fixed ? Part.Done : Part.ChunkEnd;
                return take;
            case Part.ChunkSize:
                SizeByte(bytes[0]);
                return 1;
            case Part.ChunkExtension:
                if (bytes[0] == '\n') EndSizeLine();
                return 1;
            case Part.ChunkEnd:
                if (bytes[0] == '\n') _part = Part.ChunkSize;
                return 1;
            default:
                TrailerByte(bytes[0]);
                return 1;
        }
    }

    private void SizeByte(byte b)
    {
        if (char.IsAsciiHexDigit((char)b) && _left < int.MaxValue) _left = (_left * 16) + HexValue(b);
        else if (b == '\n') EndSizeLine();
        else _part = b is (byte)'\r' or (byte)';' ? Part.ChunkExtension : Part.Broken;
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private void EndSizeLine()
    {
        _trailerLength = 0;
        _part = _left == 0 ? Part.Trailer : Part.ChunkData;
    }

    private void TrailerByte(byte b)
    {
        if (b == '\n' && _trailerLength == 0) _part = Part.Done;
        else if (b == '\n') _trailerLength = 0;
        else if (b != '\r') _trailerLength++;
    }

    private void Content(ReadOnlySpan<byte> bytes)
    {
        if (_sampleLength == 0)
        {
            _sampleLength = Math.Min(bytes.Length, HeadSampleSize);
            bytes[.._sampleLength].CopyTo(_sample);
        }

        // A word cut in two: look at the three bytes on either side of the cut, where no whole word fits on one side.
        Span<byte> seam = stackalloc byte[6];
        var before = Math.Min(_tailLength, 3);
        var after = Math.Min(bytes.Length, 3);
        _tail.AsSpan(_tailLength - before, before).CopyTo(seam);
        bytes[..after].CopyTo(seam[before..]);
        Tokens += seam[..(before + after)].Count(Word) + bytes.Count(Word);

        if (bytes.Length >= TailSize)
        {
            bytes[^TailSize..].CopyTo(_tail);
            _tailLength = TailSize;
            return;
        }

        var kept = Math.Min(_tailLength, TailSize - bytes.Length);
        _tail.AsSpan(_tailLength - kept, kept).CopyTo(_tail);
        bytes.CopyTo(_tail.AsSpan(kept));
        _tailLength = kept + bytes.Length;
    }
}
