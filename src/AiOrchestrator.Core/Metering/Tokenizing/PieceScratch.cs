using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// What one thread needs to count the tokens of pieces: the counts of short pieces that are no token, each until another takes its place, for a
/// text repeats its words; and a counter for those too long to be held or that do not merge well. Fixed in size, some 550 kilobytes.
/// </summary>
internal sealed class PieceScratch(Vocabulary tokens)
{
    private const int SlotBits = 13;
    private const int RememberedBytes = 4 * Words.Bytes;
    private readonly Remembered[] _slots = new Remembered[1 << SlotBits];
    private readonly PrefixCounter _counter = new(tokens);

    /// <summary>The vocabulary it counts by.</summary>
    public Vocabulary Tokens => tokens;

    /// <summary>The number of tokens of a piece that is no token.</summary>
    /// <param name="text">What it is part of.</param>
    /// <param name="start">Where it begins.</param>
    /// <param name="length">Its bytes, two or more.</param>
    public int Count(ReadOnlySpan<byte> text, int start, int length) =>
        length <= RememberedBytes ? CountShort(text, start, length)
        : CountOnce(text.Slice(start, length));

    private int CountOnce(ReadOnlySpan<byte> piece)
    {
        var count = piece.Length <= PieceEncoder.PooledBytes ? PieceEncoder.Count(piece, tokens) : PieceEncoder.GaveUp;
        return count == PieceEncoder.GaveUp ? _counter.Count(piece) : count;
    }

    private int CountShort(ReadOnlySpan<byte> text, int start, int length)
    {
        var words = Vector256.Create(
            Word(text, start, length, 0), Word(text, start, length, Words.Bytes), Word(text, start, length, 2 * Words.Bytes), Word(text, start, length, 3 * Words.Bytes));
        var spread = Words.Spread(Words.Spread(Words.Spread(Words.Spread(words[0]) ^ words[1]) ^ words[2]) ^ words[3]);
        ref var slot = ref _slots[(int)(spread >> (64 - SlotBits))];
        if (slot.Length != length || slot.Words != words)
        {
            slot = new Remembered(words, length, CountOnce(text.Slice(start, length)));
        }

        return slot.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ReadOnlySpan<byte> text, int start, int length, int at) =>
        length <= at ? 0 : Words.Load(text, start + at, Math.Min(length - at, Words.Bytes));

    private readonly record struct Remembered(Vector256<ulong> Words, int Length, int Count);
}
