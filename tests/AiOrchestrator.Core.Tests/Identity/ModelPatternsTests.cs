using AiOrchestrator.Core.Identity;

namespace AiOrchestrator.Core.Tests.Identity;

public sealed class ModelPatternsTests
{
    [Theory]
    [InlineData("gpt-4o", "gpt-4o", true)]
    [InlineData("gpt-4o", "gpt-4o-mini", false)]
    [InlineData("gpt-4o", "GPT-4o", false)]
    [InlineData("*", "anything/at:all", true)]
    [InlineData("gpt-*", "gpt-", true)]
    [InlineData("gpt-*", "gpt-4o", true)]
    [InlineData("gpt-*", "o4-mini", false)]
    [InlineData("*-mini", "gpt-4o-mini", true)]
    [InlineData("*-mini", "gpt-4o-mini-2024", false)]
    [InlineData("openai/*/x", "openai/a/b/x", true)]
    [InlineData("a*b*c", "a-b-b-c", true)]
    [InlineData("a*b*c", "a-c-b", false)]
    [InlineData("a**", "a", true)]
    [InlineData("a*a", "a", false)]
    public void A_star_stands_for_any_characters(string pattern, string model, bool allowed) =>
        Assert.Equal(allowed, new ModelPatterns([pattern]).Allows(model));

    [Fact]
    public void One_of_several_is_enough() => Assert.True(new ModelPatterns(["echo", "gpt-*"]).Allows("gpt-4o"));

    [Fact]
    public void A_name_longer_than_any_id_matches_nothing()
    {
        Assert.True(new ModelPatterns(["*"]).Allows(new string('m', 200)));
        Assert.False(new ModelPatterns(["*"]).Allows(new string('m', 201)));
    }
}
