using AiOrchestrator.Core.Traffic.Assignments;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Facts;
using FsCheck;
using FsCheck.Fluent;

namespace AiOrchestrator.Core.Tests.Traffic.Assignments;

public sealed class AssignmentTests
{
    private const long Now = 1_000_000;

    private static readonly CallFacts Call = new()
    {
        OrganisationId = "org",
        UserId = "user",
        WalletIds = ["leaf", "root"],
        PromptTokens = 500,
        Tags = ["batch", "night"],
        UnixMs = Now,
    };

    /// <summary>From the most specific to the widest.</summary>
    private static readonly (Level Level, string Subject)[] Places =
        [(Level.User, "user"), (Level.Team, "leaf"), (Level.Team, "root"), (Level.Company, "org"), (Level.Global, "*")];

    private static readonly bool[] Both = [true, false];

    private static readonly Gen<Assignment> Assignments =
        from place in Gen.Elements([.. Places, (Level.User, "other"), (Level.Team, "elsewhere")])
        from task in Gen.Elements("*", "coding", "simple")
        from priority in Gen.Choose(0, 3)
        from id in Gen.Choose(0, 1_000_000)
        from expires in Gen.Elements<long?>(null, Now - 1, Now, Now + 1)
        from min in Gen.Elements<long?>(null, 500, 501)
        from max in Gen.Elements<long?>(null, 499, 500)
        from tag in Gen.Elements(null, "night", "day")
        from isOverride in Gen.Elements(true, false)
        select new Assignment($"asg_{id:d7}", place.Item1, place.Item2, task, $"m{id}", [], Priority: priority, ExpiresUnixMs: expires, IsOverride: isOverride)
        {
            Conditions = (min, max, tag) == default ? null : new AssignmentConditions(min, max, tag is null ? null : [tag]),
        };

    [Fact]
    public void The_most_specific_level_wins_then_the_priority_then_the_id_among_those_that_hold() => Prop.ForAll(
        (from count in Gen.Choose(0, 12) from all in Assignments.ArrayOf(count) select all.DistinctBy(static a => a.Id).ToArray()).ToArbitrary(),
        static all =>
        {
            var set = Set(all);
            return Both.All(overrides =>
            {
                var holding = all.Where(a => a.IsOverride == overrides && Holds(a)).ToList();
                var expected = Places.Select(place => holding.Where(a => (a.Level, a.Subject) == place).OrderByDescending(static a => a.Priority)
                    .ThenBy(static a => a.Id, StringComparer.Ordinal).FirstOrDefault()).FirstOrDefault(static a => a is not null);
                return ReferenceEquals(expected, set.Find(Call, TaskCategory.Coding, overrides)) && set.HasAny(overrides) == all.Any(a => a.IsOverride == overrides);
            });
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));

    [Fact]
    public void One_that_expires_holds_until_that_very_millisecond()
    {
        var set = Set(New("asg_1", "team", Level.Team, "leaf") with { ExpiresUnixMs = Now }, New("asg_2", "company", Level.Company, "org"));

        Assert.Equal("team", set.Find(At(Now - 1), TaskCategory.Simple, overrides: false)!.PrimaryModel);
        Assert.Equal("company", set.Find(At(Now), TaskCategory.Simple, overrides: false)!.PrimaryModel);

        static CallFacts At(long unixMs) => new() { OrganisationId = "org", UserId = "user", WalletIds = ["leaf", "root"], UnixMs = unixMs };
    }

    [Fact]
    public void The_models_that_may_do_the_work_are_those_named_and_those_allowed()
    {
        var any = New("asg_1", "a", Level.Global, "*");
        var some = any with { FallbackModels = ["b"], AllowedModels = ["c*"] };

        Assert.True(any.Allows("z"));
        Assert.Equal(["a", "b"], some.Models);
        Assert.Equal((true, true, true, false), (some.Allows("a"), some.Allows("b"), some.Allows("cc"), some.Allows("z")));
    }

    [Fact]
    public void Finding_one_allocates_nothing()
    {
        var set = Set(New("asg_1", "m", Level.Global, "*") with { Conditions = new AssignmentConditions(Tags: ["night"]) }, New("asg_2", "n", Level.User, "other"));
        Assert.NotNull(set.Find(Call, TaskCategory.Coding, overrides: false));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _ = set.Find(Call, TaskCategory.Coding, overrides: false);
            _ = set.Find(Call, TaskCategory.Coding, overrides: true);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static bool Holds(Assignment a) =>
        (a.ExpiresUnixMs is null || a.ExpiresUnixMs > Now) && a.TaskType is "*" or "coding" && (a.ExpiresUnixMs is null || a.ExpiresUnixMs > Now)
        && (a.Conditions is not { } c || (c.MinPromptTokens is not 501 && c.MaxPromptTokens is not 499 && (c.Tags is null || c.Tags.Contains("night"))));

    private static Assignment New(string id, string model, Level level, string subject) => new(id, level, subject, "*", model, []);

    private static AssignmentSet Set(params Assignment[] all) => new("org", [.. all.Select(static a => new StoredAssignment(a.Id, a, 0))]);
}
