using System.Buffers;

namespace AiOrchestrator.Core.Traffic.Facts;

/// <summary>A text of a request, where it stands between its quotes.</summary>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="Length">Bytes; 1 or more.</param>
/// <param name="Turn">The user's turn it belongs to, from 1; 0 for what the system says.</param>
internal readonly record struct PromptPiece(int Start, int Length, int Turn);

/// <summary>Puts the texts of a request together.</summary>
internal static class PromptPieces
{
    /// <summary>No character takes more bytes than one that is written by its number.</summary>
    private const int MaxBytes = 6 * PromptText.MaxChars;

    /// <summary>The texts in order, in one buffer of the size they need; of too many characters the end.</summary>
    public static PromptText Decode(ReadOnlySpan<byte> body, ReadOnlySpan<PromptPiece> pieces, int turns)
    {
        if (pieces.IsEmpty)
        {
            return PromptText.Empty with { Turns = turns };
        }

        var (first, cutBytes, size) = Fit(pieces);
        if (size <= PromptText.MaxChars)
        {
            // A byte is a character at most: nothing of it is too much.
            var all = new char[size];
            var (length, start, _) = Write(body, pieces, first, cutBytes, all);
            return new PromptText(all.AsMemory(0, length), start, turns, IsCut: false);
        }

        var wide = ArrayPool<char>.Shared.Rent(size);
        try
        {
            var (written, lastUserStart, isLastUserCut) = Write(body, pieces, first, cutBytes, wide);
            var from = Math.Max(0, written - PromptText.MaxChars);
            from += from > 0 && char.IsLowSurrogate(wide[from]) ? 1 : 0;
            return new PromptText(wide.AsSpan(from, written - from).ToArray(), Math.Max(0, lastUserStart - from), turns, from > 0 || first > 0 || cutBytes > 0)
            {
                IsLastUserCut = isLastUserCut || lastUserStart < from,
            };
        }
        finally
        {
            ArrayPool<char>.Shared.Return(wide);
        }
    }

    /// <summary>Writes the pieces from one on, of which so many bytes are left out; tells how many characters they are, where the user's last turn begins, and whether it began before.</summary>
    private static (int Written, int LastUserStart, bool IsLastUserCut) Write(ReadOnlySpan<byte> body, ReadOnlySpan<PromptPiece> pieces, int first, int cutBytes, Span<char> into)
    {
        var firstOfLast = FirstOfLastTurn(pieces);
        var (written, lastUserStart) = (0, -1);
        for (var at = first; at < pieces.Length; at++)
        {
            var piece = pieces[at];
            var raw = body.Slice(piece.Start, piece.Length);
            if (at == first && cutBytes > 0)
            {
                raw = raw[JsonText.SafeCut(raw, cutBytes)..];
            }

            if (written > 0)
            {
                into[written++] = '\n';
            }

            lastUserStart = lastUserStart < 0 && at >= firstOfLast ? written : lastUserStart;
            written += JsonText.Decode(raw, into[written..]);
        }

        return (written, lastUserStart < 0 ? written : lastUserStart, firstOfLast < first || (firstOfLast == first && cutBytes > 0));
    }

    /// <summary>From which piece on, and how many bytes of that one are left out, so that what may be needed of the rest fits: a byte is a character at most.</summary>
    private static (int First, int CutBytes, int Size) Fit(ReadOnlySpan<PromptPiece> pieces)
    {
        var left = MaxBytes;
        for (var at = pieces.Length - 1; at >= 0; at--)
        {
            var needed = pieces[at].Length + (at == pieces.Length - 1 ? 0 : 1);
            if (needed > left)
            {
                // Less than a separator's room: the piece is left out as a whole.
                return left > 1
                    ? (at, pieces[at].Length - (left - 1), MaxBytes)
                    : (at + 1, 0, MaxBytes);
            }

            left -= needed;
        }

        return (0, 0, MaxBytes - left);
    }

    /// <summary>Where the user's last turn begins; beyond the end where the user says nothing.</summary>
    private static int FirstOfLastTurn(ReadOnlySpan<PromptPiece> pieces)
    {
        var (first, last) = (pieces.Length, 0);
        for (var at = 0; at < pieces.Length; at++)
        {
            if (pieces[at].Turn > last)
            {
                (first, last) = (at, pieces[at].Turn);
            }
        }

        return first;
    }
}
