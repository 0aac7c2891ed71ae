using System.Text;
using AiOrchestrator.Ledger.Money;
using FsCheck;
using FsCheck.Fluent;

namespace AiOrchestrator.Ledger.Tests.Money;

public sealed class NanoUsdTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0", 0)]
    [InlineData("10", 10_000_000_000)]
    [InlineData("10.00", 10_000_000_000)]
    [InlineData("1.5", 1_500_000_000)]
    [InlineData("-1.50", -1_500_000_000)]
    [InlineData("0.000000001", 1)]
    [InlineData("0007.25", 7_250_000_000)]
    [InlineData("9223372036.854775807", long.MaxValue)]
    [InlineData("-9223372036.854775808", long.MinValue)]
    public void A_plain_decimal_is_read_exactly(string text, long expectedNanoUsd)
    {
        Assert.True(NanoUsd.TryParseUsd(text, out long nanoUsd));
        Assert.Equal(expectedNanoUsd, nanoUsd);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData(".5")]
    [InlineData("5.")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1e3")]
    [InlineData("1,000")]
    [InlineData("--1")]
    [InlineData("1-")]
    [InlineData("1.2.3")]
    [InlineData("1.-2")]
    [InlineData("0.0000000001")]
    [InlineData("1.0000000000")]
    [InlineData("9223372036.854775808")]
    [InlineData("-9223372036.854775809")]
    [InlineData("9223372037")]
    [InlineData("99999999999999999999999999999")]
    [InlineData("NaN")]
    [InlineData("٣")]
    public void Anything_else_is_refused(string text)
    {
        Assert.False(NanoUsd.TryParseUsd(text, out long nanoUsd));
        Assert.Equal(0, nanoUsd);
    }

    [Theory]
    [InlineData(0, "0.00")]
    [InlineData(10_000_000_000, "10.00")]
    [InlineData(1, "0.000000001")]
    [InlineData(-1_500_000_000, "-1.50")]
    [InlineData(-1, "-0.000000001")]
    [InlineData(1_230_000_000, "1.23")]
    [InlineData(1_234_000_000, "1.234")]
    [InlineData(long.MaxValue, "9223372036.854775807")]
    [InlineData(long.MinValue, "-9223372036.854775808")]
    public void The_text_is_the_shortest_exact_decimal_with_two_decimals_at_least(long nanoUsd, string expected)
        => Assert.Equal(expected, NanoUsd.FormatUsd(nanoUsd));

    [Fact]
    public void Every_amount_survives_the_round_trip()
    {
        Gen<long> anyLong = Gen.OneOf(
            ArbMap.Default.GeneratorFor<long>(),
            Gen.Choose(int.MinValue, int.MaxValue).SelectMany(_ => Gen.Choose(int.MinValue, int.MaxValue), (high, low) => unchecked(((long)high << 32) | (uint)low)),
            Gen.Elements(0L, 1, -1, long.MaxValue, long.MinValue, long.MinValue + 1, NanoUsd.PerUsd, -NanoUsd.PerUsd));
        Prop.ForAll(anyLong.ToArbitrary(), RoundTrips).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(12_345)]
    [InlineData(0)]
    public void The_destination_needs_no_byte_more_than_the_text(long nanoUsd)
    {
        string text = NanoUsd.FormatUsd(nanoUsd);
        byte[] exact = new byte[text.Length];

        Assert.True(NanoUsd.TryFormatUsd(nanoUsd, exact, out int written));
        Assert.Equal(text, Encoding.UTF8.GetString(exact, 0, written));
        Assert.False(NanoUsd.TryFormatUsd(nanoUsd, exact.AsSpan(1), out written));
        Assert.Equal(0, written);
    }

    private static bool RoundTrips(long nanoUsd)
    {
        string text = NanoUsd.FormatUsd(nanoUsd);
        return text.Length <= NanoUsd.MaxFormattedLength
            && text.Length - text.IndexOf('.', StringComparison.Ordinal) > 2
            && NanoUsd.TryParseUsd(text, out long back)
            && back == nanoUsd;
    }
}
