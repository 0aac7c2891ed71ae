using System.Net;
using AiOrchestrator.Core.Identity;

namespace AiOrchestrator.Core.Tests.Identity;

public sealed class AddressRangesTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("192.0.2.7", "192.0.2.7/32")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("2001:DB8::/32", "2001:db8::/32")]
    [InlineData("2001:db8:0:0:0:0:0:1", "2001:db8::1/128")]
    [InlineData("::/0", "::/0")]
    public void A_range_is_written_in_one_way(string text, string canonical)
    {
        Assert.True(AddressRanges.TryNormalise(text, out var written, out _));
        Assert.Equal(canonical, written);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("10.1")]
    [InlineData("010.0.0.1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/+8")]
    [InlineData("10.0.0.0/8/8")]
    [InlineData("10.0.0.0/255.0.0.0")]
    [InlineData("2001:db8::/129")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("::ffff:10.0.0.0/104")]
    [InlineData("example.com")]
    public void What_is_no_range_is_told(string text)
    {
        Assert.False(AddressRanges.TryNormalise(text, out _, out var problem));
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void Bits_below_the_prefix_are_told_with_what_was_meant()
    {
        Assert.False(AddressRanges.TryNormalise("10.1.2.3/8", out _, out var problem));
        Assert.Contains("\"10.0.0.0/8\"", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("10.0.0.0/31", "10.0.0.1", true)]
    [InlineData("10.0.0.0/31", "10.0.0.2", false)]
    [InlineData("0.0.0.0/0", "203.0.113.9", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("::/0", "2001:db8::1", true)]
    [InlineData("::/0", "10.0.0.1", false)]
    [InlineData("::/0", "::ffff:10.0.0.1", false)]
    [InlineData("2001:db8::/33", "2001:db8:7fff::1", true)]
    [InlineData("2001:db8::/33", "2001:db8:8000::1", false)]
    [InlineData("::10.0.0.0/104", "10.0.0.1", false)]
    public void An_address_lies_within_or_not(string range, string address, bool within) =>
        Assert.Equal(within, AddressRanges.Of([range]).Contain(IPAddress.Parse(address)));

    [Fact]
    public void Nowhere_lies_in_no_range() => Assert.False(AddressRanges.Of(["0.0.0.0/0", "::/0"]).Contain(null));

    [Fact]
    public void Asking_allocates_nothing()
    {
        var ranges = AddressRanges.Of(["10.0.0.0/8", "2001:db8::/32", "192.0.2.0/24"]);
        var address = IPAddress.Parse("::ffff:192.0.2.1");
        var models = new ModelPatterns(["gpt-*", "*-mini", "echo"]);
        Assert.True(ranges.Contain(address) && models.Allows("o4-mini"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _ = ranges.Contain(address);
            _ = models.Allows("o4-mini");
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
