using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>Which of the characters at the beginning of a text are of words, sixteen looked at at a time.</summary>
internal static class WordMask
{
    /// <summary>How many characters a mask is of.</summary>
    public const int Chars = 64;

    private const int Lanes = 16;

    /// <summary>A bit for each of the first characters, the lowest for the first; 0 behind the end.</summary>
    public static ulong Of(ReadOnlySpan<char> text)
    {
        if (text.Length < Chars)
        {
            Span<char> padded = stackalloc char[Chars];
            text.CopyTo(padded);
            return Full(padded);
        }

        return Full(text[..Chars]);
    }

    private static ulong Full(ReadOnlySpan<char> text)
    {
        var units = MemoryMarshal.Cast<char, ushort>(text);
        var (words, others) = (0UL, 0UL);
        for (var at = 0; at < Chars; at += Lanes)
        {
            var letters = Vector128.NarrowWithSaturation(Vector128.Create(units[at..]), Vector128.Create(units[(at + (Lanes / 2))..]));
            words |= (ulong)IsAsciiOfWord(letters).ExtractMostSignificantBits() << at;
            others |= (ulong)letters.ExtractMostSignificantBits() << at;
        }

        for (; others != 0; others &= others - 1)
        {
            var at = System.Numerics.BitOperations.TrailingZeroCount(others);
            words |= KeywordIndex.IsOfWord(text[at]) ? 1UL << at : 0;
        }

        return words;
    }

    /// <summary>All bits of a lane that holds a letter, a digit or an underscore.</summary>
    private static Vector128<byte> IsAsciiOfWord(Vector128<byte> letters) =>
        Vector128.LessThan((letters | Vector128.Create((byte)0x20)) - Vector128.Create((byte)'a'), Vector128.Create((byte)26))
        | Vector128.LessThan(letters - Vector128.Create((byte)'0'), Vector128.Create((byte)10))
        | Vector128.Equals(letters, Vector128.Create((byte)'_'));
}
