using AiOrchestrator.Core.Traffic.Classifying;

namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>What a question says, in the one way in which questions are compared. Made once of each; immutable.</summary>
internal sealed class QuestionFacts
{
    /// <summary>Longest question that is compared with others; characters. A longer one is served to nobody but who asks the very same.</summary>
    public const int MaxChars = 4096;

    private QuestionFacts(string language, bool isWording, Term[] terms, Term[] loose) => (Language, IsWording, Terms, Loose) = (language, isWording, terms, loose);

    /// <summary>ISO 639-1, or <see cref="LanguageGuess.Unknown"/>.</summary>
    public string Language { get; }

    /// <summary>Whether it is about words that stand in it, as a translation is: then it is one term, as it stands.</summary>
    public bool IsWording { get; }

    /// <summary>What it says, in its order. Empty where it is too long or says nothing: then nothing is the same as it.</summary>
    public ReadOnlyMemory<Term> Terms { get; }

    /// <summary>What it says wherever it stands in it.</summary>
    public ReadOnlyMemory<Term> Loose { get; }

    /// <summary>Reads a question.</summary>
    /// <param name="text">What a user said last.</param>
    public static QuestionFacts Read(string text)
    {
        if (text.Length > MaxChars)
        {
            return new(LanguageGuess.Unknown, isWording: false, [], []);
        }

        var language = LanguageGuess.Of(text);
        var pieces = QuestionSplitter.Split(text);
        if (WordingQuestions.Is(pieces))
        {
            return new(language, isWording: true, [WordingQuestions.Whole(text)], []);
        }

        // What is too short to tell is mostly English here; it is harmless where it is not, as both questions are read so.
        var isEnglish = language == "en" || (language == LanguageGuess.Unknown && System.Text.Ascii.IsValid(text));
        var terms = new TermReader(pieces, Lexicon.Of(isEnglish ? "en" : language), isEnglish).Read();
        if (isEnglish)
        {
            EnglishForms.Straighten(terms);
        }

        var loose = isEnglish ? EnglishForms.TakeLoose(terms) : [];
        return new(language, isWording: false, [.. terms], [.. loose]);
    }
}
