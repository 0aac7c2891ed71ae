namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>A vocabulary and the pattern that goes with it.</summary>
internal abstract class TextEncoder(Vocabulary vocabulary)
{
    public Vocabulary Vocabulary { get; } = vocabulary;

    /// <summary>A counter at its beginning, for this thread to use at once and keep no longer.</summary>
    public abstract TokenCounter CounterOfThread();

    /// <summary>Counts the tokens of a text's pieces.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="final">Whether the text ends here; else the last piece, whose end is not certain, is left.</param>
    /// <param name="limit">Counting ends when there are more tokens than this.</param>
    /// <param name="taken">The bytes that were counted.</param>
    public abstract int Count(ReadOnlySpan<byte> text, bool final, int limit, out int taken);

    /// <summary>Appends the tokens of a text.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="ids">Their ids are appended to it.</param>
    public abstract void Encode(ReadOnlySpan<byte> text, ICollection<int> ids);

    /// <summary>Begins a long piece.</summary>
    /// <param name="piece">What will hold it.</param>
    /// <param name="text">Its first bytes.</param>
    /// <returns>How many of them it holds.</returns>
    public abstract int Open(LongPiece piece, ReadOnlySpan<byte> text);
}
