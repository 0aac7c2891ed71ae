using System.Globalization;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>Makes conditions as they are stored ready for calls.</summary>
/// <param name="keywords">Gathers the words that are asked for.</param>
internal sealed class CompileConditions(KeywordIndex.Builder keywords)
{
    /// <summary>Where a rule's conditions stand.</summary>
    public const string Root = "conditions";

    /// <summary>The conditions of a rule; null where every call meets them.</summary>
    public ConditionNode? Run(RuleCondition? conditions) => conditions is null ? null : Node(conditions, Root);

    private ConditionNode? Node(RuleCondition condition, string path)
    {
        var parts = new List<ConditionNode>();
        AddCall(condition, path, parts);
        AddCaller(condition, path, parts);
        AddText(condition, path, parts);
        AddClassification(condition, path, parts);
        AddGroup(condition.All, $"{path}.all", static (p, nodes) => new AllNode(p, nodes), parts);
        AddGroup(condition.Any, $"{path}.any", static (p, nodes) => new AnyNode(p, nodes), parts);
        AddGroup(condition.None, $"{path}.none", static (p, nodes) => new NoneNode(p, nodes), parts);
        return parts.Count switch
        {
            0 => null,
            1 => parts[0],
            _ => new AllNode(path, [.. parts]),
        };
    }

    private void AddGroup(IReadOnlyList<RuleCondition>? group, string path, Func<string, ConditionNode[], ConditionNode> make, List<ConditionNode> parts)
    {
        if (group is null)
        {
            return;
        }

        var nodes = group.Select((c, i) => Node(c, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"))).OfType<ConditionNode>().ToArray();
        if (nodes.Length > 0)
        {
            parts.Add(make(path, nodes));
        }
    }

    private static void AddCall(RuleCondition c, string path, List<ConditionNode> parts)
    {
        Add(parts, c.Model, v => new NameLeaf($"{path}.model", v, "the model", static f => f.Model));
        Add(parts, c.Call, v => new BitsLeaf($"{path}.call", RuleWords.Mask(v, RuleWords.Calls), RuleWords.Calls, "the call", static f => (1 << (int)f.Call) | (f.IsBatched ? 1 << (int)ModelCall.Batches : 0)));
        Add(parts, c.Capability, v => new BitsLeaf(
            $"{path}.capability", RuleWords.Mask(v, RuleWords.Capabilities), RuleWords.Capabilities, "asked of the model", static f => (int)f.Needs));
        Add(parts, c.PromptTokens, v => new TokensLeaf($"{path}.prompt_tokens", v));
        Add(parts, c.EstimatedCostUsd, v => new CostLeaf($"{path}.estimated_cost_usd", v));
        Add(parts, c.Time, v => new TimeLeaf($"{path}.time", v));
        if (c.Streamed is { } streamed)
        {
            parts.Add(new StreamedLeaf($"{path}.streamed", streamed));
        }
    }

    private static void AddCaller(RuleCondition c, string path, List<ConditionNode> parts)
    {
        Add(parts, c.Tags, v => new NamesLeaf($"{path}.tags", v, StringComparison.OrdinalIgnoreCase, "the tags", static f => f.Tags));
        Add(parts, c.Team, v => new NamesLeaf($"{path}.team", v, StringComparison.Ordinal, "the wallets that pay", static f => f.WalletIds));
        Add(parts, c.FeatureId, v => new NameLeaf($"{path}.feature_id", v, "the feature", static f => f.FeatureId));
        Add(parts, c.User, v => new NameLeaf($"{path}.user", v, "the user", static f => f.UserId));
        Add(parts, c.Key, v => new NameLeaf($"{path}.key", v, "the key", static f => f.KeyId));
        Add(parts, c.EndUser, v => new NameLeaf($"{path}.end_user", v, "the end user", static f => f.EndUser));
        Add(parts, c.Region, v => new WordLeaf($"{path}.region", v, "the region the call comes from", static f => f.Origin));
        Add(parts, c.BudgetLeft, v => new BudgetLeaf($"{path}.budget_left", v));
    }

    private void AddText(RuleCondition c, string path, List<ConditionNode> parts)
    {
        Add(parts, c.Characters, v => new CharactersLeaf($"{path}.characters", v));
        Add(parts, c.Keywords, v => new KeywordsLeaf($"{path}.keywords", v, keywords));
        Add(parts, c.Command, v => new CommandLeaf($"{path}.command", v));
        Add(parts, c.Pattern, v => new PatternLeaf($"{path}.pattern", v));
        Add(parts, c.Attachments, v => new AttachmentsLeaf($"{path}.attachments", RuleWords.Mask(v, RuleWords.Attached)));
    }

    private static void AddClassification(RuleCondition c, string path, List<ConditionNode> parts)
    {
        Add(parts, c.Language, v => new LanguageLeaf($"{path}.language", v));
        Add(parts, c.Category, v => new CategoryLeaf($"{path}.category", RuleWords.Mask(v, [.. TaskCategories.Words])));
        Add(parts, c.Complexity, v => new ComplexityLeaf($"{path}.complexity", RuleWords.Mask(v, RuleWords.Complexities)));
        if (c.MinConfidence is { } min)
        {
            parts.Add(new ConfidenceLeaf($"{path}.min_confidence", min));
        }
    }

    private static void Add<T>(List<ConditionNode> parts, T? value, Func<T, ConditionNode> make)
        where T : class
    {
        if (value is not null)
        {
            parts.Add(make(value));
        }
    }
}
