using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Traffic.Rules;
using FsCheck;
using FsCheck.Fluent;

namespace AiOrchestrator.Core.Tests.Traffic.Rules;

/// <summary>Whatever the rules and whatever the call (P20, the part of rules).</summary>
public sealed class RuleProperties
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(1_000);

    private static readonly string[] Leaves =
    [
        """{"model":["gpt-*"]}""", """{"user":["usr_1","usr_2"]}""", """{"tags":["a"]}""", """{"streamed":true}""", """{"capability":["vision"]}""", """{"prompt_tokens":{"min":50}}""",
        """{"characters":{"max":8}}""", """{"keywords":{"any":["fix","why"]}}""", """{"keywords":{"all":["the","fix"],"in":"all"}}""", """{"command":["/fast"]}""", """{"pattern":{"regex":"\\d"}}""",
        """{"attachments":["code","image"]}""", """{"category":["coding","simple"]}""", """{"min_confidence":0.5}""", """{"language":["de"]}""", """{"region":["eu"]}""", """{"budget_left":{"below":0.3}}""",
        """{"estimated_cost_usd":{"min":"0.01"}}""", """{"team":["wal_team"]}""", """{"feature_id":["f*"]}""", """{"time":{"days":["fri"],"from":"22:00","to":"09:00"}}""", """{"call":["messages"]}""",
    ];

    private static readonly Gen<string> Conditions = Gen.Sized(static size => Nested(Math.Min(size, ReadConditions.MaxDepth)));

    private static readonly Gen<RuleAction> Actions = Gen.Elements(
        new RuleAction { Use = new RuleUse { Model = "m" } },
        new RuleAction { Use = new RuleUse { Chain = "c" }, ReplacesExplicit = true },
        new RuleAction { Deny = new RuleDenial("no") },
        new RuleAction { Mark = ["t"] },
        new RuleAction { Use = new RuleUse { Model = "m" }, Set = new RuleSettings { MaxTokensCap = 5 } });

    private static readonly Gen<StoredRule[]> Sets =
        from count in Gen.Choose(0, 12)
        from rules in OneRule.ArrayOf(count)
        select rules.Select(static (r, i) => r with { Id = $"rul_{i}" }).ToArray();

    private static readonly Gen<Sketch> Calls =
        from said in Gen.Elements("", "fix 1", "/fast why", "```the fix```", "nothing of it", null)
        from automatic in Gen.Elements(true, false)
        from model in Gen.Elements("gpt-4o", "claude")
        from user in Gen.Elements("usr_1", "usr_3")
        from needs in Gen.Elements(CallNeeds.None, CallNeeds.Vision, CallNeeds.Tools)
        from tokens in Gen.Choose(1, 100)
        from call in Gen.Elements(ModelCall.ChatCompletions, ModelCall.Messages)
        from known in Gen.Elements(true, false)
        from streamed in Gen.Elements(true, false)
        from category in Gen.Elements(TaskCategory.Coding, TaskCategory.Agentic)
        select new Sketch
        {
            Said = said,
            Automatic = automatic,
            Model = model,
            User = user,
            Needs = needs,
            Tokens = tokens,
            Call = call,
            Streamed = streamed,
            Origin = known ? "eu" : null,
            Left = known ? 0.25 : null,
            CostNanoUsd = known ? tokens * 1_000_000L : null,
            Feature = known ? "f1" : null,
            Tags = known ? ["a"] : [],
            Class = known ? Sketch.Classified(category, tokens / 100.0, language: "de") : null,
        };

    private static Gen<StoredRule> OneRule =>
        from conditions in Conditions
        from priority in Gen.Choose(0, 3)
        from enabled in Gen.Elements(true, true, true, false)
        from action in Actions
        select Sketch.Rule(conditions, priority: priority, enabled: enabled, action: action);

    [Fact]
    public void The_same_call_and_the_same_rules_give_the_same_rule_and_the_same_explanation() => ForAll(static (rules, call) =>
    {
        var (first, second) = (new RuleTrace(), new RuleTrace());
        var one = new RuleSet(rules).Match(call.Facts(), first);
        var set = new RuleSet([.. rules.Reverse()]);
        var facts = call.Facts();
        var other = set.Match(facts, second);
        return one?.Id == other?.Id && set.Match(facts, null) == other && Text(first) == Text(second);
    });

    [Fact]
    public void The_rule_is_the_first_by_priority_and_id_of_those_that_match_alone() => ForAll(static (rules, call) =>
    {
        var expected = rules.Where(r => new RuleSet([r]).Match(call.Facts(), null) is not null)
            .OrderByDescending(static r => r.Priority).ThenBy(static r => r.Id, StringComparer.Ordinal).FirstOrDefault();
        return new RuleSet(rules).Match(call.Facts(), null)?.Id == expected?.Id;
    });

    [Fact]
    public void Every_rule_is_explained_once_and_the_decision_has_a_reason_that_names_its_rule() => ForAll(static (rules, call) =>
    {
        var trace = new RuleTrace();
        var found = new RuleSet(rules).Match(call.Facts(), trace);
        return trace.Steps.Select(static s => s.Id).Order(StringComparer.Ordinal).SequenceEqual(rules.Select(static r => r.Id).Order(StringComparer.Ordinal))
            && trace.Steps.All(static s => s.Why.Length > 0 && (s.Condition is not null) == (s.Outcome == RuleOutcome.NotMatched))
            && trace.Steps.Count(static s => s.Outcome == RuleOutcome.Matched) == (found is null ? 0 : 1)
            && (found is null || found.Reason.Contains(found.Id, StringComparison.Ordinal));
    });

    private static string Text(RuleTrace trace) => string.Join('\n', trace.Steps.Select(static s => $"{s.Id} {s.Outcome} {s.Condition} {s.Why} {string.Join(',', s.Undecided)}"));

    private static void ForAll(Func<StoredRule[], Sketch, bool> holds)
    {
        var cases =
            from rules in Sets
            from call in Calls
            select (rules, call);
        Prop.ForAll(cases.ToArbitrary(), c => holds(c.rules, c.call)).Check(Runs);
    }

    private static Gen<string> Nested(int depth) => depth == 0
        ? Gen.Elements(Leaves)
        : Gen.OneOf(
            Gen.Elements(Leaves),
            from word in Gen.Elements("all", "any", "none")
            from count in Gen.Choose(1, 3)
            from parts in Nested(depth - 1).ArrayOf(count)
            select $$"""{"{{word}}":[{{string.Join(',', parts)}}]}""");
}
