using System.Buffers.Binary;
using System.Text;

namespace AiOrchestrator.Ledger.Wallets;

/// <summary>Reads what <see cref="ImageWriter"/> wrote. An image that ends too early reads as an <see cref="ArgumentOutOfRangeException"/>.</summary>
/// <param name="image">The bytes.</param>
public ref struct ImageReader(ReadOnlySpan<byte> image)
{
    private ReadOnlySpan<byte> _rest = image;

    /// <summary>Whether all of it was read.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Reads eight bytes.</summary>
    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    /// <summary>Reads four bytes.</summary>
    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    /// <summary>Reads how many of something follow, none of which is less than a byte.</summary>
    public int Count()
    {
        var count = Int32();

        // The slice throws where they cannot all follow.
        return _rest[..count].Length;
    }

    /// <summary>Reads sixteen bytes.</summary>
    public UInt128 UInt128() => BinaryPrimitives.ReadUInt128LittleEndian(Take(16));

    /// <summary>Reads one byte.</summary>
    public bool Flag() => Take(1)[0] != 0;

    /// <summary>Reads a value that may be missing.</summary>
    public long? Optional() => Flag() ? Int64() : null;

    /// <summary>Reads a text or null.</summary>
    public string? Text() => Int32() is >= 0 and var length ? Encoding.UTF8.GetString(Take(length)) : null;

    /// <summary>Reads bytes; those of the image itself.</summary>
    public ReadOnlySpan<byte> Bytes() => Take(Int32());

    private ReadOnlySpan<byte> Take(int bytes)
    {
        var taken = _rest[..bytes];
        _rest = _rest[bytes..];
        return taken;
    }
}
