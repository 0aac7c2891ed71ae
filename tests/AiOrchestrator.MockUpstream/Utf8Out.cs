using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace AiOrchestrator.MockUpstream;

/// <summary>A growing byte buffer with the few ways of writing JSON this mock needs.</summary>
internal sealed class Utf8Out(int capacity = 1024)
{
    private byte[] _bytes = new byte[capacity];
    private int _length;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    public int Length => _length;

    public void Clear() => _length = 0;

    /// <summary>Forgets what was written after a mark taken from <see cref="Length"/>.</summary>
    public void Truncate(int length) => _length = length;

    public Utf8Out Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _length += bytes.Length;
        return this;
    }

    public Utf8Out Number(long value)
    {
        Utf8Formatter.TryFormat(value, Reserve(20), out var written);
        _length += written;
        return this;
    }

    public Utf8Out Number(float value)
    {
        Utf8Formatter.TryFormat(value, Reserve(32), out var written, new StandardFormat('G', 9));
        _length += written;
        return this;
    }

    /// <summary>
    /// The inside of a JSON string. Only what JSON demands is escaped: characters of two to four bytes reach the wire as they
    /// are, which the framework's encoders do not do above U+FFFF.
    /// </summary>
    public Utf8Out Text(string value)
    {
        foreach (var b in Encoding.UTF8.GetBytes(value))
        {
            if (b is (byte)'"' or (byte)'\\') Raw([(byte)'\\', b]);
            else if (b < 0x20) Raw("\\u00"u8).Raw([Hex(b >> 4), Hex(b & 15)]);
            else Raw([b]);
        }

        return this;
    }

    private static byte Hex(int digit) => "0123456789abcdef"u8[digit];

    private Span<byte> Reserve(int count)
    {
        if (_bytes.Length - _length < count) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        return _bytes.AsSpan(_length);
    }
}
