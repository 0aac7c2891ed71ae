namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>A vocabulary with one pattern: the loops over pieces are compiled for it.</summary>
internal sealed class PatternEncoder<TSplitter>(Vocabulary vocabulary) : TextEncoder(vocabulary)
    where TSplitter : ISplitter
{
    [ThreadStatic]
    private static PieceScratch? s_scratch;

    [ThreadStatic]
    private static TokenCounter? s_counter;

    /// <inheritdoc/>
    public override int Count(ReadOnlySpan<byte> text, bool final, int limit, out int taken)
    {
        var tokens = Vocabulary;
        PieceScratch? scratch = null;
        var count = 0;
        var at = 0;
        while (at < text.Length && count <= limit)
        {
            var end = TSplitter.End(text, at, out var open);
            if (open && !final)
            {
                break;
            }

            count += tokens.Find(text, at, end - at) >= 0 ? 1 : (scratch ??= ScratchOfThread()).Count(text, at, end - at);
            at = end;
        }

        taken = at;
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

    /// <inheritdoc/>
    public override TokenCounter CounterOfThread()
    {
        if (s_counter?.Encoder != this)
        {
            s_counter = new TokenCounter(this);
        }

        s_counter.Reset();
        return s_counter;
    }

    private PieceScratch ScratchOfThread() =>
        s_scratch?.Tokens == Vocabulary ? s_scratch : s_scratch = new PieceScratch(Vocabulary);
}
