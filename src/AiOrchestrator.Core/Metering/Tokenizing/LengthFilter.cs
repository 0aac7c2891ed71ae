using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// Which lengths tokens have that begin (or end) with the same three bytes, so that only those are looked up. Sets of three bytes may share a
/// slot: a length it names may have no token, a length it does not name has none.
/// </summary>
internal sealed class LengthFilter
{
    /// <summary>The bit that stands for this length and all above.</summary>
    public const int Many = 63;

    private const int KeyBytes = 3;

    // Half a megabyte for prefixes, which every piece asks; suffixes are asked for very long pieces only.
    private const int PrefixSlotBits = 16;
    private const int SuffixSlotBits = 13;
    private readonly ulong[] _lengths;
    private readonly int _shift;

    private LengthFilter(int slotBits) => (_lengths, _shift) = (new ulong[1 << slotBits], 32 - slotBits);

    /// <summary>The filters of all tokens, by their first and by their last bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (LengthFilter Prefixes, LengthFilter Suffixes) Of(TokenBytes tokens)
    {
        var (prefixes, suffixes) = (new LengthFilter(PrefixSlotBits), new LengthFilter(SuffixSlotBits));
        for (var id = Vocabulary.ByteTokens; id < tokens.Count; id++)
        {
            var bytes = tokens[id];
            if (bytes.Length >= KeyBytes)
            {
                var bit = 1UL << Math.Min(bytes.Length, Many);
                prefixes._lengths[prefixes.Slot(bytes)] |= bit;
                suffixes._lengths[suffixes.Slot(bytes[^KeyBytes..])] |= bit;
            }
        }

        return (prefixes, suffixes);
    }

    /// <summary>The lengths of tokens that may begin this text; one and two bytes are always among them.</summary>
    public ulong OfPrefix(ReadOnlySpan<byte> text) => text.Length < KeyBytes ? 0b110 : 0b110 | _lengths[Slot(text)];

    /// <summary>The lengths of tokens that may end this text; one and two bytes are always among them.</summary>
    public ulong OfSuffix(ReadOnlySpan<byte> text) => text.Length < KeyBytes ? 0b110 : 0b110 | _lengths[Slot(text[^KeyBytes..])];

    /// <summary>Those of the lengths below <see cref="Many"/> that are at most so many bytes.</summary>
    public static ulong UpTo(ulong lengths, int most) => lengths & ((1UL << Math.Min(most + 1, Many)) - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Slot(ReadOnlySpan<byte> bytes)
    {
        var key = (uint)(bytes[0] | (bytes[1] << 8) | (bytes[2] << 16));
        return unchecked((int)((key * 0x9E3779B1) >> _shift));
    }
}
