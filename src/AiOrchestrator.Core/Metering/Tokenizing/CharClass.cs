namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>What a pattern of a tokenizer sees of a code point. The order is that of <c>eng/vocabulary/classes.mjs</c>.</summary>
internal enum CharClass : byte
{
    /// <summary>Punctuation, symbols, controls, unassigned: neither white space nor letter nor number nor mark.</summary>
    Other,

    /// <summary>Lu and Lt.</summary>
    Upper,

    /// <summary>Ll.</summary>
    Lower,

    /// <summary>Lm and Lo, which go with capitals and with small letters.</summary>
    Letter,

    /// <summary>Mn, Mc and Me: letters to o200k's pattern, nothing special to cl100k's.</summary>
    Mark,

    /// <summary>Nd, Nl and No.</summary>
    Number,

    /// <summary>White_Space but for the two of <see cref="Newline"/>.</summary>
    White,

    /// <summary>U+000A and U+000D.</summary>
    Newline,
}
