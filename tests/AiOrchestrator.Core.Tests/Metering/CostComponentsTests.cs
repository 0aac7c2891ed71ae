using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Tests.Metering;

/// <summary>Every class of tokens at its own price. 1 USD per million tokens is 1,000 nano-dollars per token.</summary>
public sealed class CostComponentsTests
{
    private const string All =
        """
        "usd_per_million": { "input": "2", "cache_read": "0.2", "cache_write_5m": "2.5", "cache_write_1h": "4", "input_audio": "20", "input_image": "5",
          "input_video": "7", "cache_read_audio": "3", "cache_read_image": "1", "output": "8", "output_audio": "80", "output_image": "30",
          "output_video": "40", "output_citation": "6", "reasoning": "9" }
        """;

    [Fact]
    public void Each_class_of_prompt_tokens_has_its_own_price()
    {
        var usage = new TokenUsage(1_000, 0, cachedPromptTokens: 100)
        {
            CacheWritePromptTokens = 60,
            CacheWrite1hPromptTokens = 20,
        };

        // 840 x 2,000 + 100 x 200 + 40 x 2,500 + 20 x 4,000
        Assert.Equal(1_680_000 + 20_000 + 100_000 + 80_000, CostEngine.CostNanoUsd(TestPrices.Price(All), usage));
        Assert.Equal(
            (970 * 2_000) + (10 * 20_000) + (15 * 5_000) + (5 * 7_000),
            CostEngine.CostNanoUsd(TestPrices.Price(All), new TokenUsage(1_000, 0, audioPromptTokens: 10) { ImagePromptTokens = 15, VideoPromptTokens = 5 }));
    }

    [Fact]
    public void Each_class_of_completion_tokens_has_its_own_price()
    {
        var usage = new TokenUsage(0, 1_000, reasoningTokens: 100, audioCompletionTokens: 10)
        {
            ImageCompletionTokens = 20,
            VideoCompletionTokens = 30,
            CitationTokens = 40,
        };
        ModelPrice price = TestPrices.Price(All);
        CostBreakdown breakdown = CostEngine.Price(price, usage);

        Assert.Equal(1_000, breakdown.Lines.Sum(line => line.Quantity));
        Assert.Equal(breakdown.TotalNanoUsd, CostEngine.CostNanoUsd(price, usage));
        Assert.Equal((100 * 9_000) + (900 * 8_000), CostEngine.CostNanoUsd(price, new TokenUsage(0, 1_000, reasoningTokens: 100)));
        Assert.Equal((40 * 6_000) + (960 * 8_000), CostEngine.CostNanoUsd(price, new TokenUsage(0, 1_000) { CitationTokens = 40 }));
        Assert.Equal(
            (10 * 80_000) + (20 * 30_000) + (30 * 40_000) + (940 * 8_000),
            CostEngine.CostNanoUsd(price, new TokenUsage(0, 1_000, audioCompletionTokens: 10) { ImageCompletionTokens = 20, VideoCompletionTokens = 30 }));
    }

    [Fact]
    public void A_class_without_a_price_is_charged_as_the_class_that_holds_it()
    {
        ModelPrice plain = TestPrices.Price(""" "usd_per_million": { "input": "1", "output": "2" } """);
        ModelPrice writes = TestPrices.Price(""" "usd_per_million": { "input": "1", "cache_write_5m": "1.25", "output": "2" } """);
        var usage = new TokenUsage(100, 10, cachedPromptTokens: 10, reasoningTokens: 5)
        {
            CacheWritePromptTokens = 40,
            CacheWrite1hPromptTokens = 30,
            ImagePromptTokens = 7,
            VideoPromptTokens = 3,
            CitationTokens = 2,
            ImageCompletionTokens = 1,
        };

        Assert.Equal((100 * 1_000) + (10 * 2_000), CostEngine.CostNanoUsd(plain, usage));
        Assert.Equal((60 * 1_000) + (40 * 1_250) + (10 * 2_000), CostEngine.CostNanoUsd(writes, usage));
    }

    [Fact]
    public void What_a_provider_says_was_cached_of_a_modality_costs_just_that()
    {
        ModelPrice price = TestPrices.Price(All);
        var told = new TokenUsage(1_000, 0, cachedPromptTokens: 100, audioPromptTokens: 50) { CachedAudioPromptTokens = 30 };

        // 30 cached audio, 20 fresh audio, 70 cached text, 880 fresh text
        Assert.Equal((30 * 3_000) + (20 * 20_000) + (70 * 200) + (880 * 2_000), CostEngine.CostNanoUsd(price, told));
    }

    [Fact]
    public void Where_it_does_not_say_the_dearer_reading_counts()
    {
        ModelPrice price = TestPrices.Price(All);
        ModelPrice noAudioCache = TestPrices.Price(""" "usd_per_million": { "input": "2", "cache_read": "0.2", "input_audio": "20", "output": "8" } """);
        var usage = new TokenUsage(1_000, 0, cachedPromptTokens: 100, audioPromptTokens: 50);

        // With a price for cached audio far below that of audio, the cached ones are text: 50 audio, 100 cached, 850.
        Assert.Equal((50 * 20_000) + (100 * 200) + (850 * 2_000), CostEngine.CostNanoUsd(price, usage));
        // Without one they are audio, which gets no discount: 50 audio, 50 cached, 900.
        Assert.Equal((50 * 20_000) + (50 * 200) + (900 * 2_000), CostEngine.CostNanoUsd(noAudioCache, usage));
    }

    [Fact]
    public void Counts_that_contradict_their_total_charge_the_total_the_dearest_first()
    {
        var usage = new TokenUsage(10, 0, cachedPromptTokens: 8, audioPromptTokens: 6) { ImagePromptTokens = 6, VideoPromptTokens = 6, CacheWritePromptTokens = 8 };
        CostBreakdown breakdown = CostEngine.Price(TestPrices.Price(All), usage);

        Assert.Equal(10, breakdown.Lines.Sum(line => line.Quantity));
        Assert.Contains(breakdown.Lines, line => line.Component == "input_audio" && line.Quantity == 6);
        Assert.DoesNotContain(breakdown.Lines, line => line.Component == "input_image");
    }

    [Theory]
    [InlineData(200_000, 0)]
    [InlineData(200_001, 200_000)]
    public void A_tier_begins_above_its_edge_for_the_whole_request(long promptTokens, long above)
    {
        ModelPrice price = TestPrices.Shipped("anthropic", "claude-sonnet-4-5");
        var usage = new TokenUsage(promptTokens, 1, cachedPromptTokens: 1_000) { CacheWritePromptTokens = 200, CacheWrite1hPromptTokens = 100 };
        CostBreakdown breakdown = CostEngine.Price(price, usage);
        long twice = above == 0 ? 1 : 2;

        Assert.Equal(above, breakdown.AboveInputTokens);
        // Written out: 3, 0.30, 3.75 and 6 dollars a million below the edge, twice that above, and 15 or 22.50 for output.
        Assert.Equal(
            (twice * (((promptTokens - 1_200) * 3_000) + (1_000 * 300) + (100 * 3_750) + (100 * 6_000))) + (above == 0 ? 15_000 : 22_500),
            breakdown.TotalNanoUsd);
    }
}
