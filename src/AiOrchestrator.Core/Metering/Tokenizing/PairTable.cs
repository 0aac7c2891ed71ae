using System.Numerics;
using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// Tokens by the two tokens whose merge makes them. Open addressing with linear probing, one word a token: left, right and result, 18 bits each.
/// Most pairs that are looked up do not merge, so at most half of the slots are taken.
/// </summary>
internal sealed class PairTable
{
    private const int IdBits = 18;
    private readonly ulong[] _slots;
    private readonly int _shift;
    private readonly BitFilter _filter = new();

    /// <param name="halves">Of each token; those of single bytes are not pairs.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public PairTable(ReadOnlySpan<TokenHalves> halves)
    {
        var size = BitOperations.RoundUpToPowerOf2((uint)halves.Length * 2);
        var slots = new ulong[size];
        (_slots, _shift) = (slots, 64 - BitOperations.Log2(size));
        for (var id = Vocabulary.ByteTokens; id < halves.Length; id++)
        {
            var key = Key(halves[id].Left, halves[id].Right);
            _filter.Add(Spread(key));
            var at = Home(key);
            while (slots[at] != 0)
            {
                at = (at + 1) & (slots.Length - 1);
            }

            slots[at] = (key << IdBits) | (uint)id;
        }
    }

    /// <summary>What a pair merges to; -1 where it does not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(int left, int right)
    {
        var key = Key(left, right);
        return _filter.MayHold(Spread(key)) ? FindLikely(key) : -1;
    }

    private int FindLikely(ulong key)
    {
        var slots = _slots;
        for (var at = Home(key); ; at = (at + 1) & (slots.Length - 1))
        {
            var slot = slots[at];
            if (slot == 0)
            {
                return -1;
            }

            if (slot >> IdBits == key)
            {
                return (int)(slot & ((1u << IdBits) - 1));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Key(int left, int right) => ((ulong)(uint)left << IdBits) | (uint)right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Spread(ulong key) => unchecked(key * 0x9E3779B97F4A7C15);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Home(ulong key) => (int)(Spread(key) >> _shift);
}
