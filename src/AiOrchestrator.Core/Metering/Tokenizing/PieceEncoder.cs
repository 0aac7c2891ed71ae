using System.Buffers;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// Encodes one piece in linear time: takes the longest token that can stand beside the one before, and steps back where none can. A place that no
/// token leads on from is remembered, so that no place is tried twice.
/// </summary>
internal static class PieceEncoder
{
    /// <summary>Pieces up to so many bytes are encoded on the stack.</summary>
    public const int StackBytes = 1024;

    private const int WordBits = 64;

    /// <summary>The number of tokens of a piece.</summary>
    public static int Count(ReadOnlySpan<byte> piece, Vocabulary tokens)
    {
        if (piece.Length == 1 || tokens.Find(piece) >= 0)
        {
            return 1;
        }

        if (piece.Length > StackBytes)
        {
            return PrefixCounter.OfThread(tokens).Count(piece);
        }

        Span<int> output = stackalloc int[StackBytes];
        Span<ulong> dead = stackalloc ulong[(StackBytes / WordBits) + 1];
        return Merge(piece, tokens, output[..piece.Length], dead[..((piece.Length / WordBits) + 1)]);
    }

    /// <summary>Appends the tokens of a piece.</summary>
    public static void Encode(ReadOnlySpan<byte> piece, Vocabulary tokens, ICollection<int> output)
    {
        var whole = tokens.Find(piece);
        if (whole >= 0)
        {
            output.Add(whole);
            return;
        }

        var ids = ArrayPool<int>.Shared.Rent(piece.Length);
        var dead = ArrayPool<ulong>.Shared.Rent((piece.Length / WordBits) + 1);
        var count = Merge(piece, tokens, ids, dead.AsSpan(0, (piece.Length / WordBits) + 1));
        for (var i = 0; i < count; i++)
        {
            output.Add(ids[i]);
        }

        ArrayPool<int>.Shared.Return(ids);
        ArrayPool<ulong>.Shared.Return(dead);
    }

    /// <summary>Writes the tokens of a piece, returns their number.</summary>
    /// <param name="piece">At least one byte.</param>
    /// <param name="tokens">Their vocabulary.</param>
    /// <param name="output">As many places as the piece has bytes.</param>
    /// <param name="dead">A bit for each place in the piece and its end.</param>
    private static int Merge(ReadOnlySpan<byte> piece, Vocabulary tokens, Span<int> output, Span<ulong> dead)
    {
        dead.Clear();
        var count = 0;
        var at = 0;
        var most = Vocabulary.MaxTokenBytes;
        while (at < piece.Length)
        {
            var length = tokens.LongestPrefix(piece[at..], most, out var id);
            if (length == 0)
            {
                dead[at / WordBits] |= 1UL << (at % WordBits);
                count--;
                most = tokens.Length(output[count]);
                at -= most;
                most--;
                continue;
            }

            var end = at + length;
            if ((dead[end / WordBits] & (1UL << (end % WordBits))) == 0 && (count == 0 || tokens.CanAdjoin(output[count - 1], id)))
            {
                output[count++] = id;
                at = end;
                most = Vocabulary.MaxTokenBytes;
            }
            else
            {
                most = length - 1;
            }
        }

        return count;
    }
}
