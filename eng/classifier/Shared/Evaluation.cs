using System.Globalization;
using System.Text;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Classifying;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Classifier.Shared;

/// <summary>What the classifier makes of texts it was not trained on.</summary>
internal sealed class Evaluation
{
    private const int Categories = ClassifierModel.Classes;

    private readonly int[,] _counts = new int[Categories, Categories];

    private Evaluation()
    {
    }

    /// <summary>Texts that were looked at.</summary>
    public int Samples { get; private set; }

    /// <summary>Texts whose language was told right.</summary>
    public int LanguagesRight { get; private set; }

    /// <summary>The mean over all categories of F1, 0 to 1.</summary>
    public double MacroF1 => Enumerable.Range(0, Categories).Average(F1);

    /// <summary>The same over some categories.</summary>
    public double MacroF1Of(Func<TaskCategory, bool> counts) => Enumerable.Range(0, Categories).Where(c => counts((TaskCategory)c)).Average(F1);

    /// <summary>The part of the texts that got their category, 0 to 1.</summary>
    public double Accuracy => Enumerable.Range(0, Categories).Sum(c => _counts[c, c]) / (double)Samples;

    /// <summary>Classifies each as a call of one turn that says nothing but the text: by its words alone.</summary>
    public static Evaluation Of(IEnumerable<Sample> samples, ClassifierModel model, Action<Sample, Classification>? wrong = null)
    {
        var evaluation = new Evaluation();
        foreach (var sample in samples)
        {
            var text = new PromptText(sample.Text.AsMemory(), 0, 1, false);
            var found = TaskClassifier.Classify(ModelCall.ChatCompletions, text, CallNeeds.None, TaskClassifier.Tokens(sample.Text), model);
            evaluation._counts[(int)sample.Category, (int)found.Category]++;
            evaluation.Samples++;
            evaluation.LanguagesRight += found.Language == sample.Language ? 1 : 0;
            if (found.Category != sample.Category)
            {
                wrong?.Invoke(sample, found);
            }
        }

        return evaluation;
    }

    /// <summary>Of the texts said to be of a category, how many are; 0 to 1.</summary>
    public double Precision(int category) => Ratio(_counts[category, category], Enumerable.Range(0, Categories).Sum(c => _counts[c, category]));

    /// <summary>Of the texts of a category, how many are said to be; 0 to 1.</summary>
    public double Recall(int category) => Ratio(_counts[category, category], Enumerable.Range(0, Categories).Sum(c => _counts[category, c]));

    /// <summary>Their harmonic mean.</summary>
    public double F1(int category) => Precision(category) + Recall(category) is var sum and > 0 ? 2 * Precision(category) * Recall(category) / sum : 0;

    /// <summary>The figures as Markdown, as the documentation has them.</summary>
    public string Tables()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Macro-F1 {MacroF1:0.000}, accuracy {Accuracy:0.000}, over {Samples} texts that were held out.\n\n");
        text.Append("| category | precision | recall | F1 | texts |\n|---|---|---|---|---|\n");
        for (var c = 0; c < Categories; c++)
        {
            var of = Enumerable.Range(0, Categories).Sum(other => _counts[c, other]);
            text.Append(CultureInfo.InvariantCulture, $"| {Word(c)} | {Precision(c):0.000} | {Recall(c):0.000} | {F1(c):0.000} | {of} |\n");
        }

        text.Append("\nWhat was found (columns) of what was asked (rows):\n\n|  | ");
        text.AppendJoin(" | ", Enumerable.Range(0, Categories).Select(Word)).Append(" |\n|");
        text.Insert(text.Length, "---|", Categories + 1).Append('\n');
        for (var c = 0; c < Categories; c++)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Word(c)} | ");
            text.AppendJoin(" | ", Enumerable.Range(0, Categories).Select(other => _counts[c, other])).Append(" |\n");
        }

        return text.ToString();
    }

    private static string Word(int category) => ((TaskCategory)category).Word();

    private static double Ratio(int part, int whole) => whole == 0 ? 0 : part / (double)whole;
}
