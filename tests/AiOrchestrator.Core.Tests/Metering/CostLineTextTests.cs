using AiOrchestrator.Core.Metering;
using FsCheck;
using FsCheck.Fluent;

namespace AiOrchestrator.Core.Tests.Metering;

public sealed class CostLineTextTests
{
    [Fact]
    public void A_call_charged_by_its_two_prices_alone_needs_no_lines()
    {
        Assert.Null(CostLineText.Of(TestPrices.Shipped("openai", "gpt-4o"), new TokenUsage(10, 5), []));
        Assert.NotNull(CostLineText.Of(TestPrices.Shipped("openai", "gpt-4o"), new TokenUsage(10, 5, cachedPromptTokens: 1), []));
    }

    [Fact]
    public void Lines_are_written_with_quantity_unit_price_and_what_it_is_for()
    {
        ModelPrice price = TestPrices.Price(
            """ "usd_per_million": { "input": "1", "cache_read": "0.1", "output": "2" }, "tiers": [{ "above_input_tokens": 50, "usd_per_million": { "input": "2", "cache_read": "0.2", "output": "4" } }], "usd_each": { "web_search": "0.01", "audio_hour": "0.111" } """);

        string? text = CostLineText.Of(
            price, new TokenUsage(60, 5, cachedPromptTokens: 10), [new UnitQuantity(PriceUnit.WebSearch, null, 3_000), new UnitQuantity(PriceUnit.AudioSecond, "en", 12_345)]);

        Assert.Equal("above=50;input=50@2;cache_read=10@0.2;output=5@4;web_search=3@0.01/1;audio_second/en=12.345@0.111/3600", text);
        (IReadOnlyList<CostLine> lines, long above) = CostLineText.Parse(text!);
        Assert.Equal(50, above);
        Assert.Equal(new CostLine("cache_read", 10, 0.2m, 1_000_000, 0.000002m), lines[1]);
        // 100,000 + 2,000 + 20,000 + 30,000,000 + 380,637.5 nano-dollars
        Assert.Equal(30_502_638, CostLineText.TotalNanoUsd(lines));
    }

    [Theory]
    [InlineData("input")]
    [InlineData("input=5")]
    [InlineData("input=x@1")]
    [InlineData("input=1@x")]
    [InlineData("input=1@1/x")]
    public void What_was_not_written_here_is_not_read(string text) => Assert.Throws<FormatException>(() => CostLineText.Parse(text));

    [Fact]
    public void Lines_read_back_add_up_to_what_was_charged()
    {
        Gen<int> some = Gen.OneOf(Gen.Constant(0), Gen.Choose(0, 5_000));
        var cases =
            from stated in Gen.Choose(0, 3)
            from rates in Gen.Choose(0, int.MaxValue).ArrayOf(PriceComponents.Count)
            from counts in some.ArrayOf(8)
            from units in Gen.Choose(0, 100_000).ArrayOf(3)
            from multiplier in Gen.Elements(1m, 0.33m, 0.333333m, 3m)
            select (stated, rates, counts, units, multiplier);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            long?[] stated = [.. c.rates.Select((rate, i) => i == 0 || i % 4 >= c.stated ? rate : (long?)null)];
            var prices = new UnitPrices([UnitPrice.Of(PriceUnit.AudioSecond, null, 111_000_000, 3_600), UnitPrice.Of(PriceUnit.Image, "hd", 80_000_000, 1), UnitPrice.Of(PriceUnit.Request, null, 7, 1)]);
            ModelPrice price = new ModelPrice([new RateCard(0, stated, null)], prices, null, null, "generated").Times(c.multiplier);
            var usage = new TokenUsage(10_000, 5_000, c.counts[0], c.counts[1], c.counts[2], c.counts[3])
            {
                CacheWritePromptTokens = c.counts[4],
                ImagePromptTokens = c.counts[5],
                CachedAudioPromptTokens = c.counts[6],
                ImageCompletionTokens = c.counts[7],
            };
            UnitQuantity[] units = [new(PriceUnit.AudioSecond, null, c.units[0]), new(PriceUnit.Image, "hd", c.units[1]), new(PriceUnit.Image, "hd", c.units[2])];
            (IReadOnlyList<CostLine> lines, _) = CostLineText.Parse(CostLineText.Of(price, usage, units)!);
            return CostLineText.TotalNanoUsd(lines) == CostEngine.CostNanoUsd(price, usage, units);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }
}
