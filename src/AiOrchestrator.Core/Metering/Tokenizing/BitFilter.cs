using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// Says of most keys that a table does not hold that it does not: a quarter of a megabyte that stays in the processor's cache, where the table
/// itself does not. One bit a key; of 200,000 keys in two million bits, one other in ten is mistaken.
/// </summary>
internal sealed class BitFilter
{
    private const int Bits = 21;
    private readonly ulong[] _bits = new ulong[1 << (Bits - 6)];

    /// <summary>Adds a key.</summary>
    /// <param name="spread">The key, spread over all bits of the word.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong spread)
    {
        var at = (int)(spread >> (64 - Bits));
        _bits[at >> 6] |= 1UL << (at & 63);
    }

    /// <summary>Whether a key may have been added; false is certain.</summary>
    /// <param name="spread">The key, spread over all bits of the word.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MayHold(ulong spread)
    {
        var at = (int)(spread >> (64 - Bits));
        return (_bits[at >> 6] & (1UL << (at & 63))) != 0;
    }
}
