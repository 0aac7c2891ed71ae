using AiOrchestrator.Functions.Http;

namespace AiOrchestrator.Functions.Tests.Http;

public sealed class ForwardedAddressTests
{
    [Theory]
    [InlineData("203.0.113.7", 1, "203.0.113.7")]
    [InlineData("203.0.113.7:51000", 1, "203.0.113.7")]
    [InlineData("10.9.9.9, 203.0.113.7:51000", 1, "203.0.113.7")]
    [InlineData("10.9.9.9, 198.51.100.4, 203.0.113.7:1", 2, "198.51.100.4")]
    [InlineData("[2001:db8::1]:443", 1, "2001:db8::1")]
    [InlineData("2001:db8::1", 1, "2001:db8::1")]
    public void It_is_the_entry_our_outermost_proxy_wrote(string header, int hops, string expected) =>
        Assert.Equal(expected, ForwardedAddress.Of([header], hops)?.ToString());

    [Theory]
    [InlineData("203.0.113.7", 0)]
    [InlineData("203.0.113.7", 2)]
    [InlineData("unknown", 1)]
    [InlineData("203.0.113.7, ", 1)]
    [InlineData("", 1)]
    public void What_our_proxies_did_not_write_is_not_believed(string header, int hops) => Assert.Null(ForwardedAddress.Of([header], hops));

    [Fact]
    public void Several_headers_are_one_list()
    {
        Assert.Equal("203.0.113.7", ForwardedAddress.Of(["10.9.9.9", "198.51.100.4, 203.0.113.7"], 1)?.ToString());
        Assert.Equal("10.9.9.9", ForwardedAddress.Of(["10.9.9.9", "198.51.100.4, 203.0.113.7"], 3)?.ToString());
        Assert.Null(ForwardedAddress.Of([], 1));
    }
}
