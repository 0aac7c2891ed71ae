using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// The ends of runs of ASCII letters. Sixteen bytes are looked at together: words differ in length, and a loop over their bytes would be guessed
/// wrong by the processor at the end of nearly every one.
/// </summary>
internal static class AsciiRuns
{
    private const int CaseBit = 0x20;
    private const byte Letters = 26;

    /// <summary>The first place from <paramref name="at"/> on that is no a to z or A to Z.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int EndOfLetters(ReadOnlySpan<byte> text, int at) => End(text, at, CaseBit);

    /// <summary>The first place from <paramref name="at"/> on that is no a to z.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int EndOfSmallLetters(ReadOnlySpan<byte> text, int at) => End(text, at, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int End(ReadOnlySpan<byte> text, int at, byte caseBit)
    {
        while (at <= text.Length - Vector128<byte>.Count)
        {
            var bytes = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(text), (nuint)at);
            var letters = Vector128.LessThan((bytes | Vector128.Create(caseBit)) - Vector128.Create((byte)'a'), Vector128.Create(Letters));
            var others = ~letters.ExtractMostSignificantBits() & 0xFFFF;
            if (others != 0)
            {
                return at + BitOperations.TrailingZeroCount(others);
            }

            at += Vector128<byte>.Count;
        }

        while (at < text.Length && unchecked((uint)((text[at] | caseBit) - 'a')) < Letters)
        {
            at++;
        }

        return at;
    }
}
