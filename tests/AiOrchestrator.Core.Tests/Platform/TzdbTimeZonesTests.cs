using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Periods;
using Period = AiOrchestrator.Ledger.Periods.Period;

namespace AiOrchestrator.Core.Tests.Platform;

/// <summary>Periods in time zones as they really are.</summary>
public sealed class TzdbTimeZonesTests
{
    private static readonly TzdbTimeZones Zones = new();

    [Theory]
    [InlineData("UTC", true)]
    [InlineData("Europe/Berlin", true)]
    [InlineData("Asia/Calcutta", true)]
    [InlineData("europe/berlin", false)]
    [InlineData("UTC+3", false)]
    [InlineData("Mars/Olympus", false)]
    [InlineData("", false)]
    public void Names_are_those_of_the_IANA_database(string zone, bool known) => Assert.Equal(known, Zones.Knows(zone));

    /// <summary>A day's first instant, and the next day's: RFC 3339 in UTC.</summary>
    [Theory]
    [InlineData("America/Sao_Paulo", "2018-11-03", "2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z")] // 00:00 is skipped on the 4th
    [InlineData("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z")] // and the day has 23 hours
    [InlineData("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z")] // 23:00 comes twice
    [InlineData("Africa/Cairo", "2024-04-26", "2024-04-25T22:00:00Z", "2024-04-26T21:00:00Z")] // 00:00 is skipped
    [InlineData("Africa/Cairo", "2024-10-31", "2024-10-30T21:00:00Z", "2024-10-31T22:00:00Z")] // 23:00 comes twice
    [InlineData("Asia/Beirut", "2022-03-27", "2022-03-26T22:00:00Z", "2022-03-27T21:00:00Z")] // 00:00 is skipped
    [InlineData("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z")]
    [InlineData("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z")]
    [InlineData("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z")] // half an hour of summer time
    [InlineData("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z")]
    [InlineData("Asia/Kathmandu", "2026-11-21", "2026-11-20T18:15:00Z", "2026-11-21T18:15:00Z")]
    [InlineData("America/St_Johns", "2006-10-29", "2006-10-29T02:30:00Z", "2006-10-30T03:30:00Z")] // at 00:01 back to 23:01: midnight comes twice
    [InlineData("UTC", "2028-02-29", "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z")]
    public void A_day_begins_and_ends_where_the_law_says(string zone, string date, string start, string end)
    {
        var rule = new PeriodRule(PeriodKind.Daily, 1, zone);
        var expected = new Period("day-" + date, Ms(start), Ms(end));
        Assert.Equal(expected, PeriodCalendar.At(rule, Ms(start), Zones));
        Assert.Equal(expected, PeriodCalendar.At(rule, Ms(end) - 1, Zones));
        Assert.Equal(Ms(end), PeriodCalendar.After(rule, expected, Zones).StartUnixMs);
        Assert.Equal(start, Rfc3339.Format(Zones.StartOfDay(zone, DateOnly.Parse(date, null))).Replace(".000", "", StringComparison.Ordinal));
    }

    [Fact]
    public void A_day_that_was_never_has_no_period()
    {
        var daily = new PeriodRule(PeriodKind.Daily, 1, "Pacific/Apia");
        var before = PeriodCalendar.At(daily, Ms("2011-12-30T09:59:59Z"), Zones);
        Assert.Equal(("day-2011-12-29", "day-2011-12-31"), (before.Id, PeriodCalendar.After(daily, before, Zones).Id));
        Assert.Equal(Ms("2011-12-30T10:00:00Z"), Zones.StartOfDay("Pacific/Apia", new DateOnly(2011, 12, 30)));
        var monthly = new PeriodRule(PeriodKind.Monthly, 30, "Pacific/Apia");
        Assert.Equal(
            new Period("month-2011-12-30", Ms("2011-12-30T10:00:00Z"), Ms("2012-01-29T10:00:00Z")),
            PeriodCalendar.At(monthly, Ms("2011-12-30T10:00:00Z"), Zones));
    }

    [Theory]
    [InlineData(PeriodKind.Monthly, 31, "2026-02-28T05:00:00Z", "month-2026-02-28", "2026-02-28T05:00:00Z", "2026-03-31T04:00:00Z")]
    [InlineData(PeriodKind.Monthly, 31, "2026-02-28T04:59:59Z", "month-2026-01-31", "2026-01-31T05:00:00Z", "2026-02-28T05:00:00Z")]
    [InlineData(PeriodKind.Monthly, 30, "2028-02-29T12:00:00Z", "month-2028-02-29", "2028-02-29T05:00:00Z", "2028-03-30T04:00:00Z")]
    [InlineData(PeriodKind.Monthly, 29, "2027-02-28T12:00:00Z", "month-2027-02-28", "2027-02-28T05:00:00Z", "2027-03-29T04:00:00Z")]
    [InlineData(PeriodKind.Quarterly, 1, "2026-11-21T00:00:00Z", "quarter-2026-10-01", "2026-10-01T04:00:00Z", "2027-01-01T05:00:00Z")]
    [InlineData(PeriodKind.Weekly, 1, "2026-03-08T12:00:00Z", "week-2026-03-02", "2026-03-02T05:00:00Z", "2026-03-09T04:00:00Z")]
    public void Longer_periods_begin_at_local_midnights(PeriodKind kind, int day, string moment, string id, string start, string end) => Assert.Equal(
        new Period(id, Ms(start), Ms(end)),
        PeriodCalendar.At(new PeriodRule(kind, day, "America/New_York"), Ms(moment), Zones));

    [Fact]
    public void Whatever_the_zone_the_rule_and_the_moment_periods_hold_it_and_touch()
    {
        var random = new Random(20_261_121);
        var names = NodaTime.DateTimeZoneProviders.Tzdb.Ids;
        for (var i = 0; i < 1_000; i++)
        {
            var kind = (PeriodKind)random.Next(5);
            var rule = new PeriodRule(kind, 1 + random.Next(PeriodRule.MaxDay(kind)), names[random.Next(names.Count)]);
            Assert.True(rule.IsUsable(Zones), $"{rule}");

            // 1880 to 2120: local mean times, both wars, the date line, and rules that go on for ever.
            var moment = random.NextInt64(Ms("1880-01-01T00:00:00Z"), Ms("2120-01-01T00:00:00Z"));
            var period = PeriodCalendar.At(rule, moment, Zones);
            if (kind == PeriodKind.Lifetime)
            {
                Assert.Equal(Period.Lifetime, period);
                continue;
            }

            Assert.True(period.StartUnixMs <= moment && moment < period.EndUnixMs, $"{i}: {rule} at {moment}: {period}");
            Assert.Equal(period, PeriodCalendar.At(rule, period.StartUnixMs, Zones));
            Assert.Equal(period, PeriodCalendar.At(rule, period.EndUnixMs - 1, Zones));
            var next = PeriodCalendar.After(rule, period, Zones);
            Assert.Equal(next, PeriodCalendar.At(rule, period.EndUnixMs, Zones));
            Assert.Equal(period.EndUnixMs, next.StartUnixMs);
            Assert.True(string.CompareOrdinal(period.Id, next.Id) < 0, $"{i}: {period.Id} before {next.Id}");
        }
    }

    private static long Ms(string text)
    {
        Assert.True(Rfc3339.TryParse(text, out var unixMs), text);
        return unixMs;
    }
}
