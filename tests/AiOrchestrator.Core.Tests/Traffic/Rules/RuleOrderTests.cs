using AiOrchestrator.Core.Traffic.Rules;

namespace AiOrchestrator.Core.Tests.Traffic.Rules;

public sealed class RuleOrderTests
{
    private static readonly RuleAction Uses = new() { Use = new RuleUse { Model = "m", Fallback = ["n"] } };

    [Fact]
    public void The_higher_priority_comes_first_and_of_equals_the_first_id()
    {
        var set = new RuleSet([Rule("rul_a", 10), Rule("rul_c", 50), Rule("rul_b", 50), Rule("rul_d", 1000)]);

        Assert.Equal(["rul_d", "rul_b", "rul_c", "rul_a"], set.Rules.Select(static r => r.Id));
        Assert.Equal("rul_d", set.Match(new Sketch().Facts(), null)?.Id);
    }

    [Fact]
    public void The_first_that_matches_takes_the_call_and_the_explanation_lists_every_rule()
    {
        var set = new RuleSet(
        [
            Sketch.Rule("""{"streamed":true}""", "rul_1", 90),
            Sketch.Rule("{}", "rul_2", 80, enabled: false),
            Sketch.Rule("{}", "rul_3", 70, action: Uses),
            Sketch.Rule("""{"user":["usr_1"]}""", "rul_4", 60),
            Sketch.Rule("{}", "rul_5", 50),
            Sketch.Rule("{}", "rul_6", 40, enabled: false),
        ]);
        var trace = new RuleTrace();

        var found = set.Match(new Sketch().Facts(), trace);

        Assert.Equal("rul_4", found?.Id);
        Assert.Equal(
            [
                ("rul_1", RuleOutcome.NotMatched, "no stream is asked for"),
                ("rul_2", RuleOutcome.Disabled, "it is disabled"),
                ("rul_3", RuleOutcome.NotForExplicit, "the caller named the model 'gpt-4o', and the rule does not replace that"),
                ("rul_4", RuleOutcome.Matched, "all its conditions hold"),
                ("rul_5", RuleOutcome.NotReached, "the rule 'rul_4' took the call before it"),
                ("rul_6", RuleOutcome.Disabled, "it is disabled"),
            ],
            trace.Steps.Select(static s => (s.Id, s.Outcome, s.Why)));
    }

    [Fact]
    public void Nothing_matches_where_nothing_is_there()
    {
        Assert.Null(new RuleSet([]).Match(new Sketch().Facts(), null));
        Assert.Null(new RuleSet([Sketch.Rule("{}", enabled: false)]).Match(new Sketch().Facts(), null));
    }

    [Fact]
    public void Who_serves_is_for_the_rule_to_say_only_where_the_caller_has_not_said_it()
    {
        var explicitCall = new Sketch().Facts();
        var automatic = new Sketch { Automatic = true }.Facts();
        var replacing = Uses with { ReplacesExplicit = true };
        var setting = Uses with { Set = new RuleSettings { MaxTokensCap = 10 } };

        Assert.Null(Only(Uses).Match(explicitCall, null));
        Assert.Equal("m", Only(Uses).Match(automatic, null)?.UseFor(automatic)?.Model);
        Assert.Equal("m", Only(replacing).Match(explicitCall, null)?.UseFor(explicitCall)?.Model);

        var set = Only(setting).Match(explicitCall, null);
        Assert.NotNull(set);
        Assert.Null(set.UseFor(explicitCall));
        Assert.Equal(10, set.Action.Set?.MaxTokensCap);
    }

    [Fact]
    public void Denials_settings_and_marks_act_on_every_call()
    {
        var call = new Sketch().Facts();

        Assert.NotNull(Only(new RuleAction { Deny = new RuleDenial("no") }).Match(call, null));
        Assert.NotNull(Only(new RuleAction { Set = new RuleSettings { MaxTokensDefault = 5 } }).Match(call, null));
        Assert.NotNull(Only(new RuleAction { Mark = ["a"] }).Match(call, null));
    }

    [Fact]
    public void A_rule_gives_its_models_in_order_its_parameters_by_name_and_a_reason_that_names_it()
    {
        using var value = System.Text.Json.JsonDocument.Parse("""{"top_p":0.50,"service_tier":"flex"}""");
        var parameters = value.RootElement.EnumerateObject().ToDictionary(static p => p.Name, static p => p.Value, StringComparer.Ordinal);
        var rule = Only(Uses with { Set = new RuleSettings { Parameters = parameters } }).Rules[0];

        Assert.Equal(["m", "n"], rule.Models.Select(static m => m.Model));
        Assert.Equal([("service_tier", "\"flex\""), ("top_p", "0.50")], rule.Parameters.Select(static p => (p.Name, System.Text.Encoding.UTF8.GetString(p.Json.Span))));
        Assert.Equal("rule:rul_1", rule.Reason);
    }

    /// <summary>More keywords than lie on the stack.</summary>
    [Fact]
    public void Very_many_keywords_are_found_like_few()
    {
        var rules = Enumerable.Range(0, 100).Select(i => Sketch.Rule(
            $$$"""{"keywords":{"any":[{{{string.Join(',', Enumerable.Range(0, 50).Select(k => $"\"word{i}x{k}\""))}}}]}}""", $"rul_{i:000}")).ToList();
        var set = new RuleSet(rules);

        Assert.Equal("rul_073", set.Match(new Sketch { Said = "say WORD73x49, please" }.Facts(), null)?.Id);
        Assert.Null(set.Match(new Sketch { Said = "say word73x50, please" }.Facts(), null));
    }

    [Fact]
    public void Matching_allocates_nothing_once_the_text_is_read()
    {
        var set = new RuleSet(
        [
            .. SystemRules.All,
            Sketch.Rule("""{"pattern":{"regex":"\\d{7}"},"time":{"days":["fri"],"zone":"Asia/Tokyo"}}"""),
            Sketch.Rule("""{"category":["agentic"],"none":[{"region":["us"]}]}""", "rul_2"),
            Sketch.Rule("""{"estimated_cost_usd":{"min":"9"},"tags":["x"]}""", "rul_3"),
        ]);
        var facts = new Sketch { Automatic = true, Said = "The ferry leaves at noon.", Class = Sketch.Classified(Core.Traffic.Facts.TaskCategory.Simple), Origin = "eu", Tags = ["x"] }.Facts();
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(set.Match(facts, null));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = set.Match(facts, null);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static RuleSet Only(RuleAction action) => new([Sketch.Rule("{}", action: action)]);

    private static StoredRule Rule(string id, int priority) => Sketch.Rule("{}", id, priority);
}
