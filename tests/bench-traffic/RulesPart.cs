using System.Globalization;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Traffic.Rules;

namespace AiOrchestrator.Bench.Traffic;

/// <summary>
/// Comparing a call with the rules of an organisation: 192 of its own with every kind of condition, and the eight that ship. Its text has been read; keywords are
/// looked for in it each time, as for each call.
/// </summary>
internal sealed class RulesPart : Part
{
    private const int OwnRules = 192;
    private const int Kinds = 16;

    private const string Prose =
        "The harbour authority has moved the ferry timetable to the second quay since the storm, and passengers with bicycles now board before all others. "
        + "Tickets that were bought for the earlier crossing stay valid until the end of the month; whoever travels with a group writes to the office. ";

    /// <inheritdoc/>
    public override string Name => "rules";

    /// <inheritdoc/>
    public override bool Run(Measure measure)
    {
        Console.WriteLine("| decision by 200 rules | text, characters | µs | bytes |");
        Console.WriteLine("|---|---:|---:|---:|");
        var isSound = true;
        foreach (var length in measure.IsQuick ? [1_000] : new[] { 1_000, 4_000, 100_000 })
        {
            isSound &= Row(measure, "none matches", length, last: false, needsText: true) & Row(measure, "the last matches", length, last: true, needsText: true)
                & Row(measure, "none matches, none has an expression", length, last: false, needsText: true, hasExpression: false)
                & Row(measure, "none matches, none asks for text", length, last: false, needsText: false);
        }

        return isSound;
    }

    private static bool Row(Measure measure, string what, int length, bool last, bool needsText, bool hasExpression = true)
    {
        var rules = Rules(needsText, hasExpression).ToList();
        if (last)
        {
            rules[0] = rules[0] with { Priority = 0, Conditions = new RuleCondition { Keywords = new KeywordCondition(["bicycles"]), Region = ["eu"] } };
        }

        var set = new RuleSet(rules);
        var facts = Call(length);
        if (set.Match(facts, null)?.Id != (last ? rules[0].Id : null))
        {
            Console.WriteLine($"| {what} | decided wrongly |");
            return false;
        }

        var (ns, bytes) = measure.Time(() => _ = set.Match(facts, null));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {length:n0} | {ns / 1000:n2} | {bytes:n0} |"));
        return true;
    }

    private static IEnumerable<StoredRule> Rules(bool needsText, bool hasExpression)
    {
        for (var i = 0; i < OwnRules; i++)
        {
            yield return new StoredRule(
                $"rul_{i:0000}", "rule", null, 100 + (i % 7), true, Condition(i, needsText, hasExpression), new RuleAction { Use = new RuleUse { Model = "gpt-4o" } }, "admin", 1, 1);
        }

        if (needsText)
        {
            foreach (var shipped in SystemRules.All)
            {
                yield return shipped;
            }
        }
    }

    /// <summary>Of each kind as many; about a third are decided by text alone, one by an expression.</summary>
    private static RuleCondition Condition(int i, bool needsText, bool hasExpression) => (i % Kinds, needsText) switch
    {
        (0, _) => new RuleCondition { Model = [$"gpt-{i}*", $"claude-{i}*"] },
        (1, _) => new RuleCondition { Team = [$"wal_{i}", $"wal_{i + 1}"], Streamed = true },
        (2, _) => new RuleCondition { Tags = [$"tag-{i}"], Call = ["chat", "responses"] },
        (3, _) => new RuleCondition { Any = [new RuleCondition { FeatureId = [$"feature-{i}"] }, new RuleCondition { EndUser = [$"u-{i}"] }] },
        (4, _) => new RuleCondition { PromptTokens = new CountRange(50_000 + i), Capability = ["vision", "tools"] },
        (5, _) => new RuleCondition { Time = new TimeWindow(["sat", "sun"], "08:00", "20:00", "Europe/Berlin") },
        (6, _) => new RuleCondition { EstimatedCostUsd = new UsdRange($"{i + 1}") },
        (7, _) => new RuleCondition { BudgetLeft = new BudgetRange(Below: 0.1), None = [new RuleCondition { Key = [$"key_{i}"] }] },
        (8, _) => new RuleCondition { Region = ["us", "apac"] },
        (9, _) => new RuleCondition { Category = ["coding"], MinConfidence = 0.5 },
        (10, true) => new RuleCondition { Keywords = new KeywordCondition([$"invoice{i}", $"refund{i}", "chargeback"]) },
        (11, true) => new RuleCondition { Keywords = new KeywordCondition(All: ["ferry", $"captain{i}"]), Streamed = true },
        (12, true) => new RuleCondition { Characters = new CharacterRange(Max: 20), Keywords = new KeywordCondition(["ferry"]) },
        (13, true) => new RuleCondition { Command = [$"/run{i}"] },
        (14, true) => new RuleCondition { Keywords = new KeywordCondition([$"legal review {i}", $"contract{i}"], In: "all"), Call = ["chat"] },
        (15, true) when i == 15 && hasExpression => new RuleCondition { Pattern = new PatternCondition(@"\b[A-Z]{2}\d{6}\b") },
        _ => new RuleCondition { User = [$"usr_{i}"], Region = ["eu"] },
    };

    private static CallFacts Call(int length)
    {
        var text = string.Concat(Enumerable.Repeat(Prose, (length / Prose.Length) + 1))[..length].AsMemory();
        return new CallFacts
        {
            Call = ModelCall.ChatCompletions,
            Model = CallFacts.Automatic,
            IsAutomatic = true,
            PromptTokens = length / 4,
            IsStreamed = true,
            OrganisationId = "org_1",
            KeyId = "key_bench",
            UserId = "usr_bench",
            WalletIds = ["wal_project", "wal_team", "wal_organisation"],
            FeatureId = "checkout",
            Tags = ["nightly"],
            EndUser = "u-bench",
            Origin = "eu",
            UnixMs = 1_800_000_000_000,
            ReadText = _ => new PromptText(text, length / 5, 2, false),
            Classify = static f => new Classification(TaskCategory.Simple, 0.9, "bench", TaskComplexity.Low, "en", f.PromptTokens, f.Needs),
            EstimateCost = static _ => 5_000_000,
            FindBudgetLeft = static _ => 0.7,
        };
    }
}
