namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>The pieces of a text that have no bound, by what they are made of.</summary>
internal enum LongPieceKind
{
    /// <summary>cl100k: letters.</summary>
    Letters,

    /// <summary>o200k: capitals and what goes with both cases; a small letter may follow.</summary>
    Cased,

    /// <summary>o200k: small letters and what goes with both cases, after a small letter.</summary>
    SmallLetters,

    /// <summary>What is neither white space nor letter nor number; line ends may follow.</summary>
    Others,

    /// <summary>Line ends after that.</summary>
    OthersEnd,

    /// <summary>o200k: what is neither white space nor letter nor number; line ends and slashes may follow.</summary>
    OthersAndSlashes,

    /// <summary>o200k: line ends and slashes after that.</summary>
    OthersAndSlashesEnd,

    /// <summary>White space.</summary>
    Blanks,
}
