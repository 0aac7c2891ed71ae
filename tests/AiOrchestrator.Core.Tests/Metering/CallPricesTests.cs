using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Tests.Metering;

public sealed class CallPricesTests
{
    private static readonly ModelPrice Price = TestPrices.Price(
        """
        "usd_per_million":{"input":"2","output":"8"},"batch_factor":"0.5","service_tiers":{
          "flex":{"usd_per_million":{"input":"1","output":"4"}},"priority":{"usd_per_million":{"input":"4","output":"16"}}}
        """);

    [Theory]
    [InlineData(null, 20_000_000)] // The provider may choose priority.
    [InlineData("auto", 20_000_000)]
    [InlineData("default", 10_000_000)]
    [InlineData("standard_only", 10_000_000)]
    [InlineData("flex", 10_000_000)] // It may be served as an ordinary one.
    [InlineData("priority", 20_000_000)]
    public void What_is_held_covers_every_tier_the_call_may_be_billed_at(string? asked, long nanoUsd)
    {
        var prices = new CallPrices(Price, asked);

        Assert.False(prices.IsUnknown);
        Assert.Equal(nanoUsd, prices.WorstCaseNanoUsd(1_000, 1_000, 1, []));
        string?[] answers = asked is null or "auto" ? [null, "default", "turbo", "batch", "flex", "priority"] : [null, "default", "turbo", "batch", asked];
        Assert.All(answers, answered =>
            Assert.InRange(CostEngine.CostNanoUsd(prices.Served(answered).Price, new TokenUsage(1_000, 1_000)), 1, nanoUsd));
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData(null, "priority", "priority")]
    [InlineData("auto", "flex", "flex")]
    [InlineData("flex", null, "flex")] // Cut before it said anything.
    [InlineData("flex", "flex", "flex")]
    [InlineData("flex", "default", null)]
    [InlineData("flex", "turbo", null)]
    [InlineData("flex", "batch", null)]
    [InlineData("default", null, null)]
    [InlineData("default", "priority", "priority")]
    public void Charged_is_the_tier_the_answer_names_else_the_one_asked_for(string? asked, string? answered, string? tier)
    {
        var served = new CallPrices(Price, asked).Served(answered);

        Assert.Equal(tier, served.Tier);
        Assert.Same(tier is null ? Price : Price.For(new PriceTerms(tier)), served.Price);
    }

    [Theory]
    [InlineData("scale", true)]
    [InlineData("batch", true)]
    [InlineData("priority", false)]
    [InlineData("", false)]
    public void A_tier_without_a_price_is_not_asked_for_and_a_batch_is_none(string asked, bool unknown) =>
        Assert.Equal(unknown, new CallPrices(Price, asked).IsUnknown);

    [Theory]
    [InlineData("default", 1_000)]
    [InlineData("flex", 1_000)]
    [InlineData(null, 375)] // (10,000,000 - 4,000,000) / 16,000
    [InlineData("priority", 375)]
    public void A_budget_pays_for_no_more_output_than_the_dearest_tier_leaves(string? asked, long tokens) =>
        Assert.Equal(tokens, new CallPrices(Price, asked).Fit(1_000, 1_000, 1, 10_000_000, []));

    [Fact]
    public void What_only_a_cheap_tier_could_pay_for_is_not_worth_a_call() =>
        Assert.Null(new CallPrices(Price, null).Fit(1_000, 1_000, 1, 4_000_000 + (16_000 * 255), []));
}
