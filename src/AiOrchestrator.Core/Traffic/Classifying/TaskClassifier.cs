using System.Globalization;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Classifying;

/// <summary>
/// The classifier that ships (RT-08): says of every call which of the eleven categories it is. What the form of a call says is decided first, the rest by
/// <see cref="ClassifierModel"/> over the user's last turn, with what was said before counting less. Pure, deterministic, without I/O.
/// </summary>
internal static class TaskClassifier
{
    /// <summary>A prompt of more tokens is of the category for long ones, whatever it asks.</summary>
    public const long LongTokens = 100_000;

    /// <summary>The most that is looked at of what was said before; characters.</summary>
    private const int HistoryChars = 2048;

    /// <summary>Words from which on a turn speaks for itself.</summary>
    private const int EnoughWords = 8;

    /// <summary>What counts of the turns before, where the last one is long enough.</summary>
    private const float HistoryWeight = 0.25f;

    /// <summary>Turns from which on a conversation with tools is one that acts: a question, a call, its result.</summary>
    private const int ActingTurns = 3;

    /// <summary>How much likelier it is with tools offered that a call wants something done.</summary>
    private const float ToolsPrior = 3;

    /// <summary>Classifies a call.</summary>
    public static Classification Classify(CallFacts facts) => Classify(facts.Call, facts.Text, facts.Needs, facts.PromptTokens);

    /// <summary>Classifies a call.</summary>
    /// <param name="call">Which call it is.</param>
    /// <param name="text">Its words.</param>
    /// <param name="needs">What it needs beside text.</param>
    /// <param name="tokens">About how many tokens its prompt is; whatever is below 1 counts as 1.</param>
    /// <param name="model">The weights; those that ship where nothing is said.</param>
    public static Classification Classify(ModelCall call, in PromptText text, CallNeeds needs, long tokens, ClassifierModel? model = null)
    {
        tokens = Math.Max(1, tokens);
        var last = text.LastUser.IsEmpty ? text.All.Span : text.LastUser;
        var parts = RequestParts.Of(last);
        var language = Language(parts);
        if (ByForm(call, text, needs, tokens) is { } form)
        {
            var counts = default(TextCounts);
            counts.Words = last.Length / 6;
            return new Classification(form.Category, form.Confidence, form.Reason, Complexity(form.Category, counts, tokens), language, tokens, needs);
        }

        return ByWords(model ?? ClassifierModel.Shipped, text, parts, needs, tokens, language);
    }

    /// <summary>About how many tokens a text is: four characters of an alphabet, or one of a script that writes words or syllables; 1 or more.</summary>
    public static long Tokens(ReadOnlySpan<char> text)
    {
        long quarters = 3;
        foreach (var letter in text)
        {
            quarters += letter >= '\u2E80' ? 4 : 1;
        }

        return Math.Max(1, quarters / 4);
    }

    private static (TaskCategory Category, double Confidence, string Reason)? ByForm(ModelCall call, in PromptText text, CallNeeds needs, long tokens) => call switch
    {
        ModelCall.ImageGenerations => (TaskCategory.ImageGen, 1, "it is a call for images"),
        ModelCall.Videos or ModelCall.VideoRemixes => (TaskCategory.VideoGen, 1, "it is a call for a video"),
        ModelCall.Embeddings or ModelCall.Moderations or ModelCall.Rerank or ModelCall.Speech or ModelCall.Transcriptions or ModelCall.Batches =>
            (TaskCategory.Simple, 0.9, "it is no conversation"),
        _ when needs.HasFlag(CallNeeds.VideoGen) => (TaskCategory.VideoGen, 0.98, "it asks for video as output"),
        _ when needs.HasFlag(CallNeeds.ImageGen) => (TaskCategory.ImageGen, 0.98, "it asks for images as output"),
        _ when tokens > LongTokens => (TaskCategory.LongContext, 0.99, "its prompt is of more than 100000 tokens"),
        _ when needs.HasFlag(CallNeeds.Tools) && text.Turns >= ActingTurns => (TaskCategory.Agentic, 0.95, "tools are offered, and the conversation has several turns"),
        _ when (needs & (CallNeeds.Vision | CallNeeds.VideoIn)) != CallNeeds.None => (TaskCategory.VisionIn, 0.98, "images or video are shown"),
        _ when text.All.Span.IsWhiteSpace() => (TaskCategory.Simple, 0.5, "it says nothing"),
        _ => null,
    };

    private static Classification ByWords(ClassifierModel model, in PromptText text, in RequestParts parts, CallNeeds needs, long tokens, string language)
    {
        Span<float> chances = stackalloc float[ClassifierModel.Classes];
        chances.Clear();
        model.AddTurn(parts, out var asked, out var all, chances);
        var before = text.LastUser.IsEmpty ? [] : text.All.Span[..text.LastUserStart];
        if (!before.IsEmpty)
        {
            // A turn of few words ("yes, do that") means what was said before it.
            var share = MathF.Max(HistoryWeight, 1 - (all.Words / (float)EnoughWords));
            var counted = default(TextCounts);
            model.AddWords(before[^Math.Min(before.Length, HistoryChars)..], [], share, ref counted, chances);
        }

        model.AddShape(asked, all, IsOther(language), chances);
        Softmax(chances, needs);
        var (first, second) = Best(chances);
        return new Classification(
            (TaskCategory)first,
            Math.Clamp(chances[first], 0, 1),
            string.Create(CultureInfo.InvariantCulture, $"its words read as {Word(first)} ({chances[first]:0.00}), else as {Word(second)} ({chances[second]:0.00})"),
            Complexity((TaskCategory)first, all, tokens),
            language,
            tokens,
            needs);
    }

    /// <summary>The language a turn is asked in: of the end where what is asked stands, or where that says too little, of what lies between; <see cref="LanguageGuess.Unknown"/> where that cannot be told.</summary>
    internal static string Language(in RequestParts parts) =>
        LanguageGuess.Of(parts.IsAskedLast ? parts.Tail : parts.Head) is var language && language != LanguageGuess.Unknown ? language
        : parts.Middle.IsEmpty ? LanguageGuess.Unknown
        : LanguageGuess.Of(parts.Middle);

    /// <summary>Whether a language is known and is not English.</summary>
    internal static bool IsOther(string language) => language is not ("en" or LanguageGuess.Unknown);

    private static string Word(int category) => ((TaskCategory)category).Word();

    private static void Softmax(Span<float> logits, CallNeeds needs)
    {
        if (needs.HasFlag(CallNeeds.Tools))
        {
            logits[(int)TaskCategory.Agentic] += MathF.Log(ToolsPrior);
        }

        Softmax(logits);
    }

    /// <summary>Turns logits into parts of one; by the largest, so that none overflows.</summary>
    internal static void Softmax(Span<float> logits)
    {
        var (most, sum) = (float.NegativeInfinity, 0f);
        foreach (var logit in logits)
        {
            most = MathF.Max(most, logit);
        }

        foreach (ref var logit in logits)
        {
            logit = MathF.Exp(logit - most);
            sum += logit;
        }

        foreach (ref var logit in logits)
        {
            logit /= sum;
        }
    }

    private static (int First, int Second) Best(ReadOnlySpan<float> chances)
    {
        var (first, second) = chances[1] > chances[0] ? (1, 0) : (0, 1);
        for (var at = 2; at < chances.Length; at++)
        {
            (first, second) = chances[at] > chances[first] ? (at, first) : chances[at] > chances[second] ? (first, at) : (first, second);
        }

        return (first, second);
    }

    /// <summary>How much work it is: some kinds of work always are much, the others by how much is said of them.</summary>
    private static TaskComplexity Complexity(TaskCategory category, in TextCounts counts, long tokens) => category switch
    {
        TaskCategory.Complex or TaskCategory.Reasoning or TaskCategory.Agentic or TaskCategory.LongContext => TaskComplexity.High,
        TaskCategory.Simple => tokens > 4000 ? TaskComplexity.Medium : TaskComplexity.Low,
        _ when counts.Words > 150 || tokens > 8000 => TaskComplexity.High,
        TaskCategory.Medium or TaskCategory.Coding or TaskCategory.VideoGen => TaskComplexity.Medium,
        _ => counts.Words <= 20 ? TaskComplexity.Low : TaskComplexity.Medium,
    };
}
