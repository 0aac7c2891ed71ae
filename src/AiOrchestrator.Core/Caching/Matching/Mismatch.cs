namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>Why the answer to one question is not given to another. Of several reasons the first in this order is told.</summary>
internal enum Mismatch
{
    /// <summary>It may be given.</summary>
    None,

    /// <summary>One of them is too long to be compared, or says nothing.</summary>
    Unreadable,

    /// <summary>They are in two languages.</summary>
    Language,

    /// <summary>They are about the words themselves (a translation, a spelling) and are not letter for letter the same.</summary>
    Wording,

    /// <summary>A number, an amount or an ordinal.</summary>
    Numbers,

    /// <summary>A unit, a currency, a period.</summary>
    Units,

    /// <summary>A day, a month, a time of the day or of the year.</summary>
    Dates,

    /// <summary>Somebody, some place, some product: what is written with a capital within a sentence, or with digits in it.</summary>
    Names,

    /// <summary>One says no where the other does not.</summary>
    Negation,

    /// <summary>Code, an identifier, an operator, an address: compared letter by letter.</summary>
    Code,

    /// <summary>What stands in quotation marks: compared letter by letter.</summary>
    Quotation,

    /// <summary>The name of a language.</summary>
    LanguageAsked,

    /// <summary>The form of the answer: a table, a list, one sentence.</summary>
    Format,

    /// <summary>From or to, by or for, with or without; and who does it to whom.</summary>
    Direction,

    /// <summary>One, each, all, only, except; the one that is known or any.</summary>
    Scope,

    /// <summary>More or less, first or last.</summary>
    Comparison,

    /// <summary>What was, is or will be; before or after.</summary>
    Tense,

    /// <summary>What is asked of it: how, why, when, whether one may.</summary>
    Asked,

    /// <summary>A word of another meaning, or one whose meaning is not known here.</summary>
    Content,

    /// <summary>The same words in an order that may mean something else.</summary>
    Order,
}
