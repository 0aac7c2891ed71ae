using System.Buffers.Binary;
using System.Text;

namespace AiOrchestrator.Ledger.Wallets;

/// <summary>Writes an image, of a wallet or what else is packed: little endian, texts as UTF-8 behind their length. Grows as it is written.</summary>
public sealed class ImageWriter
{
    private byte[] _bytes = new byte[1024];

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Forgets what was written and keeps the buffer.</summary>
    public void Clear() => Length = 0;

    /// <summary>Writes eight bytes.</summary>
    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Room(8), value);
        Length += 8;
    }

    /// <summary>Writes four bytes.</summary>
    public void Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Room(4), value);
        Length += 4;
    }

    /// <summary>Writes sixteen bytes.</summary>
    public void UInt128(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(Room(16), value);
        Length += 16;
    }

    /// <summary>Writes one byte.</summary>
    public void Flag(bool value)
    {
        Room(1)[0] = value ? (byte)1 : (byte)0;
        Length++;
    }

    /// <summary>Writes whether there is a value, and the value.</summary>
    public void Optional(long? value)
    {
        Flag(value is not null);
        if (value is { } present)
        {
            Int64(present);
        }
    }

    /// <summary>Writes a text; null as if it were one of length -1.</summary>
    public void Text(string? value)
    {
        if (value is null)
        {
            Int32(-1);
            return;
        }

        Int32(Encoding.UTF8.GetByteCount(value));
        Length += Encoding.UTF8.GetBytes(value, Room(Encoding.UTF8.GetMaxByteCount(value.Length)));
    }

    /// <summary>Writes bytes behind their length.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        Int32(value.Length);
        value.CopyTo(Room(value.Length));
        Length += value.Length;
    }

    private Span<byte> Room(int bytes)
    {
        if (_bytes.Length - Length < bytes)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, Length + bytes));
        }

        return _bytes.AsSpan(Length);
    }
}
