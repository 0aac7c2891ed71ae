using System.Globalization;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>A condition on what the classifier says. A call is classified only when one is asked for.</summary>
internal abstract class ClassificationLeaf(string path) : ConditionLeaf(path, ConditionCost.Classification)
{
    protected override string Unknown => "such a call is not classified";

    protected override Truth Look(ref Matching call) => call.Facts.Classify is null ? Truth.Unknown : LookAt(call.Facts.Classification);

    /// <summary>Looks at what the classifier says.</summary>
    protected abstract Truth LookAt(Classification said);
}

/// <summary>What kind of work it is: as the caller says, or else the classifier.</summary>
internal sealed class CategoryLeaf(string path, int mask) : ClassificationLeaf(path)
{
    protected override Truth Look(ref Matching call) => call.Facts.CategoryAsked is { } asked ? Holds(asked) : base.Look(ref call);

    protected override Truth LookAt(Classification said) => Holds(said.Category);

    protected override string Words(ref Matching call) =>
        $"the category is '{(call.Facts.CategoryAsked ?? call.Facts.Classification.Category).Word()}', not {RuleWords.Named(mask, [.. TaskCategories.Words])}";

    private Truth Holds(TaskCategory category) => Is((mask >> (int)category & 1) != 0);
}

/// <summary>How sure the classifier is. What the caller says is sure.</summary>
internal sealed class ConfidenceLeaf(string path, double min) : ClassificationLeaf(path)
{
    protected override Truth Look(ref Matching call) => call.Facts.CategoryAsked is not null ? Truth.Yes : base.Look(ref call);

    protected override Truth LookAt(Classification said) => Is(said.Confidence >= min);

    protected override string Words(ref Matching call) =>
        string.Create(CultureInfo.InvariantCulture, $"the category is sure by {call.Facts.Classification.Confidence:0.###}, less than {min}");
}

/// <summary>How much work it is.</summary>
internal sealed class ComplexityLeaf(string path, int mask) : ClassificationLeaf(path)
{
    protected override Truth LookAt(Classification said) => Is((mask >> (int)said.Complexity & 1) != 0);

    protected override string Words(ref Matching call) =>
        $"the complexity is {RuleWords.Complexities[(int)call.Facts.Classification.Complexity]}, not {RuleWords.Named(mask, RuleWords.Complexities)}";
}

/// <summary>The prompt's language.</summary>
internal sealed class LanguageLeaf(string path, IReadOnlyList<string> languages) : ClassificationLeaf(path)
{
    /// <summary>What a classifier says of a language it cannot tell.</summary>
    private const string Undetermined = "und";

    private readonly string[] _languages = [.. languages.Select(static l => l.ToLowerInvariant())];

    protected override string Unknown => "the prompt's language cannot be told";

    protected override Truth LookAt(Classification said) => said.Language == Undetermined ? Truth.Unknown : Is(_languages.AsSpan().Contains(said.Language));

    protected override string Words(ref Matching call) => $"the prompt's language is '{call.Facts.Classification.Language}', not {RuleWords.Listed(_languages)}";
}
