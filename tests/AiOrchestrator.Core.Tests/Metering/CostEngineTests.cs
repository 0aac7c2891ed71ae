using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Tests.Metering;

/// <summary>Figures worked out by hand. 1 USD per million tokens is 1,000 nano-dollars per token.</summary>
public sealed class CostEngineTests
{
    [Fact]
    public void Gpt_4o_with_cached_prompt_costs_600_400_and_250_tokens_at_three_prices()
    {
        // 600 x 2,500 + 400 x 1,250 + 250 x 10,000 = 1,500,000 + 500,000 + 2,500,000 nano-dollars
        long cost = CostEngine.CostNanoUsd(TestPrices.Shipped("openai", "gpt-4o"), new TokenUsage(1_000, 250, cachedPromptTokens: 400));

        Assert.Equal(4_500_000, cost);
    }

    [Fact]
    public void Echo_costs_something()
    {
        // 10 x 100 + 5 x 400
        Assert.Equal(3_000, CostEngine.CostNanoUsd(TestPrices.Shipped("echo", "echo"), new TokenUsage(10, 5)));
    }

    [Fact]
    public void An_embedding_costs_its_prompt()
    {
        // 12 x 20
        Assert.Equal(240, CostEngine.CostNanoUsd(TestPrices.Shipped("openai", "text-embedding-3-small"), new TokenUsage(12, 0)));
    }

    [Theory]
    [InlineData(1, 1)] // 0.4 of a nano-dollar is charged as one
    [InlineData(2, 1)]
    [InlineData(3, 2)] // 1.2
    [InlineData(5, 2)] // exactly 2
    [InlineData(0, 0)]
    public void A_fraction_of_a_nano_dollar_is_rounded_up(long promptTokens, long expectedNanoUsd)
    {
        ModelPrice price = TestPrices.Price("""  "usd_per_million": { "input": "0.0004", "output": "0" } """);

        Assert.Equal(expectedNanoUsd, CostEngine.CostNanoUsd(price, new TokenUsage(promptTokens, 0)));
    }

    [Fact]
    public void A_request_is_rounded_once_not_once_for_each_part()
    {
        ModelPrice price = TestPrices.Price("""  "usd_per_million": { "input": "0.0004", "cache_read": "0.0003", "output": "0.0003" } """);

        // 0.4 + 0.3 + 0.3 is one nano-dollar; rounded part by part it would be three.
        Assert.Equal(1, CostEngine.CostNanoUsd(price, new TokenUsage(2, 1, cachedPromptTokens: 1)));
    }

    [Fact]
    public void The_smallest_price_that_can_be_stated_is_not_lost()
    {
        ModelPrice price = TestPrices.Price("""  "usd_per_million": { "input": "0.000000001", "output": "0" } """);

        Assert.Equal(1, CostEngine.CostNanoUsd(price, new TokenUsage(1, 0)));
        Assert.Equal(1, CostEngine.CostNanoUsd(price, new TokenUsage(1_000_000, 0)));
        Assert.Equal(2, CostEngine.CostNanoUsd(price, new TokenUsage(1_000_001, 0)));
    }

    [Fact]
    public void Cached_tokens_without_a_price_of_their_own_cost_full_input()
    {
        ModelPrice price = TestPrices.Price("""  "usd_per_million": { "input": "2", "output": "3" } """);

        Assert.Equal(10 * 2_000, CostEngine.CostNanoUsd(price, new TokenUsage(10, 0, cachedPromptTokens: 10)));
    }

    [Fact]
    public void Audio_and_reasoning_have_their_own_price_where_one_is_stated_and_that_of_the_total_otherwise()
    {
        ModelPrice priced = TestPrices.Price("""  "usd_per_million": { "input": "1", "input_audio": "10", "output": "2", "output_audio": "20", "reasoning": "5" } """);
        ModelPrice plain = TestPrices.Price("""  "usd_per_million": { "input": "1", "output": "2" } """);
        var usage = new TokenUsage(100, 50, audioPromptTokens: 30, reasoningTokens: 10, audioCompletionTokens: 5);

        Assert.Equal((70 * 1_000) + (30 * 10_000) + (35 * 2_000) + (5 * 20_000) + (10 * 5_000), CostEngine.CostNanoUsd(priced, usage));
        Assert.Equal((100 * 1_000) + (50 * 2_000), CostEngine.CostNanoUsd(plain, usage));
    }

    [Fact]
    public void Where_audio_has_its_own_price_cached_tokens_are_taken_to_be_the_audio_ones()
    {
        ModelPrice price = TestPrices.Price("""  "usd_per_million": { "input": "1", "cache_read": "0.1", "input_audio": "10", "output": "2" } """);

        // 30 audio, 40 cached: of the cached only 10 can be sure to be text.
        Assert.Equal((60 * 1_000) + (10 * 100) + (30 * 10_000), CostEngine.CostNanoUsd(price, new TokenUsage(100, 0, cachedPromptTokens: 40, audioPromptTokens: 30)));
        Assert.Equal((70 * 1_000) + (30 * 10_000), CostEngine.CostNanoUsd(price, new TokenUsage(100, 0, cachedPromptTokens: 20, audioPromptTokens: 30)));
    }

    [Fact]
    public void Audio_without_a_price_of_its_own_leaves_the_cache_its_discount()
    {
        ModelPrice price = TestPrices.Price("""  "usd_per_million": { "input": "1", "cache_read": "0.1", "output": "2" } """);

        Assert.Equal((60 * 1_000) + (40 * 100), CostEngine.CostNanoUsd(price, new TokenUsage(100, 0, cachedPromptTokens: 40, audioPromptTokens: 30)));
    }

    [Fact]
    public void Rejected_predictions_are_charged_as_completion()
    {
        ModelPrice price = TestPrices.Price("""  "usd_per_million": { "input": "1", "output": "2" } """);

        Assert.Equal(20 * 2_000, CostEngine.CostNanoUsd(price, new TokenUsage(0, 20, rejectedPredictionTokens: 12)));
    }

    [Fact]
    public void An_embedding_model_that_reports_completion_tokens_does_not_give_them_away()
    {
        ModelPrice price = TestPrices.Price("""  "usd_per_million": { "input": "1" } """, kind: "embedding");

        Assert.Equal(8 * 1_000, CostEngine.CostNanoUsd(price, new TokenUsage(5, 3)));
    }

    [Theory]
    [InlineData(200_000, 200_000L * 1_250 + 100 * 10_000)]
    [InlineData(200_001, 200_001L * 2_500 + 100 * 15_000)]
    public void Above_200k_the_whole_request_of_gemini_2_5_pro_costs_the_higher_tier(long promptTokens, long expectedNanoUsd)
        => Assert.Equal(expectedNanoUsd, CostEngine.CostNanoUsd(TestPrices.Shipped("google", "gemini-2.5-pro"), new TokenUsage(promptTokens, 100)));

    [Fact]
    public void A_price_for_each_request_is_added_once()
    {
        ModelPrice price = TestPrices.Price("""  "usd_per_million": { "input": "1", "output": "2" }, "usd_each": { "request": "0.01" } """);

        Assert.Equal(10_000_000 + 1_000, CostEngine.CostNanoUsd(price, new TokenUsage(1, 0)));
        Assert.Equal(10_000_000, CostEngine.WorstCaseNanoUsd(price, 0, 0, n: 4));
    }

    [Fact]
    public void The_largest_cost_that_can_be_stated_fits_nano_dollars()
    {
        ModelPrice price = TestPrices.Price("""  "usd_per_million": { "input": "1000000", "output": "1000000" }, "usd_each": { "request": "1000000" } """);

        Assert.Equal(2_001_000_000_000_000_000, CostEngine.CostNanoUsd(price, new TokenUsage(TokenUsage.MaxTokens, TokenUsage.MaxTokens)));
    }

    [Fact]
    public void A_breakdown_names_every_part_and_its_origin()
    {
        ModelPrice price = TestPrices.Price(
            """ "from": "2025-02-03", "usd_per_million": { "input": "2.5", "cache_read": "1.25", "output": "10" }, "usd_each": { "request": "0.01" }, "source": "price list" """);

        CostBreakdown breakdown = CostEngine.Price(price, new TokenUsage(1_000, 250, cachedPromptTokens: 400));

        Assert.Equal(
            [
                new CostLine("input", 600, 2.5m, 1_000_000, 0.0015m),
                new CostLine("cache_read", 400, 1.25m, 1_000_000, 0.0005m),
                new CostLine("output", 250, 10m, 1_000_000, 0.0025m),
                new CostLine("request", 1, 0.01m, 1, 0.01m),
            ],
            breakdown.Lines);
        Assert.Equal(14_500_000, breakdown.TotalNanoUsd);
        Assert.Equal("price list", breakdown.Source);
        Assert.Equal(new DateOnly(2025, 2, 3), breakdown.From);
    }

    [Fact]
    public void The_worst_case_of_gpt_4o_is_full_input_and_n_full_outputs()
    {
        ModelPrice price = TestPrices.Shipped("openai", "gpt-4o");

        Assert.Equal((1_000 * 2_500) + (3 * 500 * 10_000), CostEngine.WorstCaseNanoUsd(price, 1_000, 500, n: 3));
        // 5,000,000 left after the prompt, 30,000 for one token in each of three answers
        Assert.Equal(166, CostEngine.MaxCompletionTokensFor(price, 1_000, n: 3, budgetNanoUsd: 7_500_000));
        Assert.Equal(0, CostEngine.MaxCompletionTokensFor(price, 1_000, n: 3, budgetNanoUsd: 2_499_999));
        Assert.Equal(0, CostEngine.MaxCompletionTokensFor(price, 1_000, n: 1, budgetNanoUsd: -1));
    }

    [Fact]
    public void A_worst_case_no_wallet_can_hold_saturates()
    {
        ModelPrice price = TestPrices.Shipped("openai", "gpt-4o");

        Assert.Equal(long.MaxValue, CostEngine.WorstCaseNanoUsd(price, 1, long.MaxValue, int.MaxValue));
        Assert.Equal(long.MaxValue, CostEngine.WorstCaseNanoUsd(price, long.MaxValue, 0, 1));
        Assert.Equal(long.MaxValue, CostEngine.MaxCompletionTokensFor(price, 1, 1, long.MaxValue));
    }

    [Fact]
    public void Completions_that_cost_nothing_have_no_bound_but_the_prompt_must_fit()
    {
        ModelPrice price = TestPrices.Price("""  "usd_per_million": { "input": "1", "output": "0" } """);

        Assert.Equal(long.MaxValue, CostEngine.MaxCompletionTokensFor(price, 10, 1, 10_000));
        Assert.Equal(0, CostEngine.MaxCompletionTokensFor(price, 10, 1, 9_999));
        Assert.Equal(10_000, CostEngine.WorstCaseNanoUsd(price, 10, long.MaxValue, int.MaxValue));
    }

    [Fact]
    public void Charging_does_not_allocate()
    {
        ModelPrice price = TestPrices.Shipped("openai", "gpt-4o");
        PriceTable table = PriceTable.LoadEmbedded();
        _ = Charge();
        long before = GC.GetAllocatedBytesForCurrentThread();

        long sum = 0;
        for (int i = 0; i < 100; i++)
        {
            sum += Charge();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sum > 0);

        long Charge()
        {
            Assert.True(table.TryFind("openai", "gpt-4o-2024-08-06", TestPrices.Noon, out ModelPrice? found));
            return CostEngine.CostNanoUsd(found, new TokenUsage(1_000, 250, 400)) + CostEngine.WorstCaseNanoUsd(price, 1_000, 500, 2);
        }
    }
}
