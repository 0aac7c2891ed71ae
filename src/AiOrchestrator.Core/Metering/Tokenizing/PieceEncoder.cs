using System.Buffers;
using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// Encodes one piece in linear time: takes the longest token that can stand beside the one before, and steps back where none can. A place that no
/// token leads on from is remembered, so that no place is tried twice. Where that takes many steps back, it gives up: <see cref="PrefixCounter"/> needs none.
/// </summary>
internal static class PieceEncoder
{
    /// <summary>Pieces up to so many bytes are counted in pooled arrays, four bytes for each of theirs.</summary>
    public const int PooledBytes = 1 << 20;

    /// <summary>Instead of a number of tokens.</summary>
    public const int GaveUp = -1;

    // Steps that lead nowhere before it gives up: so many, and one for so many bytes. Words of any language need fewer.
    private const int Vain = 32;
    private const int BytesOfVain = 8;
    private const int WordBits = 64;

    // Nearly every piece: what it needs on the stack is cleared at each call.
    private const int ShortBytes = WordBits - 1;
    private const int StackBytes = 1024;

    /// <summary>The number of tokens of a piece that is no token and has at most <see cref="PooledBytes"/>; larger ones are not for it. Or <see cref="GaveUp"/>.</summary>
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
        else if (CountPooled(piece, tokens, output) == GaveUp)
        {
            EncodePrefixes(piece, tokens, output);
        }
    }

    /// <summary>Notes the last token of every prefix, and goes back by them from the end.</summary>
    private static void EncodePrefixes(ReadOnlySpan<byte> piece, Vocabulary tokens, ICollection<int> output)
    {
        var lengths = ArrayPool<byte>.Shared.Rent(piece.Length);
        var ids = ArrayPool<int>.Shared.Rent(piece.Length);
        var counter = new PrefixCounter(tokens);
        for (var i = 0; i < piece.Length; i++)
        {
            counter.Append(piece.Slice(i, 1));
            lengths[i] = (byte)counter.LastLength;
        }

        var first = ids.Length;
        for (var end = piece.Length; end > 0; end -= lengths[end - 1])
        {
            ids[--first] = tokens.Find(piece, end - lengths[end - 1], lengths[end - 1]);
        }

        foreach (var id in ids.AsSpan(first))
        {
            output.Add(id);
        }

        ArrayPool<byte>.Shared.Return(lengths);
        ArrayPool<int>.Shared.Return(ids);
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

    /// <summary>Writes the tokens of a piece, returns their number or <see cref="GaveUp"/>.</summary>
    /// <param name="piece">At least one byte.</param>
    /// <param name="tokens">Their vocabulary.</param>
    /// <param name="output">As many places as the piece has bytes.</param>
    /// <param name="dead">A bit for each place in the piece and its end, all zero.</param>
    private static int Merge(ReadOnlySpan<byte> piece, Vocabulary tokens, Span<int> output, Span<ulong> dead)
    {
        var count = 0;
        var at = 0;
        var vain = Vain + (piece.Length / BytesOfVain);
        var most = Vocabulary.MaxTokenBytes;
        var last = default(Step);
        while (at < piece.Length)
        {
            if (vain < 0)
            {
                return GaveUp;
            }

            // Text that repeats itself is encoded as it was before, without trying again what could not stand there then.
            var again = most == Vocabulary.MaxTokenBytes && count > 0 && last.IsAgain(piece, at, output[count - 1]);
            var id = last.Id;
            var length = again ? last.Length : tokens.Longest(piece, at, most, out id);
            if (length == 0)
            {
                vain--;
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
                vain--;
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
