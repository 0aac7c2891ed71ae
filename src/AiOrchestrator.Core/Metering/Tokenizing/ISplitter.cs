namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>The pattern by which an encoding cuts a text into pieces, within which alone bytes are merged.</summary>
internal interface ISplitter
{
    /// <summary>Where the piece ends that begins at <paramref name="start"/>.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="start">Where a piece begins, within the text.</param>
    /// <param name="open">Whether the text ended before the end was certain: were there more of it, the piece might end elsewhere.</param>
    static abstract int End(ReadOnlySpan<byte> text, int start, out bool open);

    /// <summary>What kind of piece begins here, one that is longer than a kilobyte and not yet at its end.</summary>
    /// <param name="text">The beginning of the piece.</param>
    /// <param name="prefix">The bytes at its beginning that belong to it whatever they are.</param>
    static abstract LongPieceKind KindOf(ReadOnlySpan<byte> text, out int prefix);
}
