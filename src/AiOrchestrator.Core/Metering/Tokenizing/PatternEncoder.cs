namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>A vocabulary with one pattern: the loops over pieces are compiled for it.</summary>
internal sealed class PatternEncoder<TSplitter>(Vocabulary vocabulary) : TextEncoder(vocabulary)
    where TSplitter : ISplitter
{
    /// <inheritdoc/>
    public override int Count(ReadOnlySpan<byte> text, bool final, int limit, out int taken)
    {
        var count = 0;
        taken = 0;
        while (taken < text.Length && count <= limit)
        {
            var end = TSplitter.End(text, taken, out var open);
            if (open && !final)
            {
                break;
            }

            count += PieceEncoder.Count(text[taken..end], Vocabulary);
            taken = end;
        }

        return count;
    }

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<byte> text, ICollection<int> ids)
    {
        for (var at = 0; at < text.Length;)
        {
            var end = TSplitter.End(text, at, out _);
            PieceEncoder.Encode(text[at..end], Vocabulary, ids);
            at = end;
        }
    }

    /// <inheritdoc/>
    public override int Open(LongPiece piece, ReadOnlySpan<byte> text)
    {
        var kind = TSplitter.KindOf(text, out var prefix);
        piece.Open(kind, text[..prefix]);
        return prefix;
    }
}
