using System.Buffers.Binary;
using System.Numerics;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>Tokens by their bytes. Open addressing; up to eight bytes are compared as one word, longer ones with the token's bytes.</summary>
internal sealed class WordTable
{
    private const int WordBytes = 8;
    private const int LengthShift = 24;
    private readonly Slot[] _slots;
    private readonly int _shift;

    /// <param name="count">How many tokens it will hold.</param>
    public WordTable(int count)
    {
        var size = BitOperations.RoundUpToPowerOf2((uint)(count + (count / 2)));
        _slots = new Slot[size];
        _shift = 64 - BitOperations.Log2(size);
    }

    /// <summary>Adds a token; its id is below 2^24 and its bytes at least one.</summary>
    public void Add(ReadOnlySpan<byte> bytes, int id)
    {
        var word = Word(bytes);
        var at = Home(word);
        while (_slots[at].Value != 0)
        {
            at = (at + 1) & (_slots.Length - 1);
        }

        _slots[at] = new Slot(word, (uint)id | ((uint)bytes.Length << LengthShift));
    }

    /// <summary>The id of a token; -1 where there is none.</summary>
    public int Find(ReadOnlySpan<byte> bytes, Vocabulary tokens)
    {
        var word = Word(bytes);
        for (var at = Home(word); ; at = (at + 1) & (_slots.Length - 1))
        {
            ref readonly var slot = ref _slots[at];
            if (slot.Value == 0)
            {
                return -1;
            }

            if (slot.Word == word && slot.Value >> LengthShift == (uint)bytes.Length)
            {
                var id = (int)(slot.Value & ((1u << LengthShift) - 1));
                if (bytes.Length <= WordBytes || tokens.Bytes(id).SequenceEqual(bytes))
                {
                    return id;
                }
            }
        }
    }

    /// <summary>Up to eight bytes as they are; longer ones as a hash over all of them.</summary>
    private static ulong Word(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= WordBytes)
        {
            var hash = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            if (bytes.Length == WordBytes)
            {
                return hash;
            }

            for (var at = WordBytes; at + WordBytes < bytes.Length; at += WordBytes)
            {
                hash = Mix(hash) ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
            }

            return Mix(hash) ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes[^WordBytes..]);
        }

        var word = 0UL;
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            word = (word << 8) | bytes[i];
        }

        return word;
    }

    private static ulong Mix(ulong word) => unchecked(BitOperations.RotateLeft(word * 0x9E3779B97F4A7C15, 29) * 0xD6E8FEB86659FD93);

    private int Home(ulong word) => unchecked((int)(((word ^ (word >> 32)) * 0x9E3779B97F4A7C15) >> _shift));

    private readonly record struct Slot(ulong Word, uint Value);
}
