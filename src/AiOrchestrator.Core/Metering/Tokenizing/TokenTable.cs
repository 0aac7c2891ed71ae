using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// Tokens by their bytes. Open addressing with linear probing, three tables: most tokens are compared as one word or two that lie in the slot
/// itself, so that looking up a word of a text touches one line of the cache. The tokens are known, so no text can make a search longer.
/// </summary>
internal sealed class TokenTable
{
    private const int LengthShift = 24;
    private const uint IdMask = (1u << LengthShift) - 1;
    private readonly One[] _ones;
    private readonly Two[] _twos;
    private readonly int[] _manies;
    private readonly int _onesShift;
    private readonly int _twosShift;
    private readonly int _maniesShift;
    private readonly TokenBytes _bytes;
    private readonly BitFilter _filter = new();

    /// <param name="bytes">The bytes of all tokens; ids are below 2^24.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public TokenTable(TokenBytes bytes)
    {
        _bytes = bytes;
        var (ones, twos) = (0, 0);
        for (var id = 0; id < bytes.Count; id++)
        {
            var length = bytes.Length(id);
            ones += length <= Words.Bytes ? 1 : 0;
            twos += length is > Words.Bytes and <= 2 * Words.Bytes ? 1 : 0;
        }

        _ones = new One[Size(ones)];
        _twos = new Two[Size(twos)];
        _manies = new int[Size(bytes.Count - ones - twos)];
        _onesShift = Shift(_ones.Length);
        _twosShift = Shift(_twos.Length);
        _maniesShift = Shift(_manies.Length);
        for (var id = 0; id < bytes.Count; id++)
        {
            Add(id, bytes.All, bytes.Start(id), bytes.Length(id));
        }
    }

    /// <summary>The token with these bytes of a text; -1 where there is none.</summary>
    /// <param name="text">What they are part of.</param>
    /// <param name="start">Where they begin.</param>
    /// <param name="length">How many, at least one.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ReadOnlySpan<byte> text, int start, int length) =>
        length <= Words.Bytes ? FindOne(Words.Load(text, start, length), (uint)length) : FindLonger(text, start, length);

    /// <summary>The same, where most often there is none.</summary>
    /// <param name="text">What they are part of.</param>
    /// <param name="start">Where they begin.</param>
    /// <param name="length">How many, at least one.</param>
    public int FindRare(ReadOnlySpan<byte> text, int start, int length)
    {
        if (length <= Words.Bytes)
        {
            var word = Words.Load(text, start, length);
            return _filter.MayHold(Words.Spread(word)) ? FindOne(word, (uint)length) : -1;
        }

        if (length > 2 * Words.Bytes)
        {
            return FindLonger(text, start, length);
        }

        var (low, high) = TwoWords(text, start, length);
        return _filter.MayHold(Words.Spread(Join(low, high))) ? FindLonger(text, start, length) : -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add(int id, ReadOnlySpan<byte> all, int start, int length)
    {
        var value = (uint)id | ((uint)length << LengthShift);
        if (length <= Words.Bytes)
        {
            var word = Words.Load(all, start, length);
            _filter.Add(Words.Spread(word));
            var slots = _ones;
            var at = Home(word, _onesShift);
            while (slots[at].Value != 0)
            {
                at = (at + 1) & (slots.Length - 1);
            }

            slots[at] = new One(word, value);
        }
        else if (length <= 2 * Words.Bytes)
        {
            var (low, high) = TwoWords(all, start, length);
            var key = Join(low, high);
            _filter.Add(Words.Spread(key));
            var slots = _twos;
            var at = Home(key, _twosShift);
            while (slots[at].Value != 0)
            {
                at = (at + 1) & (slots.Length - 1);
            }

            slots[at] = new Two(low, high, value);
        }
        else
        {
            var at = Home(Ends(all.Slice(start, length)), _maniesShift);
            while (_manies[at] != 0)
            {
                at = (at + 1) & (_manies.Length - 1);
            }

            _manies[at] = id + 1;
        }
    }

    private int FindOne(ulong word, uint length)
    {
        var slots = _ones;
        for (var at = Home(word, _onesShift); ; at = (at + 1) & (slots.Length - 1))
        {
            ref readonly var slot = ref slots[at];
            if (slot.Word == word && slot.Value >> LengthShift == length)
            {
                return (int)(slot.Value & IdMask);
            }

            if (slot.Value == 0)
            {
                return -1;
            }
        }
    }

    private int FindLonger(ReadOnlySpan<byte> text, int start, int length)
    {
        if (length > 2 * Words.Bytes)
        {
            return length <= Vocabulary.MaxTokenBytes ? FindMany(text.Slice(start, length)) : -1;
        }

        var (low, high) = TwoWords(text, start, length);
        var slots = _twos;
        for (var at = Home(Join(low, high), _twosShift); ; at = (at + 1) & (slots.Length - 1))
        {
            ref readonly var slot = ref slots[at];
            if (slot.Low == low && slot.High == high && slot.Value >> LengthShift == (uint)length)
            {
                return (int)(slot.Value & IdMask);
            }

            if (slot.Value == 0)
            {
                return -1;
            }
        }
    }

    private int FindMany(ReadOnlySpan<byte> bytes)
    {
        for (var at = Home(Ends(bytes), _maniesShift); _manies[at] != 0; at = (at + 1) & (_manies.Length - 1))
        {
            if (_bytes[_manies[at] - 1].SequenceEqual(bytes))
            {
                return _manies[at] - 1;
            }
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (ulong Low, ulong High) TwoWords(ReadOnlySpan<byte> text, int start, int length) =>
        (BinaryPrimitives.ReadUInt64LittleEndian(text[start..]), Words.Load(text, start + Words.Bytes, length - Words.Bytes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Join(ulong low, ulong high) => Words.Spread(low) ^ high;

    /// <summary>What tells long tokens apart well enough: their first and last bytes and their length.</summary>
    private static ulong Ends(ReadOnlySpan<byte> bytes) =>
        Join(BinaryPrimitives.ReadUInt64LittleEndian(bytes), Words.Spread(BinaryPrimitives.ReadUInt64LittleEndian(bytes[^Words.Bytes..])) ^ (uint)bytes.Length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Home(ulong word, int shift) => (int)(Words.Spread(word) >> shift);

    // At most seven slots in ten are taken.
    private static int Size(int count) => (int)BitOperations.RoundUpToPowerOf2((uint)(count + (count * 3 / 7) + 1));

    private static int Shift(int size) => 64 - BitOperations.Log2((uint)size);

    private readonly record struct One(ulong Word, uint Value);

    private readonly record struct Two(ulong Low, ulong High, uint Value);
}
