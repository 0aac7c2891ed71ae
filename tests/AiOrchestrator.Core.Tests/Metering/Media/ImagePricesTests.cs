using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Media;

namespace AiOrchestrator.Core.Tests.Metering.Media;

public sealed class ImagePricesTests
{
    private static readonly ModelPrice WithDefault = Price(
        """ "image/1024x1024/standard": "0.04", "image/1024x1024/hd": "0.08", "image/1792x1024/standard": "0.08", "image/1792x1024/hd": "0.12" """);

    private static readonly ModelPrice WithoutDefault = Price(
        """ "image/1024x1024/low": "0.01", "image/1024x1024/high": "0.17", "image/1536x1024/high": "0.25", "image/1536x1024/low": "0.02" """);

    [Theory]
    [InlineData("1024x1024", "hd", "1024x1024/hd")]
    [InlineData("auto", "hd", "1792x1024/hd")]
    [InlineData("1024x1024", "auto", "1024x1024/hd")]
    [InlineData("auto", "auto", "1792x1024/hd")]
    [InlineData(null, null, "1024x1024/standard")]
    [InlineData("1792x1024", null, "1792x1024/standard")]
    [InlineData("512x512", "hd", null)]
    [InlineData("1024x1024", "high", null)]
    public void What_is_left_open_is_the_dearest_and_what_is_not_said_the_default(string? size, string? quality, string? qualifier) =>
        Assert.Equal(qualifier, ImagePrices.Dearest(WithDefault, size, quality));

    [Theory]
    [InlineData(null, null, "1536x1024/high")]
    [InlineData(null, "low", "1536x1024/low")]
    [InlineData("1024x1024", null, "1024x1024/high")]
    [InlineData(null, "hd", null)]
    public void Without_a_price_for_the_default_what_is_not_said_is_open(string? size, string? quality, string? qualifier) =>
        Assert.Equal(qualifier, ImagePrices.Dearest(WithoutDefault, size, quality));

    [Fact]
    public void A_price_for_any_image_is_that_of_all()
    {
        var price = Price(""" "image": "0.02", "image/hd": "0.03" """);
        Assert.Equal(("", "hd"), (ImagePrices.Dearest(price, "64x64", "low"), ImagePrices.Dearest(price, null, null)));
        Assert.False(ImagePrices.HasAny(Price(""" "page": "0.02" """)));
    }

    [Theory]
    [InlineData("1024x1024", "low", 272)]
    [InlineData("1536x1024", "high", 6208)]
    [InlineData("auto", "medium", 1584)]
    [InlineData(null, null, 6240)]
    [InlineData("2048x2048", "low", null)]
    [InlineData("1024x1024", "hd", null)]
    public void Tokens_of_an_image_are_the_most_its_size_and_quality_may_take(string? size, string? quality, int? tokens) =>
        Assert.Equal(tokens, ImageTokens.Most(size, quality));

    private static ModelPrice Price(string units)
    {
        var (table, errors) = PriceTable.Load(Encoding.UTF8.GetBytes(
            $$$"""{"format":1,"currency":"USD","source":{"name":"test"},"models":[{"provider":"p","id":"m","kind":"image","capabilities":["image_gen"],"prices":[{"usd_each":{ {{{units}}} }}]}]}"""));
        Assert.Empty(errors);
        return table!.Models[0].PriceAt(DateTimeOffset.UnixEpoch)!;
    }
}
