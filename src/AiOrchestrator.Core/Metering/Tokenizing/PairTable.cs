using System.Numerics;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>Tokens by the two tokens whose merge makes them. Open addressing, one word a token: left, right and result, 18 bits each.</summary>
internal sealed class PairTable
{
    private const int IdBits = 18;
    private readonly ulong[] _slots;
    private readonly int _shift;

    /// <param name="count">How many tokens it will hold.</param>
    public PairTable(int count)
    {
        var size = BitOperations.RoundUpToPowerOf2((uint)(count + (count / 2)));
        _slots = new ulong[size];
        _shift = 64 - BitOperations.Log2(size);
    }

    /// <summary>Adds a merge; the result is not 0, and all three are below 2^18.</summary>
    public void Add(int left, int right, int id)
    {
        var key = Key(left, right);
        var at = Home(key);
        while (_slots[at] != 0)
        {
            at = (at + 1) & (_slots.Length - 1);
        }

        _slots[at] = (key << IdBits) | (uint)id;
    }

    /// <summary>What a pair merges to; -1 where it does not.</summary>
    public int Find(int left, int right)
    {
        var key = Key(left, right);
        for (var at = Home(key); ; at = (at + 1) & (_slots.Length - 1))
        {
            var slot = _slots[at];
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

    private static ulong Key(int left, int right) => ((ulong)(uint)left << IdBits) | (uint)right;

    private int Home(ulong key) => unchecked((int)((key * 0x9E3779B97F4A7C15) >> _shift));
}
