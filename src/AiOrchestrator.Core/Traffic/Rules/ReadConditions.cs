using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>Reads conditions from a request, and notes all that is wrong with them.</summary>
/// <param name="zones">The time zones there are.</param>
/// <param name="isWallet">Whether the organisation has a wallet of an id.</param>
internal sealed class ReadConditions(ITimeZones zones, Func<string, bool> isWallet)
{
    /// <summary>Most groups within each other.</summary>
    public const int MaxDepth = 3;

    /// <summary>Most conditions of a rule, groups not counted.</summary>
    public const int MaxLeaves = 50;

    private const int MaxValues = 100;
    private const int MaxValue = 200;
    private const int MaxWord = 64;
    private const int MaxKeyword = 100;
    private const long MaxTokens = 1_000_000_000;

    private int _leaves;

    /// <summary>Reads them; null where every call meets them.</summary>
    /// <param name="rule">The rule's members.</param>
    public RuleCondition? Run(MemberReader rule)
    {
        if (rule.Object(CompileConditions.Root) is not { } root)
        {
            return null;
        }

        var read = Read(root, 0);
        if (_leaves > MaxLeaves)
        {
            rule.Problem(CompileConditions.Root, string.Create(CultureInfo.InvariantCulture, $"holds {_leaves} conditions, more than {MaxLeaves}"));
        }

        return read == new RuleCondition() ? null : read;
    }

    private RuleCondition Read(MemberReader c, int depth)
    {
        var read = new RuleCondition
        {
            All = Group(c, "all", depth),
            Any = Group(c, "any", depth),
            None = Group(c, "none", depth),
            Model = Names(c, "model"),
            Call = Words(c, "call", RuleWords.Calls),
            Capability = Words(c, "capability", RuleWords.Capabilities),
            Streamed = c.Flag("streamed"),
            PromptTokens = Range(c, "prompt_tokens", MaxTokens) is var (_, min, max) ? new CountRange(min, max) : null,
            Characters = Range(c, "characters", PromptText.MaxChars) is var (characters, least, most) ? new CharacterRange(least, most, In(characters)) : null,
            Keywords = Keywords(c),
            Command = Each(c, "command", MaxWord, static v => v[0] == '/' && v.Length > 1 && !v.Any(char.IsWhiteSpace), "must be a command: a slash and a word, such as \"/fast\""),
            Pattern = Pattern(c),
            Attachments = Words(c, "attachments", RuleWords.Attached),
            Language = Each(c, "language", MaxWord, static v => v.Length == 2 && v.All(char.IsAsciiLetter), "must be a language of ISO 639-1: two letters"),
            Category = Words(c, "category", TaskCategories.Words),
            MinConfidence = Fraction(c, "min_confidence"),
            Complexity = Words(c, "complexity", RuleWords.Complexities),
            Tags = Each(c, "tags", MaxWord, static _ => true, ""),
            FeatureId = Names(c, "feature_id"),
            Team = Each(c, "team", MaxWord, isWallet, "names no wallet of this organisation"),
            User = Names(c, "user"),
            Key = Names(c, "key"),
            EndUser = Names(c, "end_user"),
            Time = Time(c),
            EstimatedCostUsd = Usd(c),
            BudgetLeft = Budget(c),
            Region = Each(c, "region", MaxWord, static _ => true, ""),
        };
        _leaves += LeavesOf(read);
        return read;
    }

    /// <summary>Conditions beside the groups.</summary>
    private static int LeavesOf(RuleCondition c)
    {
        object?[] leaves =
        [
            c.Model, c.Call, c.Capability, c.Streamed, c.PromptTokens, c.Characters, c.Keywords, c.Command, c.Pattern, c.Attachments, c.Language, c.Category, c.MinConfidence, c.Complexity,
            c.Tags, c.FeatureId, c.Team, c.User, c.Key, c.EndUser, c.Time, c.EstimatedCostUsd, c.BudgetLeft, c.Region,
        ];
        return leaves.Count(static l => l is not null);
    }

    private List<RuleCondition>? Group(MemberReader c, string name, int depth)
    {
        if (!c.Has(name) || c.IsNull(name))
        {
            return null;
        }

        if (depth == MaxDepth)
        {
            c.Problem(name, string.Create(CultureInfo.InvariantCulture, $"is a group within {MaxDepth} others: no deeper"));
            return null;
        }

        var parts = c.Objects(name, MaxLeaves);
        if (parts.Count == 0 && !c.HasProblems)
        {
            c.Problem(name, "must hold at least one condition");
        }

        var read = new List<RuleCondition>(parts.Count);
        foreach (var part in parts)
        {
            read.Add(Read(part, depth + 1));
            if (read[^1] == new RuleCondition() && !c.HasProblems)
            {
                c.Problem(string.Create(CultureInfo.InvariantCulture, $"{name}[{read.Count - 1}]"), "must hold at least one condition");
            }
        }

        return read;
    }

    private static IReadOnlyList<string>? Names(MemberReader c, string name) => Each(c, name, MaxValue, static _ => true, "");

    private static IReadOnlyList<string>? Words(MemberReader c, string name, IReadOnlyList<string> all) =>
        Each(c, name, MaxWord, v => all.Contains(v, StringComparer.OrdinalIgnoreCase), $"must be one of {string.Join(", ", all.Distinct(StringComparer.Ordinal))}");

    private static IReadOnlyList<string>? Each(MemberReader c, string name, int maxLength, Func<string, bool> isGood, string problem)
    {
        if (c.Texts(name, MaxValues, maxLength) is not { } values)
        {
            return null;
        }

        if (values.Count == 0)
        {
            c.Problem(name, "must hold at least one value");
        }

        for (var i = 0; i < values.Count; i++)
        {
            if (!isGood(values[i]))
            {
                c.Problem(string.Create(CultureInfo.InvariantCulture, $"{name}[{i}]"), problem);
            }
        }

        return values;
    }

    private static (MemberReader Reader, long? Min, long? Max)? Range(MemberReader c, string name, long bound)
    {
        if (c.Object(name) is not { } range)
        {
            return null;
        }

        var (min, max) = (range.Whole("min", 0, bound), range.Whole("max", 0, bound));
        CheckBounds(c, range, name, min, max);
        return (range, min, max);
    }

    private static void CheckBounds(MemberReader c, MemberReader range, string name, long? min, long? max)
    {
        if (min is null && max is null && !c.HasProblems)
        {
            c.Problem(name, "must hold min or max");
        }

        if (min > max)
        {
            range.Problem("min", "must not be above max");
        }
    }

    private static string? In(MemberReader c)
    {
        var where = c.Text("in", MaxWord);
        if (where is not (null or RuleWords.LastUser or RuleWords.AllText))
        {
            c.Problem("in", $"must be {RuleWords.LastUser} or {RuleWords.AllText}");
        }

        return where;
    }

    private static KeywordCondition? Keywords(MemberReader c)
    {
        if (c.Object("keywords") is not { } keywords)
        {
            return null;
        }

        var (any, all) = (Each(keywords, "any", MaxKeyword, static _ => true, ""), Each(keywords, "all", MaxKeyword, static _ => true, ""));
        if (any is null && all is null && !c.HasProblems)
        {
            c.Problem("keywords", "must hold any or all: words or phrases");
        }

        return new KeywordCondition(any, all, In(keywords));
    }

    private static PatternCondition? Pattern(MemberReader c)
    {
        if (c.Object("pattern") is not { } pattern)
        {
            return null;
        }

        var regex = pattern.Text("regex", RulePattern.MaxLength, required: true);
        if (regex is not null && RulePattern.ProblemOf(regex) is { } problem)
        {
            pattern.Problem("regex", problem);
        }

        return new PatternCondition(regex ?? "", In(pattern));
    }

    private TimeWindow? Time(MemberReader c)
    {
        if (c.Object("time") is not { } time)
        {
            return null;
        }

        var window = new TimeWindow(Words(time, "days", WeekTime.DayNames)?.Select(static d => d.ToLowerInvariant()).ToList(), Clock(time, "from"), Clock(time, "to"), time.Text("zone", MaxWord));
        if (window.Zone is { } zone && !zones.Knows(zone))
        {
            time.Problem("zone", "is no time zone of the IANA database, such as \"Europe/Berlin\"");
        }

        if (window is { Days: null, From: null, To: null } && !c.HasProblems)
        {
            c.Problem("time", "must hold days, from or to");
        }

        if ((window.From ?? "00:00") == (window.To ?? "24:00") || window.From == "24:00")
        {
            time.Problem("from", "must be another time than to, and before 24:00");
        }

        return window;
    }

    private static string? Clock(MemberReader c, string name)
    {
        var text = c.Text(name, MaxWord);
        if (text is not null && WeekTime.Minute(text) is null)
        {
            c.Problem(name, "must be a time as HH:mm from 00:00 to 24:00");
        }

        return text;
    }

    private static UsdRange? Usd(MemberReader c)
    {
        if (c.Object("estimated_cost_usd") is not { } range)
        {
            return null;
        }

        var (min, max) = (range.Usd("min"), range.Usd("max"));
        CheckBounds(c, range, "estimated_cost_usd", min, max);
        return new UsdRange(min is { } least ? NanoUsd.FormatUsd(least) : null, max is { } most ? NanoUsd.FormatUsd(most) : null);
    }

    private static BudgetRange? Budget(MemberReader c)
    {
        if (c.Object("budget_left") is not { } budget)
        {
            return null;
        }

        var (below, above) = (Fraction(budget, "below"), Fraction(budget, "above"));
        if (below is null && above is null && !c.HasProblems)
        {
            c.Problem("budget_left", "must hold below or above");
        }

        if (above >= below)
        {
            budget.Problem("above", "must be less than below");
        }

        return new BudgetRange(below, above);
    }

    private static double? Fraction(MemberReader c, string name)
    {
        if (c.Raw(name) is not { } raw)
        {
            return null;
        }

        double? fraction = raw.ValueKind == JsonValueKind.Number ? raw.GetDouble() : null;
        if (fraction is not (>= 0 and <= 1))
        {
            c.Problem(name, "must be a number from 0 to 1");
        }

        return fraction;
    }
}
