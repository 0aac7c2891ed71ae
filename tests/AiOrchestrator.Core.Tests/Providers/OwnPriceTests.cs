using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Tests.Providers;

public sealed class OwnPriceTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_rows_own_price_may_be_a_whole_period_of_the_price_file()
    {
        var (entry, error) = OwnPrice.Build("mine", "m", Price(
            """
            { "usd_per_million": { "input": "1", "cache_write_1h": "2", "output": "4" }, "tiers": [{ "above_input_tokens": 100, "usd_per_million": { "input": "2", "cache_write_1h": "4", "output": "8" } }],
              "usd_each": { "web_search": "0.01" }, "batch_factor": "0.5", "service_tiers": { "flex": { "usd_per_million": { "input": "0.5", "output": "2" } } } }
            """));

        Assert.Null(error);
        var price = entry!.PriceAt(Noon)!;
        Assert.Equal((50 * 1_000) + (50 * 2_000), CostEngine.CostNanoUsd(price, new TokenUsage(100, 0) { CacheWritePromptTokens = 50, CacheWrite1hPromptTokens = 50 }));
        Assert.Equal("0.50", price.For(new PriceTerms("flex"))!.InputUsdPerMillion);
        Assert.True(price.Prices(PriceUnit.WebSearch));
        Assert.Equal("provider row 'mine'", price.Source);
    }

    [Fact]
    public void A_row_may_price_what_is_charged_by_units_alone()
    {
        var (entry, error) = OwnPrice.Build("mine", "painter", Price("""{ "usd_each": { "image": "0.02" } }""", "image"));

        Assert.Null(error);
        Assert.Equal(ModelKind.Image, entry!.Kind);
    }

    [Theory]
    [InlineData("""{ "usd_per_million": { "input": "1" } }""", "\"output\" is missing")]
    [InlineData("""{ "usd_per_million": { "input": "1", "output": "2", "smell": "3" } }""", "unknown component \"smell\"")]
    [InlineData("""[]""", "must be an object")]
    public void What_is_wrong_with_it_is_said_as_for_the_price_file(string period, string expected)
    {
        var (entry, error) = OwnPrice.Build("mine", "m", Price(period));

        Assert.Null(entry);
        Assert.Contains(expected, error!, StringComparison.Ordinal);
    }

    private static ModelPriceConfig Price(string period, string kind = "chat")
    {
        using var document = JsonDocument.Parse(period);
        return new ModelPriceConfig { Kind = kind, Period = document.RootElement.Clone() };
    }
}
