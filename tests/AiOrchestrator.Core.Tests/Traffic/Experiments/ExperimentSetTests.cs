using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Experiments;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Tests.Traffic.Experiments;

public sealed class ExperimentSetTests
{
    /// <summary>0.999 of chi-square with 1, 2 and 3 degrees of freedom, from published tables.</summary>
    private const double Chi1 = 10.828;
    private const double Chi2 = 13.816;
    private const double Chi3 = 16.266;

    [Fact]
    public void Lots_are_those_of_the_documented_hash()
    {
        // printf 'exp_1\nsalt\nuser-7' | sha256sum: the first 53 bits, 53 bits from the ninth byte on, and six of the 17th byte, ed.
        var (variant, audience, cluster) = ExperimentLots.Draw("exp_1", "salt", "user-7");
        Assert.Equal((0.6458846544167841, 0.9306048253035162, 46), (variant, audience, cluster));
        Assert.Equal(ExperimentLots.Draw("exp_1", "", new string('ü', 5000)), ExperimentLots.Draw("exp_1", "", new string('ü', 5000)));
    }

    [Fact]
    public void Whoever_is_asked_gets_the_same_variant_always_whatever_else_there_is()
    {
        var mine = Trials.Running();
        var before = Users(1000).ConvertAll(u => Trials.Set(mine).Assign(Trials.By(u))!.Value.Variant.Name);
        var other = Trials.Running(Trials.Experiment("exp_2") with { AppliesTo = "another" });
        var after = Users(1000).ConvertAll(u => Trials.Set(other, mine).Assign(Trials.By(u))!.Value.Variant.Name);

        Assert.Equal(before, after);
        var salted = Trials.Running(mine.Experiment with { Salt = "again" });
        Assert.NotEqual(before, Users(1000).ConvertAll(u => Trials.Set(salted).Assign(Trials.By(u))!.Value.Variant.Name));
    }

    [Fact]
    public void Variants_get_their_parts_of_the_users()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var experiment = Trials.Experiment($"exp_{seed}", new Variant("a", 5, "m"), new Variant("b", 3, "m"), new Variant("c", 2, "m"));
            var set = Trials.Set(Trials.Running(experiment));
            var counts = Users(10_000, seed).CountBy(u => set.Assign(Trials.By(u))!.Value.Variant.Name).ToDictionary();
            var square = Square(counts["a"], 5000) + Square(counts["b"], 3000) + Square(counts["c"], 2000);
            Assert.True(square < Chi2, $"seed {seed}: {square}");
        }
    }

    [Fact]
    public void Two_experiments_share_users_out_independently()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var (one, two) = (Trials.Set(Trials.Running(Trials.Experiment($"exp_a{seed}"))), Trials.Set(Trials.Running(Trials.Experiment($"exp_b{seed}"))));
            var counts = Users(8000).CountBy(u => (one.Assign(Trials.By(u))!.Value.Variant.Name, two.Assign(Trials.By(u))!.Value.Variant.Name)).ToDictionary();
            Assert.True(counts.Values.Sum(static c => Square(c, 2000)) < Chi3, $"seed {seed}");
        }
    }

    [Fact]
    public void A_part_of_the_users_takes_part_and_more_of_them_change_nobodys_variant()
    {
        var experiment = Trials.Experiment();
        var tenth = Trials.Set(Trials.Running(experiment with { Audience = new Audience(Percentage: 10) }));
        var half = Trials.Set(Trials.Running(experiment with { Audience = new Audience(Percentage: 50) }));
        var users = Users(10_000);
        var inTenth = users.Where(u => tenth.Assign(Trials.By(u)) is not null).ToList();
        var square = Square(inTenth.Count, 1000) + Square(10_000 - inTenth.Count, 9000);
        Assert.True(square < Chi1, $"{inTenth.Count}");
        Assert.All(inTenth, u => Assert.Equal(tenth.Assign(Trials.By(u)), half.Assign(Trials.By(u))));
        var split = inTenth.Count(u => tenth.Assign(Trials.By(u))!.Value.Variant.Name == "new");
        Assert.True(Square(split, inTenth.Count / 2.0) * 2 < Chi1, $"{split} of {inTenth.Count}");
    }

    [Theory]
    [InlineData(ExperimentKey.User)]
    [InlineData(ExperimentKey.Key)]
    [InlineData(ExperimentKey.EndUser)]
    [InlineData(ExperimentKey.Feature)]
    [InlineData(ExperimentKey.Request)]
    public void Lots_go_by_the_key_that_was_chosen_and_by_nothing_else(ExperimentKey key)
    {
        var set = Trials.Set(Trials.Running(Trials.Experiment() with { Key = key }));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 50; i++)
        {
            string[] others = [$"{i}u", $"{i}k", $"{i}e", $"{i}f", $"{i}"];
            others[(int)key] = "7";
            var facts = new CallFacts
            {
                Model = "gpt",
                UserId = others[0],
                KeyId = others[1],
                EndUser = others[2],
                FeatureId = others[3],
                ExchangeId = new ExchangeId(UInt128.Parse(others[4], null)),
            };
            seen.Add(set.Assign(facts)!.Value.Variant.Name);
        }

        Assert.Single(seen);
    }

    [Fact]
    public void Without_a_key_value_a_call_is_no_part_of_it()
    {
        var set = Trials.Set(Trials.Running(Trials.Experiment() with { Key = ExperimentKey.EndUser }));
        Assert.Null(set.Assign(Trials.By("u")));
        Assert.NotNull(set.Assign(new CallFacts { Model = "gpt", EndUser = "e" }));
    }

    [Fact]
    public void Only_calls_of_the_audience_and_of_the_model_take_part()
    {
        var set = Trials.Set(Trials.Running(Trials.Experiment() with { Audience = new Audience(["beta"], ["wal_team"]) }));
        Assert.NotNull(set.Assign(Facts("gpt", ["x", "beta"], ["wal_key", "wal_team"])));
        Assert.Null(set.Assign(Facts("gpt", ["x"], ["wal_key", "wal_team"])));
        Assert.Null(set.Assign(Facts("gpt", ["beta"], ["wal_other"])));
        Assert.Null(set.Assign(Facts("gpt-2", ["beta"], ["wal_team"])));
    }

    [Fact]
    public void Automatic_calls_are_met_by_their_category_first_and_are_classified_only_where_that_matters()
    {
        var any = Trials.Running(Trials.Experiment("exp_any") with { AppliesTo = "auto" });
        var coding = Trials.Running(Trials.Experiment("exp_code") with { AppliesTo = "auto:coding" }, createdUnixMs: 5);
        Assert.Equal("exp_any", Trials.Set(any).Assign(Automatic(null, null))!.Value.ExperimentId);
        Assert.Equal("exp_code", Trials.Set(any, coding).Assign(Automatic(null, TaskCategory.Coding))!.Value.ExperimentId);
        Assert.Equal("exp_code", Trials.Set(any, coding).Assign(Automatic(TaskCategory.Coding, null))!.Value.ExperimentId);
        Assert.Equal("exp_any", Trials.Set(any, coding).Assign(Automatic(TaskCategory.Simple, null))!.Value.ExperimentId);
        Assert.Null(Trials.Set(coding).Assign(Automatic(null, TaskCategory.VisionIn)));
        Assert.Null(Trials.Set(any, coding).Assign(Trials.By("u", "gpt")));
    }

    [Fact]
    public void Of_several_the_oldest_comes_first()
    {
        var old = Trials.Running(Trials.Experiment("exp_z"), createdUnixMs: 1);
        var young = Trials.Running(Trials.Experiment("exp_a"), createdUnixMs: 2);
        Assert.Equal("exp_z", Trials.Set(young, old).Assign(Trials.By("u"))!.Value.ExperimentId);
    }

    [Fact]
    public void A_winner_takes_all_calls_of_the_audience_uncounted_and_nothing_else_that_is_over_touches_any()
    {
        var over = Trials.Running(Trials.Experiment() with { Audience = new Audience(Percentage: 1), Key = ExperimentKey.EndUser }) with { State = ExperimentState.Concluded };
        var won = Trials.Set(over with { Winner = "new" });
        Assert.All(Users(100), u => Assert.Equal(("new", false), (won.Assign(Trials.By(u))!.Value.Variant.Model, won.Assign(Trials.By(u))!.Value.IsRunning)));
        foreach (var none in new[] { over, over with { State = ExperimentState.RolledBack, Winner = "new" }, over with { State = ExperimentState.Draft } })
        {
            Assert.True(Trials.Set(none).IsEmpty);
            Assert.Null(Trials.Set(none).Assign(Trials.By("u")));
        }
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        var set = Trials.Set(Trials.Running(Trials.Experiment() with { Audience = new Audience(["beta"], ["wal_team"], 50), Key = ExperimentKey.Request }));
        var facts = Facts("gpt", ["beta"], ["wal_team"]);
        for (var i = 0; i < 1000; i++)
        {
            _ = set.Assign(facts);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _ = set.Assign(facts);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static double Square(double found, double expected) => (found - expected) * (found - expected) / expected;

    private static List<string> Users(int count, int seed = 0) => [.. Enumerable.Range(0, count).Select(i => $"user-{seed}-{i}")];

    private static CallFacts Facts(string model, string[] tags, string[] wallets) => new() { Model = model, UserId = "u", Tags = tags, WalletIds = wallets };

    private static CallFacts Automatic(TaskCategory? asked, TaskCategory? found) => new()
    {
        Model = "auto",
        IsAutomatic = true,
        UserId = "u",
        CategoryAsked = asked,
        Classify = _ => found is { } category
            ? new Classification(category, 1, "it is so", TaskComplexity.Low, "en", 1, CallNeeds.None)
            : throw new InvalidOperationException("nobody needs to know"),
    };
}
