using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>The bytes of all tokens, one after the other by their ids.</summary>
internal sealed class TokenBytes
{
    private readonly int[] _offsets;
    private readonly byte[] _bytes;

    /// <summary>Spells the tokens out: each is what its halves are, and those have lower ids.</summary>
    /// <param name="halves">Of each token.</param>
    /// <param name="singles">The byte of each token that is a single one; they come first.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public TokenBytes(ReadOnlySpan<TokenHalves> halves, ReadOnlySpan<byte> singles)
    {
        var offsets = new int[halves.Length + 1];
        for (var id = 0; id < halves.Length; id++)
        {
            var (left, right) = halves[id];
            offsets[id + 1] = offsets[id] + (id < singles.Length ? 1 : offsets[left + 1] - offsets[left] + offsets[right + 1] - offsets[right]);
        }

        // A word may be written at the end of the last token.
        var bytes = new byte[offsets[^1] + Words.Bytes];
        singles.CopyTo(bytes);
        for (var id = singles.Length; id < halves.Length; id++)
        {
            var (left, right) = halves[id];
            var at = offsets[id];
            var length = offsets[id + 1] - at;
            var leftLength = offsets[left + 1] - offsets[left];
            if (length <= Words.Bytes)
            {
                // What is written beyond the token is written over by the next.
                var word = Words.Load(bytes, offsets[left], leftLength) | (Words.Load(bytes, offsets[right], length - leftLength) << (8 * leftLength));
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), word);
            }
            else
            {
                bytes.AsSpan(offsets[left], leftLength).CopyTo(bytes.AsSpan(at));
                bytes.AsSpan(offsets[right], length - leftLength).CopyTo(bytes.AsSpan(at + leftLength));
            }
        }

        (_offsets, _bytes) = (offsets, bytes);
    }

    /// <summary>How many tokens there are.</summary>
    public int Count => _offsets.Length - 1;

    /// <summary>The bytes of all tokens and at least a word more.</summary>
    public ReadOnlySpan<byte> All => _bytes;

    /// <summary>The bytes of a token.</summary>
    public ReadOnlySpan<byte> this[int id]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _bytes.AsSpan(_offsets[id], Length(id));
    }

    /// <summary>Where they begin in <see cref="All"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Start(int id) => _offsets[id];

    /// <summary>How many they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Length(int id) => _offsets[id + 1] - _offsets[id];
}
