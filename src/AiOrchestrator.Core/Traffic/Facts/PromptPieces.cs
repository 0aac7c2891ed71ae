namespace AiOrchestrator.Core.Traffic.Facts;

/// <summary>A text of a request, where it stands between its quotes.</summary>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="Length">Bytes; 1 or more.</param>
/// <param name="Turn">The user's turn it belongs to, from 1; 0 for what the system says.</param>
internal readonly record struct PromptPiece(int Start, int Length, int Turn);

/// <summary>Puts the texts of a request together.</summary>
internal static class PromptPieces
{
    /// <summary>The texts in order, in one buffer of the size they need; of too many characters the end.</summary>
    public static PromptText Decode(ReadOnlySpan<byte> body, ReadOnlySpan<PromptPiece> pieces, int turns)
    {
        if (pieces.IsEmpty)
        {
            return PromptText.Empty with { Turns = turns };
        }

        var (first, cutBytes, size) = Fit(pieces);
        var into = new char[size];
        var lastTurn = LastTurn(pieces);
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

            lastUserStart = lastUserStart < 0 && piece.Turn == lastTurn && lastTurn > 0 ? written : lastUserStart;
            written += JsonText.Decode(raw, into.AsSpan(written));
        }

        return new PromptText(into.AsMemory(0, written), lastUserStart < 0 ? written : lastUserStart, turns, first > 0 || cutBytes > 0);
    }

    /// <summary>From which piece on, and how many bytes of that one are left out, so that the rest fits: a byte is a character at most.</summary>
    private static (int First, int CutBytes, int Size) Fit(ReadOnlySpan<PromptPiece> pieces)
    {
        var left = PromptText.MaxChars;
        for (var at = pieces.Length - 1; at >= 0; at--)
        {
            var needed = pieces[at].Length + 1;
            if (needed > left)
            {
                // Less than a separator's room: the piece is left out as a whole.
                return left > 1
                    ? (at, pieces[at].Length - (left - 1), PromptText.MaxChars)
                    : (at + 1, 0, PromptText.MaxChars);
            }

            left -= needed;
        }

        return (0, 0, PromptText.MaxChars - left);
    }

    private static int LastTurn(ReadOnlySpan<PromptPiece> pieces)
    {
        var last = 0;
        foreach (var piece in pieces)
        {
            last = Math.Max(last, piece.Turn);
        }

        return last;
    }
}
