using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Rules;

namespace AiOrchestrator.Core.Tests.Traffic.Rules;

public sealed class TimeWindowTests
{
    [Theory]
    [InlineData("""{"days":["fri"],"from":"22:00","to":"06:00"}""", "2027-01-15T21:59:59Z", false)]
    [InlineData("""{"days":["fri"],"from":"22:00","to":"06:00"}""", "2027-01-15T22:00:00Z", true)]
    [InlineData("""{"days":["fri"],"from":"22:00","to":"06:00"}""", "2027-01-16T05:59:59Z", true)]
    [InlineData("""{"days":["fri"],"from":"22:00","to":"06:00"}""", "2027-01-16T06:00:00Z", false)]
    [InlineData("""{"days":["fri"],"from":"22:00","to":"06:00"}""", "2027-01-15T03:00:00Z", false)]
    [InlineData("""{"days":["sat"],"from":"22:00","to":"06:00"}""", "2027-01-17T03:00:00Z", true)]
    [InlineData("""{"days":["sat","SUN"]}""", "2027-01-17T23:59:59Z", true)]
    [InlineData("""{"days":["sat","sun"]}""", "2027-01-18T00:00:00Z", false)]
    [InlineData("""{"days":["mon"],"zone":"Pacific/Auckland"}""", "2027-01-17T11:00:00Z", true)]
    [InlineData("""{"days":["sun"],"zone":"America/Los_Angeles"}""", "2027-01-18T07:59:59Z", true)]
    public void A_window_is_on_the_clocks_of_its_zone_and_past_midnight_belongs_to_the_day_it_begins(string window, string at, bool holds) =>
        Assert.Equal(holds, Holds(window, at));

    /// <summary>On the night of 28 March 2027 clocks in Berlin go from 02:00 to 03:00; on that of 31 October from 03:00 to 02:00.</summary>
    [Theory]
    [InlineData("2027-03-28T00:59:59Z", true)]
    [InlineData("2027-03-28T01:00:00Z", false)]
    [InlineData("2027-10-31T00:30:00Z", false)]
    [InlineData("2027-10-31T01:30:00Z", false)]
    [InlineData("2027-10-30T23:59:59Z", true)]
    public void Summer_time_begins_and_ends(string at, bool holds) => Assert.Equal(holds, Holds("""{"from":"00:00","to":"02:00","zone":"Europe/Berlin"}""", at));

    private static bool Holds(string window, string at) =>
        Rfc3339.TryParse(at, out var unixMs) && new Sketch { At = unixMs }.Step($$$"""{"time":{{{window}}}}""").Outcome == RuleOutcome.Matched;
}
