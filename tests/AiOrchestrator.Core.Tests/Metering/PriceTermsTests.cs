using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Tests.Metering;

public sealed class PriceTermsTests
{
    private static readonly ModelPrice Price = TestPrices.Price(
        """
        "usd_per_million": { "input": "2", "output": "8" }, "tiers": [{ "above_input_tokens": 100, "usd_per_million": { "input": "4", "output": "12" } }],
        "usd_each": { "web_search": "0.01" }, "batch_factor": "0.5",
        "service_tiers": { "priority": { "usd_per_million": { "input": "3.5", "output": "14" } }, "flex": { "usd_per_million": { "input": "1", "output": "4" } } }
        """);

    [Theory]
    [InlineData(null)]
    [InlineData("default")]
    [InlineData("auto")]
    [InlineData("standard")]
    public void The_ordinary_tier_goes_by_several_names(string? tier)
        => Assert.Same(Price, Price.For(new PriceTerms(tier)));

    [Fact]
    public void Another_tier_has_its_own_price_and_one_nobody_listed_has_none()
    {
        Assert.Equal("3.50", Price.For(new PriceTerms("priority"))!.InputUsdPerMillion);
        Assert.Equal("4.00", Price.For(new PriceTerms("flex"))!.OutputUsdPerMillion);
        Assert.Null(Price.For(new PriceTerms("scale")));
        Assert.Null(Price.For(new PriceTerms("scale", IsBatch: true)));
    }

    [Fact]
    public void A_batch_halves_tokens_in_every_tier_and_leaves_units_whole()
    {
        ModelPrice batch = Price.For(new PriceTerms(null, IsBatch: true))!;
        UnitQuantity[] search = [new(PriceUnit.WebSearch, null, 1_000)];

        Assert.Equal((100 * 1_000) + (10 * 4_000), CostEngine.CostNanoUsd(batch, new TokenUsage(100, 10)));
        Assert.Equal((101 * 2_000) + (10 * 6_000), CostEngine.CostNanoUsd(batch, new TokenUsage(101, 10)));
        Assert.Equal(10_000_000, CostEngine.CostNanoUsd(batch, default, search));
        Assert.Same(batch, Price.For(new PriceTerms("batch")));
    }

    [Fact]
    public void A_batch_nobody_gives_a_discount_for_costs_the_full_price()
    {
        ModelPrice price = TestPrices.Price(""" "usd_per_million": { "input": "2", "output": "8" } """);

        Assert.Same(price, price.For(new PriceTerms(null, IsBatch: true)));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.25, 50_000)]
    [InlineData(0.33, 66_000)]
    [InlineData(1, 200_000)]
    [InlineData(3, 600_000)]
    public void A_multiplier_multiplies_every_price(double multiplier, long expectedNanoUsd)
        => Assert.Equal(expectedNanoUsd, CostEngine.CostNanoUsd(Price.Times((decimal)multiplier), new TokenUsage(100, 0)));

    [Fact]
    public void A_multiplier_reaches_tiers_units_batches_and_service_tiers_and_rounds_up()
    {
        ModelPrice third = Price.Times(0.333333m, "plan");

        Assert.Equal("plan", third.Source);
        // 4,000,000 femto-dollars x 0.333333 = 1,333,332 a token
        Assert.Equal(134_667, CostEngine.CostNanoUsd(third, new TokenUsage(101, 0)));
        Assert.Equal(3_333_330, CostEngine.CostNanoUsd(third, default, [new UnitQuantity(PriceUnit.WebSearch, null, 1_000)]));
        Assert.Equal("1.1666655", third.For(new PriceTerms("priority"))!.InputUsdPerMillion);
        Assert.Equal("0.333333", third.For(new PriceTerms(null, true))!.InputUsdPerMillion);
        Assert.Equal("0.000000001", TestPrices.Price(""" "usd_per_million": { "input": "0.000000001", "output": "0" } """).Times(0.1m).InputUsdPerMillion);
        Assert.Throws<ArgumentOutOfRangeException>(() => Price.Times(-0.1m));
        Assert.Throws<ArgumentOutOfRangeException>(() => Price.Times(1_000.1m));
    }

    [Fact]
    public void Free_is_free_and_no_more_than_free()
    {
        ModelPrice free = Price.Times(0);

        Assert.Equal(0, CostEngine.CostNanoUsd(free, new TokenUsage(1_000, 1_000), [new UnitQuantity(PriceUnit.WebSearch, null, 5_000)]));
        Assert.Equal(0, CostEngine.WorstCaseNanoUsd(free, 1_000, 1_000, 4));
    }
}
