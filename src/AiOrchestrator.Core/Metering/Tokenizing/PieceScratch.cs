namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// What one thread needs to count the tokens of pieces: the counts of short pieces that are no token, each until another takes its place, for a
/// text repeats its words; and a counter for long ones. Fixed in size, some 60 kilobytes.
/// </summary>
internal sealed class PieceScratch(Vocabulary tokens)
{
    private const int SlotBits = 11;
    private const int RememberedBytes = 2 * Words.Bytes;
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
        : length <= PieceEncoder.StackBytes ? PieceEncoder.Count(text.Slice(start, length), tokens)
        : _counter.Count(text.Slice(start, length));

    private int CountShort(ReadOnlySpan<byte> text, int start, int length)
    {
        var low = Words.Load(text, start, Math.Min(length, Words.Bytes));
        var high = length <= Words.Bytes ? 0 : Words.Load(text, start + Words.Bytes, length - Words.Bytes);
        ref var slot = ref _slots[(int)(Words.Spread(Words.Spread(low) ^ high) >> (64 - SlotBits))];
        if (slot.Low != low || slot.High != high || slot.Length != length)
        {
            slot = new Remembered(low, high, length, PieceEncoder.Count(text.Slice(start, length), tokens));
        }

        return slot.Count;
    }

    private readonly record struct Remembered(ulong Low, ulong High, int Length, int Count);
}
