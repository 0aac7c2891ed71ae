using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Traffic.Rules;

namespace AiOrchestrator.Core.Tests.Traffic.Rules;

/// <summary>A call in few words, and rules as requests write them.</summary>
internal sealed record Sketch
{
    /// <summary>2027-01-15T08:00:00Z, a Friday.</summary>
    public const long FridayAtEight = 1_800_000_000_000;

    public ModelCall Call { get; init; } = ModelCall.ChatCompletions;

    public string Model { get; init; } = "gpt-4o";

    public bool Automatic { get; init; }

    public TaskCategory? Asked { get; init; }

    public CallNeeds Needs { get; init; }

    public long Tokens { get; init; } = 100;

    public bool Streamed { get; init; }

    public IReadOnlyList<string> Files { get; init; } = [];

    public string Key { get; init; } = "key_1";

    public string User { get; init; } = "usr_1";

    public IReadOnlyList<string> Wallets { get; init; } = ["wal_project", "wal_team", "wal_org"];

    public string? Feature { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public string? EndUser { get; init; }

    public string? Origin { get; init; }

    public long At { get; init; } = FridayAtEight;

    public string System { get; init; } = "";

    /// <summary>The user's last turn; null: the words of the call are not read.</summary>
    public string? Said { get; init; } = "";

    public bool Cut { get; init; }

    /// <summary>Whether the cut goes through the user's last turn.</summary>
    public bool LastCut { get; init; }

    /// <summary>Whether it has words that are not read, as forms have.</summary>
    public bool Unread { get; init; }

    public long? CostNanoUsd { get; init; }

    public double? Left { get; init; }

    public Classification? Class { get; init; }

    public static Classification Classified(
        TaskCategory category, double confidence = 0.9, TaskComplexity complexity = TaskComplexity.Low, string language = "en") =>
        new(category, confidence, "test", complexity, language, 10, CallNeeds.None);

    /// <summary>Facts of their own: nothing has been found out yet.</summary>
    public CallFacts Facts() => new()
    {
        Call = Call,
        Model = Automatic ? CallFacts.Automatic : Model,
        IsAutomatic = Automatic,
        CategoryAsked = Asked,
        Needs = Needs,
        PromptTokens = Tokens,
        IsStreamed = Streamed,
        FileNames = Files,
        OrganisationId = "org_1",
        KeyId = Key,
        UserId = User,
        WalletIds = Wallets,
        FeatureId = Feature,
        Tags = Tags,
        EndUser = EndUser,
        Origin = Origin,
        UnixMs = At,
        ReadText = Said is null ? null : Unread ? static _ => PromptText.Unread
            : _ => new PromptText($"{System}\n{Said}".AsMemory(), System.Length + 1, 1, Cut) { IsLastUserCut = LastCut },
        Classify = Class is null ? null : _ => Class,
        EstimateCost = _ => CostNanoUsd,
        FindBudgetLeft = _ => Left,
    };

    /// <summary>A rule with conditions as a request has them, read as the endpoint reads them.</summary>
    public static StoredRule Rule(string conditions, string id = "rul_1", int priority = 50, bool enabled = true, RuleAction? action = null) =>
        new(id, id, null, priority, enabled, Conditions(conditions), action ?? new RuleAction { Mark = ["seen"] }, "admin", 1, 1);

    /// <summary>The step of the only rule there is.</summary>
    public RuleStep Step(string conditions)
    {
        var trace = new RuleTrace();
        var set = new RuleSet([Rule(conditions)]);
        var found = set.Match(Facts(), trace);
        Assert.Same(found, set.Match(Facts(), null));
        var step = Assert.Single(trace.Steps);
        Assert.Equal(found is not null, step.Outcome == RuleOutcome.Matched);
        return step;
    }

    /// <summary>What a request's conditions come to, or why they are refused.</summary>
    public static Result<RuleCondition> Read(string conditions)
    {
        using var document = JsonDocument.Parse($$"""{"conditions":{{conditions}}}""");
        var body = new MemberReader(document.RootElement.Clone());
        var read = new ReadConditions(new TzdbTimeZones(), static id => id.StartsWith("wal_", StringComparison.Ordinal)).Run(body);
        return body.Finish() is { } problems ? problems : read ?? new RuleCondition();
    }

    private static RuleCondition Conditions(string conditions)
    {
        var read = Read(conditions);
        return read.Failed ? throw new ArgumentException(read.Failure.Message, nameof(conditions)) : read.Value;
    }
}
