using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>Bytes of a text as words, so that eight are compared at once.</summary>
internal static class Words
{
    /// <summary>The bytes of a word.</summary>
    public const int Bytes = 8;

    /// <summary>One to eight bytes as a word, little-endian, zero above them.</summary>
    /// <param name="text">At least <paramref name="at"/> and <paramref name="length"/> bytes.</param>
    /// <param name="at">Where they begin.</param>
    /// <param name="length">How many, 1 to 8.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(ReadOnlySpan<byte> text, int at, int length) =>
        at <= text.Length - Bytes
            ? BinaryPrimitives.ReadUInt64LittleEndian(text[at..]) & Mask(length)
            : LoadAtEnd(text, at, length);

    /// <summary>Spreads a word over all its bits, so that the upper ones tell words apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Spread(ulong word) => unchecked((word ^ (word >> 32)) * 0x9E3779B97F4A7C15);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mask(int length) => ulong.MaxValue >> (64 - (8 * length));

    private static ulong LoadAtEnd(ReadOnlySpan<byte> text, int at, int length)
    {
        if (text.Length >= Bytes)
        {
            return (BinaryPrimitives.ReadUInt64LittleEndian(text[^Bytes..]) >> (8 * (at + Bytes - text.Length))) & Mask(length);
        }

        var word = 0UL;
        for (var i = length - 1; i >= 0; i--)
        {
            word = (word << 8) | text[at + i];
        }

        return word;
    }
}
