namespace AiOrchestrator.Server.Storage;

/// <summary>Whole numbers in groups of seven bits, the lowest first, each but the last with its top bit set.</summary>
internal static class Varint
{
    /// <summary>The longest one.</summary>
    public const int MaxBytes = 10;

    /// <summary>Writes one; how many bytes it took.</summary>
    public static int Write(Span<byte> destination, ulong value)
    {
        var length = 0;
        while (value >= 0x80)
        {
            destination[length++] = (byte)(value & 0x7f | 0x80);
            value >>= 7;
        }

        destination[length++] = (byte)value;
        return length;
    }

    /// <summary>Reads one off the front; false when there is none, or one that is too long.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> source, out ulong value)
    {
        value = 0;
        for (var i = 0; i < source.Length && i < MaxBytes; i++)
        {
            var next = source[i];
            value |= (ulong)(next & 0x7f) << (7 * i);
            if (next < 0x80)
            {
                source = source[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    /// <summary>Small numbers of either sign as small ones without.</summary>
    public static ulong ZigZag(long value) => unchecked((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>The opposite of <see cref="ZigZag"/>.</summary>
    public static long UnZigZag(ulong value) => unchecked((long)(value >> 1) ^ -(long)(value & 1));
}
