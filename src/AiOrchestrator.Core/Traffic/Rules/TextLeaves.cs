using System.Globalization;
using System.Text.RegularExpressions;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>A condition on the prompt's words. They are read only when one is asked for.</summary>
/// <param name="path">Where it stands in its rule.</param>
/// <param name="cost">What looking takes.</param>
/// <param name="all">Whether all text is looked at, not only the user's last turn.</param>
internal abstract class TextLeaf(string path, ConditionCost cost, bool all) : ConditionLeaf(path, cost)
{
    /// <summary>Whether all text is looked at, not only the user's last turn.</summary>
    protected bool All => all;

    /// <summary>Where it is looked.</summary>
    protected string Where => all ? "the prompt" : "the user's last turn";

    protected override string Unknown => "the words of such a call are not read";

    protected sealed override Truth Look(ref Matching call) => call.Facts.HasText ? Is(IsIn(ref call)) : Truth.Unknown;

    /// <summary>Whether it holds for text that is read.</summary>
    protected abstract bool IsIn(ref Matching call);
}

/// <summary>The characters of a text within bounds.</summary>
internal sealed class CharactersLeaf(string path, CharacterRange range) : TextLeaf(path, ConditionCost.Text, range.In == RuleWords.AllText)
{
    private readonly long _min = range.Min ?? 0;
    private readonly long _max = range.Max ?? long.MaxValue;

    protected override bool IsIn(ref Matching call) => Count(ref call) is var count && count >= _min && count <= _max;

    protected override string Words(ref Matching call)
    {
        var count = Count(ref call);
        return string.Create(CultureInfo.InvariantCulture, $"{Where} has {(count > PromptText.MaxChars ? "more than any bound of" : count)} characters, {(count < _min ? $"fewer than {_min}" : $"more than {_max}")}");
    }

    /// <summary>Of a text of which only the end was read there are more than any bound can say.</summary>
    private long Count(ref Matching call) => (All ? call.Facts.Text.IsCut : call.Facts.Text.IsLastUserCut) ? PromptText.MaxChars + 1L : call.Text(All).Length;
}

/// <summary>Words and phrases.</summary>
internal sealed class KeywordsLeaf : TextLeaf
{
    private readonly int[] _any;
    private readonly int[] _every;
    private readonly KeywordCondition _condition;

    public KeywordsLeaf(string path, KeywordCondition condition, KeywordIndex.Builder keywords)
        : base(path, ConditionCost.Text, condition.In == RuleWords.AllText)
    {
        _condition = condition;
        _any = [.. (condition.Any ?? []).Select(keywords.Add)];
        _every = [.. (condition.All ?? []).Select(keywords.Add)];
    }

    protected override bool IsIn(ref Matching call)
    {
        var found = call.Found(All);
        foreach (var keyword in _every)
        {
            if (!KeywordIndex.Has(found, keyword))
            {
                return false;
            }
        }

        foreach (var keyword in _any)
        {
            if (KeywordIndex.Has(found, keyword))
            {
                return true;
            }
        }

        return _any.Length == 0;
    }

    protected override string Words(ref Matching call)
    {
        var found = call.Found(All);
        for (var i = 0; i < _every.Length; i++)
        {
            if (!KeywordIndex.Has(found, _every[i]))
            {
                return $"{Where} does not hold '{_condition.All![i]}'";
            }
        }

        return $"{Where} holds none of {RuleWords.Listed(_condition.Any ?? [])}";
    }
}

/// <summary>What the user's last turn begins with.</summary>
internal sealed class CommandLeaf(string path, IReadOnlyList<string> commands) : TextLeaf(path, ConditionCost.Text, all: false)
{
    private readonly string[] _commands = [.. commands];

    protected override bool IsIn(ref Matching call)
    {
        var text = call.Text(All).TrimStart();
        foreach (var command in _commands)
        {
            if (text.StartsWith(command, StringComparison.OrdinalIgnoreCase) && (text.Length == command.Length || char.IsWhiteSpace(text[command.Length])))
            {
                return true;
            }
        }

        return false;
    }

    protected override string Words(ref Matching call) => $"{Where} does not begin with {RuleWords.Listed(_commands)}";
}

/// <summary>An expression.</summary>
internal sealed class PatternLeaf(string path, PatternCondition condition) : TextLeaf(path, ConditionCost.Pattern, condition.In == RuleWords.AllText)
{
    /// <summary>The expression, ready.</summary>
    internal Regex Regex { get; } = RulePattern.Compile(condition.Regex);

    protected override bool IsIn(ref Matching call) => Regex.IsMatch(call.Text(All));

    protected override string Words(ref Matching call) => $"{Where} holds no match of '{condition.Regex}'";
}

/// <summary>What is attached: parts of the request by what they need of a model; code by its files' names, or by a fence of the user's last turn.</summary>
internal sealed class AttachmentsLeaf(string path, int mask)
    : ConditionLeaf(path, (mask & (int)Attachments.Code) != 0 ? ConditionCost.Text : ConditionCost.Bits)
{
    private const string Fence = "```";

    protected override string Unknown => "no attached file is code by its name, and the words of such a call are not read";

    protected override Truth Look(ref Matching call) =>
        (Parts(call.Facts) & mask) != 0 ? Truth.Yes
        : (mask & (int)Attachments.Code) == 0 ? Truth.No
        : Code(ref call);

    protected override string Words(ref Matching call) => $"attached: {RuleWords.Named(Parts(call.Facts), RuleWords.Attached)}; not {RuleWords.Named(mask, RuleWords.Attached)}";

    private static int Parts(CallFacts facts) =>
        Part(facts, CallNeeds.Vision, Attachments.Image) | Part(facts, CallNeeds.AudioIn, Attachments.Audio)
        | Part(facts, CallNeeds.VideoIn, Attachments.Video) | Part(facts, CallNeeds.Documents, Attachments.Document);

    private static int Part(CallFacts facts, CallNeeds need, Attachments attached) => (facts.Needs & need) != CallNeeds.None ? (int)attached : 0;

    private static Truth Code(ref Matching call)
    {
        var files = call.Facts.FileNames;
        for (var i = 0; i < files.Count; i++)
        {
            if (RuleWords.IsCode(files[i]))
            {
                return Truth.Yes;
            }
        }

        return call.Facts.HasText ? Is(call.Facts.Text.LastUser.Contains(Fence, StringComparison.Ordinal)) : Truth.Unknown;
    }
}
