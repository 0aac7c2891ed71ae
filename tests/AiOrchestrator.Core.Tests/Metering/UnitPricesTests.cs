using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Tests.Metering;

public sealed class UnitPricesTests
{
    private const string Images =
        """ "usd_each": { "image": "0.05", "image/1024x1024": "0.04", "image/1024x1024/hd": "0.08", "video_second/720p": "0.10", "audio_hour": "0.111", "character": "0.000015" } """;

    private static readonly ModelPrice Price = TestPrices.Price(Images, kind: "image");

    [Theory]
    [InlineData("1024x1024/hd", 80_000_000)]
    [InlineData("1024x1024/hd/vivid", 80_000_000)]
    [InlineData("1024x1024/standard", 40_000_000)]
    [InlineData("1024x1024", 40_000_000)]
    [InlineData("1024x10240", 50_000_000)] // another size, not one that begins alike
    [InlineData("512x512/hd", 50_000_000)]
    [InlineData(null, 50_000_000)]
    public void The_most_specific_price_that_fits_counts(string? qualifier, long expectedNanoUsd)
        => Assert.Equal(expectedNanoUsd, Cost(new UnitQuantity(PriceUnit.Image, qualifier, 1_000)));

    [Fact]
    public void A_unit_no_price_fits_is_not_priced_and_its_worst_case_is_more_than_any_wallet_holds()
    {
        UnitQuantity[] units = [new(PriceUnit.Image, null, 1_000), new(PriceUnit.VideoSecond, "1080p", 4_000)];

        Assert.Equal("video_second/1080p", CostEngine.FirstUnpriced(Price, units));
        Assert.Null(CostEngine.FirstUnpriced(Price, units.AsSpan(0, 1)));
        Assert.False(Price.Prices(PriceUnit.Page));
        Assert.True(Price.Prices(PriceUnit.Request));
        Assert.Equal(long.MaxValue, CostEngine.WorstCaseNanoUsd(Price, 0, 0, 1, units));
        Assert.Equal(0, CostEngine.MaxCompletionTokensFor(Price, 0, 1, 1_000_000_000, units));
    }

    [Fact]
    public void A_unit_that_turns_up_without_a_price_that_fits_costs_the_dearest_of_its_kind()
        => Assert.Equal(400_000_000, Cost(new UnitQuantity(PriceUnit.VideoSecond, "1080p", 4_000)));

    [Fact]
    public void Parts_of_a_unit_are_charged_exactly_and_a_price_by_the_hour_is_not_rounded_by_the_second()
    {
        // 12.345 s at 0.111 USD an hour are 380,637.5 nano-dollars.
        Assert.Equal(380_638, Cost(new UnitQuantity(PriceUnit.AudioSecond, null, 12_345)));
        Assert.Equal(111_000_000, Cost(new UnitQuantity(PriceUnit.AudioSecond, null, 3_600_000)));
        Assert.Equal(15_000, Cost(new UnitQuantity(PriceUnit.Character, null, 1_000)));
    }

    [Fact]
    public void Units_and_tokens_are_rounded_together_once()
    {
        ModelPrice price = TestPrices.Price(""" "usd_per_million": { "input": "0.0004", "output": "0" }, "usd_each": { "web_search": "0.000000001" } """);

        // 0.4 and 0.6 of a nano-dollar
        Assert.Equal(1, CostEngine.CostNanoUsd(price, new TokenUsage(1, 0), [new UnitQuantity(PriceUnit.WebSearch, null, 600)]));
    }

    [Fact]
    public void A_request_is_charged_once_unless_it_is_named_more_often()
    {
        ModelPrice price = TestPrices.Price(""" "usd_per_million": { "input": "1", "output": "1" }, "usd_each": { "request": "0.005", "request/high": "0.012" } """);

        Assert.Equal(5_000_000, CostEngine.CostNanoUsd(price, new TokenUsage(0, 0)));
        Assert.Equal(12_000_000, CostEngine.CostNanoUsd(price, new TokenUsage(0, 0), [new UnitQuantity(PriceUnit.Request, "high", 1_000)]));
        Assert.Equal(10_000_000, CostEngine.WorstCaseNanoUsd(price, 0, 0, 1, [new UnitQuantity(PriceUnit.Request, null, 2_000)]));
    }

    [Fact]
    public void A_least_quantity_is_charged_for_once_any_is_used()
    {
        Assert.True(PriceTable.LoadEmbedded().TryFind("groq", "whisper-large-v3", TestPrices.Noon, out ModelPrice? price));

        // 10 s at 0.111 USD an hour are 308,333.3 nano-dollars.
        Assert.Equal(308_334, CostEngine.CostNanoUsd(price, default, [new UnitQuantity(PriceUnit.AudioSecond, null, 1)]));
        Assert.Equal(308_365, CostEngine.CostNanoUsd(price, default, [new UnitQuantity(PriceUnit.AudioSecond, null, 10_001)]));
        Assert.Equal(0, CostEngine.CostNanoUsd(price, default, [new UnitQuantity(PriceUnit.AudioSecond, null, 0)]));
        Assert.Equal(10, CostEngine.Price(price, default, [new UnitQuantity(PriceUnit.AudioSecond, null, 1)]).Lines[0].Quantity);
    }

    [Fact]
    public void A_cost_nano_dollars_cannot_hold_saturates()
    {
        ModelPrice price = TestPrices.Price(""" "usd_each": { "image": "1000000" } """, kind: "image").Times(1_000);

        Assert.Equal(long.MaxValue, CostEngine.CostNanoUsd(price, default, [new UnitQuantity(PriceUnit.Image, null, UnitQuantity.MaxQuantityMilli)]));
    }

    [Fact]
    public void Charging_units_does_not_allocate()
    {
        UnitQuantity[] units = [new(PriceUnit.Image, "1024x1024/hd", 2_000), new(PriceUnit.AudioSecond, null, 12_345)];
        _ = CostEngine.CostNanoUsd(Price, default, units);
        long before = GC.GetAllocatedBytesForCurrentThread();

        long cost = CostEngine.CostNanoUsd(Price, default, units) + CostEngine.WorstCaseNanoUsd(Price, 0, 0, 1, units);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(cost > 0);
    }

    private static long Cost(UnitQuantity quantity) => CostEngine.CostNanoUsd(Price, default, [quantity]);
}
