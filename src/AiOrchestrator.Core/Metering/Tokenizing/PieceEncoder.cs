using System.Buffers;
using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// Encodes one piece in linear time: takes the longest token that can stand beside the one before, and steps back where none can. A place that no
/// token leads on from is remembered, so that no place is tried twice.
/// </summary>
internal static class PieceEncoder
{
    /// <summary>Pieces up to so many bytes are counted in pooled arrays, four bytes for each of theirs.</summary>
    public const int PooledBytes = 1 << 20;

    private const int WordBits = 64;

    // Nearly every piece: what it needs on the stack is cleared at each call.
    private const int ShortBytes = WordBits - 1;
    private const int StackBytes = 1024;

    /// <summary>The number of tokens of a piece that is no token and has at most <see cref="PooledBytes"/>; larger ones are not for it.</summary>
    public static int Count(ReadOnlySpan<byte> piece, Vocabulary tokens) =>
        piece.Length <= ShortBytes ? CountShort(piece, tokens)
        : piece.Length <= StackBytes ? CountMiddling(piece, tokens)
        : CountPooled(piece, tokens, null);

    /// <summary>Appends the tokens of a piece.</summary>
    public static void Encode(ReadOnlySpan<byte> piece, Vocabulary tokens, ICollection<int> output)
    {
        var whole = tokens.Find(piece, 0, piece.Length);
        if (whole >= 0)
        {
            output.Add(whole);
        }
        else
        {
            _ = CountPooled(piece, tokens, output);
        }
    }

    private static int CountPooled(ReadOnlySpan<byte> piece, Vocabulary tokens, ICollection<int>? output)
    {
        var ids = ArrayPool<int>.Shared.Rent(piece.Length);
        var dead = ArrayPool<ulong>.Shared.Rent((piece.Length / WordBits) + 1);
        dead.AsSpan(0, (piece.Length / WordBits) + 1).Clear();
        var count = Merge(piece, tokens, ids, dead);
        for (var i = 0; output is not null && i < count; i++)
        {
            output.Add(ids[i]);
        }

        ArrayPool<int>.Shared.Return(ids);
        ArrayPool<ulong>.Shared.Return(dead);
        return count;
    }

    private static int CountShort(ReadOnlySpan<byte> piece, Vocabulary tokens)
    {
        Span<int> output = stackalloc int[WordBits];
        var dead = 0UL;
        return Merge(piece, tokens, output, new Span<ulong>(ref dead));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int CountMiddling(ReadOnlySpan<byte> piece, Vocabulary tokens)
    {
        Span<int> output = stackalloc int[StackBytes];
        Span<ulong> dead = stackalloc ulong[(StackBytes / WordBits) + 1];
        return Merge(piece, tokens, output, dead);
    }

    /// <summary>Writes the tokens of a piece, returns their number.</summary>
    /// <param name="piece">At least one byte.</param>
    /// <param name="tokens">Their vocabulary.</param>
    /// <param name="output">As many places as the piece has bytes.</param>
    /// <param name="dead">A bit for each place in the piece and its end, all zero.</param>
    private static int Merge(ReadOnlySpan<byte> piece, Vocabulary tokens, Span<int> output, Span<ulong> dead)
    {
        var count = 0;
        var at = 0;
        var most = Vocabulary.MaxTokenBytes;
        var last = default(Step);
        while (at < piece.Length)
        {
            // Text that repeats itself is encoded as it was before, without trying again what could not stand there then.
            var again = most == Vocabulary.MaxTokenBytes && count > 0 && last.IsAgain(piece, at, output[count - 1]);
            var id = last.Id;
            var length = again ? last.Length : tokens.Longest(piece, at, most, out id);
            if (length == 0)
            {
                dead[at / WordBits] |= 1UL << (at % WordBits);
                count--;
                most = tokens.Length(output[count]);
                at -= most;
                most--;
                last = default(Step) with { IsSpoilt = true };
                continue;
            }

            var end = at + length;
            var isDead = (dead[end / WordBits] & (1UL << (end % WordBits))) != 0;
            if (!isDead && (again || count == 0 || tokens.CanAdjoin(output[count - 1], id)))
            {
                last = count == 0 || last.IsSpoilt ? default : new Step(at, output[count - 1], id, length, IsSpoilt: false);
                output[count++] = id;
                at = end;
                most = Vocabulary.MaxTokenBytes;
            }
            else
            {
                // What a dead end kept away may stand at another place.
                last = last with { IsSpoilt = last.IsSpoilt || isDead };
                most = length - 1;
            }
        }

        return count;
    }

    /// <summary>What was taken last, and beside what.</summary>
    private readonly record struct Step(int At, int Left, int Id, int Length, bool IsSpoilt)
    {
        /// <summary>Whether a place looks as the last one did, as far as any token reaches.</summary>
        public bool IsAgain(ReadOnlySpan<byte> piece, int at, int left) =>
            Length > 0 && left == Left && !IsSpoilt && piece.Length - at >= Vocabulary.MaxTokenBytes
            && piece.Slice(at, Vocabulary.MaxTokenBytes).SequenceEqual(piece.Slice(At, Vocabulary.MaxTokenBytes));
    }
}
