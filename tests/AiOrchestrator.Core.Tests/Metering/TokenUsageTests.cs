using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Tests.Metering;

public sealed class TokenUsageTests
{
    [Fact]
    public void A_part_larger_than_its_total_is_clamped_to_it()
    {
        var usage = new TokenUsage(
            10, 20, cachedPromptTokens: 11, audioPromptTokens: 12, reasoningTokens: 21, audioCompletionTokens: 22,
            acceptedPredictionTokens: 23, rejectedPredictionTokens: 24);

        Assert.Equal(new TokenUsage(10, 20, 10, 10, 20, 20, 20, 20), usage);
        Assert.Equal(10, usage.CachedPromptTokens);
        Assert.Equal(20, usage.RejectedPredictionTokens);
    }

    [Fact]
    public void Parts_within_their_totals_are_kept_each_in_its_place()
    {
        var usage = new TokenUsage(100, 200, 1, 2, 3, 4, 5, 6);

        Assert.Equal((100L, 200L), (usage.PromptTokens, usage.CompletionTokens));
        Assert.Equal((1L, 2L), (usage.CachedPromptTokens, usage.AudioPromptTokens));
        Assert.Equal((3L, 4L), (usage.ReasoningTokens, usage.AudioCompletionTokens));
        Assert.Equal((5L, 6L), (usage.AcceptedPredictionTokens, usage.RejectedPredictionTokens));
    }

    [Theory]
    [InlineData(-1, 0, 0)]
    [InlineData(0, -1, 0)]
    [InlineData(5, 0, -1)]
    [InlineData(TokenUsage.MaxTokens + 1, 0, 0)]
    [InlineData(0, TokenUsage.MaxTokens + 1, 0)]
    public void Negative_or_absurd_counts_are_a_bug_of_the_caller(long prompt, long completion, long cached)
        => Assert.Throws<ArgumentOutOfRangeException>(() => new TokenUsage(prompt, completion, cached));
}
