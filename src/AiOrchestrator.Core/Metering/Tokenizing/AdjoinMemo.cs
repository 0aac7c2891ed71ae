using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// Which pairs of tokens were found to adjoin or not, each until another takes its place: texts repeat their pairs, and what repeats itself has
/// few. One for each thread and all vocabularies, 64 kilobytes.
/// </summary>
internal static class AdjoinMemo
{
    private const int SlotBits = 13;
    private const int IdBits = 18;

    [ThreadStatic]
    private static ulong[]? s_slots;

    /// <summary>The slot of a pair on this thread.</summary>
    /// <param name="key">From <see cref="Key"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref ulong Slot(ulong key) =>
        ref (s_slots ??= new ulong[1 << SlotBits])[(int)(unchecked(key * 0x9E3779B97F4A7C15) >> (64 - SlotBits))];

    /// <summary>What a slot holds of a pair that does not adjoin; with the lowest bit set, of one that does.</summary>
    /// <param name="vocabulary">The number of the vocabulary, from 1 to 2^26.</param>
    /// <param name="left">The id of the first token, below 2^18.</param>
    /// <param name="right">The id of the second token, below 2^18.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Key(uint vocabulary, int left, int right) =>
        (((((ulong)vocabulary << IdBits) | (uint)left) << IdBits) | (uint)right) << 1;
}
