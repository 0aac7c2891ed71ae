using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Traffic.Rules;

namespace AiOrchestrator.Core.Tests.Traffic.Rules;

/// <summary>Every condition: a call for which it holds, one for which it does not, and one of which too little is known.</summary>
public sealed class ConditionTests
{
    private static readonly Sketch Nothing = new() { Said = null };

    private static readonly Dictionary<string, Row> Table = Rows().ToDictionary(static r => r.Condition, StringComparer.Ordinal);

    public static TheoryData<string> Conditions => [.. Table.Keys];

    [Theory]
    [MemberData(nameof(Conditions))]
    public void It_holds(string condition)
    {
        var step = Table[condition].Yes.Step(condition);

        Assert.Equal((RuleOutcome.Matched, null, "all its conditions hold"), (step.Outcome, step.Condition, step.Why));
        Assert.Empty(step.Undecided);
    }

    [Theory]
    [MemberData(nameof(Conditions))]
    public void It_does_not_hold_and_says_why(string condition)
    {
        var row = Table[condition];

        var step = row.No.Step(condition);

        Assert.Equal((RuleOutcome.NotMatched, Path(condition)), (step.Outcome, step.Condition));
        Assert.Equal(row.Why, step.Why);
        Assert.Empty(step.Undecided);
    }

    [Theory]
    [MemberData(nameof(Conditions))]
    public void What_is_not_known_makes_it_false_and_is_told(string condition)
    {
        if (Table[condition].Unknown is not { } unknown)
        {
            return;
        }

        var step = unknown.Step(condition);

        Assert.Equal((RuleOutcome.NotMatched, Path(condition)), (step.Outcome, step.Condition));
        Assert.Equal([Path(condition)], step.Undecided);
        Assert.Matches("not known|not read|not classified|cannot be told", step.Why);
    }

    [Fact]
    public void The_table_holds_every_condition_there_is()
    {
        var members = typeof(RuleCondition).GetProperties().Select(static p => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name)).Except(["all", "any", "none"], StringComparer.Ordinal);

        Assert.Empty(members.Except(Table.Keys.Select(static c => Path(c)["conditions.".Length..]), StringComparer.Ordinal));
    }

    private static string Path(string condition) => $"conditions.{condition.Split('"')[1]}";

    private static IEnumerable<Row> Rows() => [.. OfTheCall(), .. OfTheCaller(), .. OfTheText(), .. OfTheClassification()];

    private static IEnumerable<Row> OfTheCall() =>
    [
        new("""{"model":["gpt-*","o3"]}""", new() { Model = "gpt-5" }, new() { Model = "claude-opus-4-5" }, "the model is 'claude-opus-4-5', not 'gpt-*', 'o3'", Nothing with { Model = "" }),
        new("""{"call":["embeddings","responses"]}""", new() { Call = ModelCall.Responses }, new(), "the call: chat; not embeddings, responses"),
        new("""{"call":["videos"]}""", new() { Call = ModelCall.VideoRemixes }, new() { Call = ModelCall.Messages }, "the call: messages; not videos"),
        new("""{"capability":["vision","tools"]}""", new() { Needs = CallNeeds.Tools }, new() { Needs = CallNeeds.Json }, "asked of the model: json; not vision, tools"),
        new("""{"streamed":true}""", new() { Streamed = true }, new(), "no stream is asked for"),
        new("""{"streamed":false}""", new(), new() { Streamed = true }, "a stream is asked for"),
        new("""{"prompt_tokens":{"min":10,"max":100}}""", new() { Tokens = 10 }, new() { Tokens = 101 }, "the prompt is about 101 tokens, more than 100"),
        new("""{"prompt_tokens":{"min":10}}""", new() { Tokens = 1_000_000 }, new() { Tokens = 9 }, "the prompt is about 9 tokens, fewer than 10"),
        new("""{"attachments":["audio","video"]}""", new() { Needs = CallNeeds.VideoIn }, new() { Needs = CallNeeds.Vision }, "attached: image; not audio, video"),
        new("""{"attachments":["image"]}""", new() { Needs = CallNeeds.Vision }, new() { Needs = CallNeeds.Documents }, "attached: document; not image"),
        new("""{"attachments":["code"]}""", new() { Files = ["notes.txt", "Main.PY"], Said = null }, new() { Files = ["py", "a.txt"] }, "attached: none; not code", Nothing with { Files = ["a.txt"] }),
        new("""{"attachments":["document","code"]}""", new() { Said = "Look:\n```\nx = 1\n```" }, new() { System = "```", Said = "and ``?" }, "attached: none; not document, code", Nothing),
        new("""{"time":{"days":["fri"],"from":"09:00","to":"10:00","zone":"Europe/Berlin"}}""", new(), new() { At = Sketch.FridayAtEight + 3_600_000 }, "it is fri 10:00 in Europe/Berlin, not fri 09:00 to 10:00"),
        new("""{"time":{"from":"08:00"}}""", new(), new() { At = Sketch.FridayAtEight - 1 }, "it is fri 07:59 in UTC, not sun, mon, tue, wed, thu, fri, sat 08:00 to 24:00"),
        new("""{"estimated_cost_usd":{"min":"0.50"}}""", new() { CostNanoUsd = 500_000_000 }, new() { CostNanoUsd = 499_999_999 }, "the call would cost 0.499999999 USD, less than 0.50", new()),
        new("""{"estimated_cost_usd":{"max":"1"}}""", new() { CostNanoUsd = 1_000_000_000 }, new() { CostNanoUsd = 1_000_000_001 }, "the call would cost 1.000000001 USD, more than 1.00", new()),
    ];

    private static IEnumerable<Row> OfTheCaller() =>
    [
        new("""{"tags":["Nightly","batch"]}""", new() { Tags = ["x", "nightly"] }, new() { Tags = ["day"] }, "the tags are 'day', not 'Nightly', 'batch'"),
        new("""{"team":["wal_team"]}""", new(), new() { Wallets = ["wal_org"] }, "the wallets that pay are 'wal_org', not 'wal_team'"),
        new("""{"feature_id":["check*"]}""", new() { Feature = "checkout" }, new() { Feature = "search" }, "the feature is 'search', not 'check*'", new()),
        new("""{"user":["usr_1"]}""", new(), new() { User = "usr_2" }, "the user is 'usr_2', not 'usr_1'", new() { User = "" }),
        new("""{"key":["key_*"]}""", new(), new() { Key = "admin" }, "the key is 'admin', not 'key_*'", new() { Key = "" }),
        new("""{"end_user":["u-7"]}""", new() { EndUser = "u-7" }, new() { EndUser = "u-8" }, "the end user is 'u-8', not 'u-7'", new()),
        new("""{"region":["eu","ch"]}""", new() { Origin = "EU" }, new() { Origin = "us" }, "the region the call comes from is 'us', not 'eu', 'ch'", new()),
        new("""{"budget_left":{"below":0.2}}""", new() { Left = 0.19 }, new() { Left = 0.2 }, "0.2 of the budget is left, not below 0.2", new()),
        new("""{"budget_left":{"above":0.1,"below":0.5}}""", new() { Left = 0.3 }, new() { Left = 0.1 }, "0.1 of the budget is left, not above 0.1", new()),
    ];

    private static IEnumerable<Row> OfTheText() =>
    [
        new("""{"characters":{"max":5}}""", new() { System = "long enough", Said = "short" }, new() { Said = "longer" }, "the user's last turn has 6 characters, more than 5", Nothing),
        new("""{"characters":{"min":5,"in":"all"}}""", new() { System = "abc", Said = "d" }, new() { System = "a", Said = "bc" }, "the prompt has 4 characters, fewer than 5", Nothing),
        new("""{"characters":{"min":131072,"in":"all"}}""", new() { Said = "x", Cut = true }, new() { Said = "x" }, "the prompt has 2 characters, fewer than 131072", Nothing),
        new("""{"characters":{"max":131071}}""", new() { Said = "x", Cut = true }, new() { Said = "x", Cut = true, LastCut = true }, "the user's last turn has more than any bound of characters, more than 131071", new() { Unread = true }),
        new("""{"characters":{"max":131072,"in":"all"}}""", new() { Said = "x" }, new() { Said = "x", Cut = true }, "the prompt has more than any bound of characters, more than 131072", new() { Unread = true }),
        new("""{"pattern":{"regex":"^$"}}""", new(), new() { Said = "x" }, "the user's last turn holds no match of '^$'", new() { Unread = true }),
        new("""{"keywords":{"any":["fix","typo"]}}""", new() { Said = "A Typo, please" }, new() { System = "fix", Said = "prefix" }, "the user's last turn holds none of 'fix', 'typo'", Nothing),
        new("""{"keywords":{"all":["fix","typo"],"in":"all"}}""", new() { System = "fix", Said = "a typo" }, new() { Said = "fix it" }, "the prompt does not hold 'typo'", Nothing),
        new("""{"command":["/fast","/now"]}""", new() { Said = " /FAST what is it" }, new() { Said = "/faster or /fast" }, "the user's last turn does not begin with '/fast', '/now'", Nothing),
        new("""{"pattern":{"regex":"(?i)order \\d{4}"}}""", new() { Said = "My Order 1234" }, new() { System = "order 1234", Said = "order 12" }, "the user's last turn holds no match of '(?i)order \\d{4}'", Nothing),
        new("""{"pattern":{"regex":"^x","in":"all"}}""", new() { System = "x" }, new() { Said = "x" }, "the prompt holds no match of '^x'", Nothing),
    ];

    private static IEnumerable<Row> OfTheClassification() =>
    [
        new("""{"category":["coding","reasoning"]}""", Of(TaskCategory.Coding), Of(TaskCategory.Simple), "the category is 'simple', not coding, reasoning", new()),
        new("""{"category":["agentic"]}""", new() { Asked = TaskCategory.Agentic }, new() { Asked = TaskCategory.Medium, Class = Sketch.Classified(TaskCategory.Agentic) }, "the category is 'medium', not agentic", new()),
        new("""{"min_confidence":0.7}""", new() { Class = Sketch.Classified(TaskCategory.Coding, 0.7) }, new() { Class = Sketch.Classified(TaskCategory.Coding, 0.69) }, "the category is sure by 0.69, less than 0.7", new()),
        new("""{"min_confidence":1}""", new() { Asked = TaskCategory.Coding }, Of(TaskCategory.Coding), "the category is sure by 0.9, less than 1", new()),
        new("""{"complexity":["HIGH","medium"]}""", new() { Class = Sketch.Classified(TaskCategory.Coding, complexity: TaskComplexity.High) }, Of(TaskCategory.Coding), "the complexity is LOW, not MEDIUM, HIGH", new()),
        new("""{"language":["DE","fr"]}""", new() { Class = Sketch.Classified(TaskCategory.Simple, language: "de") }, Of(TaskCategory.Simple), "the prompt's language is 'en', not 'de', 'fr'", new() { Class = Sketch.Classified(TaskCategory.Simple, language: "und") }),
    ];

    private static Sketch Of(TaskCategory category) => new() { Class = Sketch.Classified(category) };

    private sealed record Row(string Condition, Sketch Yes, Sketch No, string Why, Sketch? Unknown = null);
}
