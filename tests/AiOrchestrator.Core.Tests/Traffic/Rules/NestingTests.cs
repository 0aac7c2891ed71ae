using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Traffic.Rules;

namespace AiOrchestrator.Core.Tests.Traffic.Rules;

public sealed class NestingTests
{
    [Theory]
    [InlineData("""{"model":["gpt-4o"],"user":["usr_1"]}""", true)]
    [InlineData("""{"model":["gpt-4o"],"user":["usr_2"]}""", false)]
    [InlineData("""{"all":[{"model":["gpt-4o"]},{"user":["usr_1"]}]}""", true)]
    [InlineData("""{"all":[{"model":["gpt-4o"]},{"user":["usr_2"]}]}""", false)]
    [InlineData("""{"any":[{"model":["x"]},{"user":["usr_1"]}]}""", true)]
    [InlineData("""{"any":[{"model":["x"]},{"user":["usr_2"]}]}""", false)]
    [InlineData("""{"none":[{"model":["x"]},{"user":["usr_2"]}]}""", true)]
    [InlineData("""{"none":[{"model":["x"]},{"user":["usr_1"]}]}""", false)]
    [InlineData("""{"user":["usr_1"],"any":[{"model":["x"]},{"model":["gpt-*"]}],"none":[{"streamed":true}]}""", true)]
    [InlineData("""{"all":[{"any":[{"none":[{"model":["gpt-4o"]}]},{"none":[{"user":["usr_2"]}]}]}]}""", true)]
    [InlineData("""{"all":[{"any":[{"none":[{"model":["gpt-4o"]}]},{"none":[{"user":["usr_1"]}]}]}]}""", false)]
    [InlineData("""{"any":[{"model":["gpt-4o"],"user":["usr_2"]}]}""", false)]
    [InlineData("{}", true)]
    public void Groups_hold_as_they_say(string conditions, bool holds) =>
        Assert.Equal(holds, new Sketch().Step(conditions).Outcome == RuleOutcome.Matched);

    [Theory]
    [InlineData("""{"all":[{"streamed":false},{"user":["usr_2"]}]}""", "conditions.all[1].user", "the user is 'usr_1', not 'usr_2'")]
    [InlineData("""{"any":[{"user":["usr_2"]},{"streamed":true}]}""", "conditions.any", "none of 2 holds: no stream is asked for; the user is 'usr_1', not 'usr_2'")]
    [InlineData("""{"none":[{"streamed":true},{"user":["usr_1"]}]}""", "conditions.none[1].user", "conditions.none[1].user holds, and must not")]
    [InlineData("""{"all":[{"none":[{"any":[{"user":["usr_1"]}]}]}]}""", "conditions.all[0].none[0].any", "conditions.all[0].none[0].any holds, and must not")]
    public void The_explanation_names_the_condition_by_its_place_in_the_request(string conditions, string path, string why)
    {
        var step = new Sketch().Step(conditions);

        Assert.Equal((path, why), (step.Condition, step.Why));
    }

    /// <summary>What is not known does not hold; so none of it holds.</summary>
    [Fact]
    public void None_of_what_is_not_known_holds_and_is_told()
    {
        var step = new Sketch().Step("""{"none":[{"region":["us"]}],"user":["usr_1"]}""");

        Assert.Equal(RuleOutcome.Matched, step.Outcome);
        Assert.Equal(["conditions.none[0].region"], step.Undecided);
    }

    [Fact]
    public void The_cheapest_is_looked_at_first_so_that_text_is_read_and_classified_only_where_it_decides()
    {
        var (reads, classified) = (0, 0);
        CallFacts Call(string user) => new()
        {
            UserId = user,
            ReadText = _ =>
            {
                reads++;
                return new PromptText("fix it".AsMemory(), 0, 1, false);
            },
            Classify = _ =>
            {
                classified++;
                return Sketch.Classified(TaskCategory.Coding);
            },
        };
        var set = new RuleSet(
            [Sketch.Rule("""{"category":["coding"],"keywords":{"any":["fix"]},"any":[{"language":["de"]},{"all":[{"pattern":{"regex":"x"}},{"user":["usr_1"]}]},{"user":["usr_1"]}],"user":["usr_1"]}""")]);

        Assert.Null(set.Match(Call("usr_2"), null));
        Assert.Equal((0, 0), (reads, classified));
        Assert.NotNull(set.Match(Call("usr_1"), null));
        Assert.Equal((1, 1), (reads, classified));
    }

    [Theory]
    [InlineData("""{"all":[]}""", "conditions.all")]
    [InlineData("""{"all":[{}]}""", "conditions.all[0]")]
    [InlineData("""{"any":[{"none":[{"all":[{"any":[{"streamed":true}]}]}]}]}""", "conditions.any[0].none[0].all[0].any")]
    [InlineData("""{"all":[{"streamed":true},{"colour":["red"],"streamed":true}]}""", "conditions.all[1].colour")]
    [InlineData("""{"all":{"streamed":true}}""", "conditions.all")]
    public void What_is_no_tree_is_refused(string conditions, string param) => Assert.Equal(param, Sketch.Read(conditions).Failure?.Param);

    [Fact]
    public void Fifty_conditions_are_taken_and_not_one_more()
    {
        static string Many(int count) => $$"""{"any":[{{string.Join(',', Enumerable.Repeat("""{"user":["a"],"streamed":true}""", count / 2))}}]}""";

        Assert.False(Sketch.Read(Many(50)).Failed);
        Assert.Equal("conditions", Sketch.Read(Many(52)).Failure?.Param);
    }
}
